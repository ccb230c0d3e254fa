// oxlint-disable-next-line import/no-unassigned-import -- it puts in place what @peculiar/x509 needs at load time
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** What a certificate says. Without names it is valid for no server. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organization?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** For a client instead of a server. */
  readonly client?: boolean;
  /** A key of RSA with that many bits instead of one of ECDSA. */
  readonly rsaBits?: number;
  /** An hour ago by default. */
  readonly notBefore?: Date;
  /** In a day by default. */
  readonly notAfter?: Date;
}

/** A certificate and its key (PKCS#8), both PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A certificate authority that lives as long as the tests. */
export interface Authority {
  /** Its own certificate, for those who shall trust it. */
  readonly pem: string;
  issue(request: CertificateRequest): Promise<KeyPair>;
}

/** The names under which servers on this machine are reached. */
export const LOOPBACK = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] } as const;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

/** A new authority with a key of its own (ECDSA P-256). */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity({}),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { pem: `${certificate.toString('pem')}\n`, issue: (request) => issue(certificate, keys, request) };
}

async function issue(
  authority: x509.X509Certificate,
  authorityKeys: webcrypto.CryptoKeyPair,
  request: CertificateRequest,
): Promise<KeyPair> {
  const { commonName, organization, client = false, rsaBits } = request;
  const keys = await generateKeys(rsaBits);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [commonName] }, ...(organization === undefined ? [] : [{ O: [organization] }])],
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity(request),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[client ? 'clientAuth' : 'serverAuth']]),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
      ...alternativeNames(request),
    ],
  });
  return { certPem: `${certificate.toString('pem')}\n`, keyPem: await privateKeyPem(keys) };
}

function generateKeys(rsaBits?: number): Promise<webcrypto.CryptoKeyPair> {
  if (rsaBits === undefined) return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: rsaBits };
  const publicExponent = new Uint8Array([1, 0, 1]);
  return webcrypto.subtle.generateKey({ ...rsa, publicExponent }, true, ['sign', 'verify']);
}

function validity({ notBefore, notAfter }: Pick<CertificateRequest, 'notBefore' | 'notAfter'>): {
  notBefore: Date;
  notAfter: Date;
} {
  return {
    notBefore: notBefore ?? new Date(Date.now() - HOUR_MS),
    notAfter: notAfter ?? new Date(Date.now() + 24 * HOUR_MS),
  };
}

/** An empty extension would be malformed (RFC 5280, section 4.2.1.6), so there is none without names. */
function alternativeNames({ dnsNames = [], ipAddresses = [] }: CertificateRequest): x509.Extension[] {
  const names: x509.JsonGeneralName[] = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
