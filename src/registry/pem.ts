import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { timestamp } from '../text.ts';
import { bitsOf, sequenceOf } from './der.ts';
import { checkedPrivateKey, type PemProblem } from './private-key.ts';
import { Secret } from './secret.ts';

/** What a Secret adds to TLS, for its own probes alone. */
export interface TlsExtras {
  /** Authorities to trust besides the installation's, as PEM; undefined: none. */
  readonly authorities: string | undefined;
  /** What is shown to the registry itself; undefined: nothing. */
  readonly client: ClientCertificate | undefined;
}

/** A client certificate with its key, both PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: Secret;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, each as PEM, unread. */
export function certificateBlocks(pem: string): readonly string[] {
  return pem.match(CERTIFICATE) ?? [];
}

/**
 * The authorities of a `ca.crt`: certificates as PEM, at least one of them still valid. The time is in milliseconds since the
 * epoch.
 */
export function readAuthorities(bytes: Buffer, nowMs: number): { readonly pem: string } | PemProblem {
  const read = readCertificates(bytes);
  if ('problem' in read) return read;
  const slow = read.certificates.findIndex(isSlowToVerifyWith);
  if (slow >= 0)
    return {
      problem: `has a certificate (number ${slow + 1}) with a key that takes too long to verify with, or is of DSA: use ECDSA, or RSA with the exponent 65537`,
    };
  const ends = Math.max(...read.certificates.map((one) => one.validToDate.getTime()));
  return ends <= nowMs
    ? { problem: `holds only certificates that have expired, the last one at ${timestamp(ends)}` }
    : { pem: read.certificates.map((one) => one.toString()).join('') };
}

/** Longest public exponent of an authority's RSA key, in bits: the usual one, 65537, has 17. */
const MAX_EXPONENT_BITS = 32;

/**
 * A hundred authorities may stand above one another, and the handshake verifies each with the next while the whole process waits.
 * That takes 9 ms with DSA, or with RSA and an exponent as long as the modulus; with any curve, or the longest RSA, 2 ms.
 */
function isSlowToVerifyWith(certificate: X509Certificate): boolean {
  const key = publicKeyOf(certificate);
  if (key?.asymmetricKeyType === 'dsa') return true;
  if (key?.asymmetricKeyType?.startsWith('rsa') !== true) return false;
  const exponent = exponentOf(key);
  return exponent === undefined || bitsOf(exponent) > MAX_EXPONENT_BITS;
}

/** Not `asymmetricKeyDetails`: to make a bigint of an exponent that fills the certificate takes a second. */
function exponentOf(key: KeyObject): Buffer | undefined {
  try {
    const [, bits] = sequenceOf(key.export({ type: 'spki', format: 'der' }));
    // A BIT STRING begins with the number of bits that are none of it.
    return sequenceOf(bits?.body.subarray(1) ?? Buffer.alloc(0))[1]?.body;
  } catch {
    return undefined;
  }
}

/** Where OpenSSL cannot read a key, it verifies nothing with it. */
function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

/**
 * The client certificate of a `tls.crt` with a `tls.key`, the first one being the client's own; a problem names its key.
 * @param openKey gets no key but one that was looked at before, since it calculates with it
 */
export function readClientCertificate(
  crt: Buffer | undefined,
  key: Buffer | undefined,
  nowMs: number,
  openKey: (pem: string) => KeyObject = createPrivateKey,
): ClientCertificate | PemProblem | undefined {
  if (crt === undefined && key === undefined) return undefined;
  if (crt === undefined) return { problem: 'tls.key is there without tls.crt' };
  if (key === undefined) return { problem: 'tls.crt is there without tls.key' };
  const read = readCertificates(crt);
  if ('problem' in read) return { problem: `tls.crt ${read.problem}` };
  const privateKey = readKey(key, openKey);
  if ('problem' in privateKey) return { problem: `tls.key ${privateKey.problem}` };
  const [own] = read.certificates;
  if (own?.checkPrivateKey(privateKey.key) !== true)
    return { problem: 'tls.key is not the key of the first certificate in tls.crt' };
  const ends = own.validToDate.getTime();
  if (ends <= nowMs) return { problem: `tls.crt has expired at ${timestamp(ends)}` };
  const certificate = read.certificates.map((one) => one.toString()).join('');
  const secret = new Secret(privateKey.pem);
  return isTakenByTls(certificate, secret)
    ? { certificate, key: secret }
    : {
        problem:
          'tls.crt has a key that is too short for TLS, or of a kind that TLS does not sign with: use ECDSA P-256, or RSA with 2048 to 4096 bits',
      };
}

/** OpenSSL alone knows what it takes; what it refuses must not come up in the middle of a probe. */
function isTakenByTls(cert: string, key: Secret): boolean {
  try {
    createSecureContext({ ca: [], cert, key: key.reveal() });
    return true;
  } catch {
    return false;
  }
}

function readCertificates(bytes: Buffer): { readonly certificates: readonly X509Certificate[] } | PemProblem {
  const text = bytes.toString('latin1');
  const blocks = certificateBlocks(text);
  if (text.includes('PRIVATE KEY-----'))
    return {
      problem: 'holds a private key, where only certificates belong: replace that key, it may have been seen',
    };
  if (blocks.length === 0) return { problem: looksLike(bytes, text, 'certificate') };
  const certificates = blocks.map(parse);
  const broken = certificates.indexOf(undefined);
  if (broken >= 0) return { problem: `has a certificate (number ${broken + 1}) that cannot be read` };
  return { certificates: certificates.filter((one) => one !== undefined) };
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function readKey(
  bytes: Buffer,
  openKey: (pem: string) => KeyObject,
): { readonly key: KeyObject; readonly pem: string } | PemProblem {
  const text = bytes.toString('latin1');
  if (text.includes('ENCRYPTED')) return { problem: 'is encrypted: store the key without a passphrase' };
  if (!text.includes('PRIVATE KEY-----')) return { problem: looksLike(bytes, text, 'private key') };
  const checked = checkedPrivateKey(text);
  if ('problem' in checked) return checked;
  try {
    return { key: openKey(checked.pem), pem: checked.pem };
  } catch {
    return { problem: 'has a private key that cannot be read' };
  }
}

/** What a text without the wanted PEM block looks like. */
function looksLike(bytes: Buffer, text: string, wanted: 'certificate' | 'private key'): string {
  if (text.trim() === '') return 'is empty';
  // Both PKCS#12 and a bare certificate or key begin with an ASN.1 sequence.
  if (bytes[0] === 0x30 && bytes.length > 16 && /[^\t\r\n -~]/.test(text))
    return `is binary (DER or PKCS#12), not PEM: convert it with openssl`;
  if (/-----BEGIN (?:PKCS7|CMS)-----/.test(text))
    return 'is a PKCS#7 bundle: take the certificates out with openssl pkcs7 -print_certs';
  if (text.includes('-----BEGIN CERTIFICATE REQUEST-----'))
    return 'is a certificate request, not a certificate';
  if (text.includes('-----BEGIN CERTIFICATE-----'))
    return wanted === 'certificate'
      ? 'has a certificate that is cut off'
      : 'is a certificate, not a private key';
  if (Buffer.from(text.slice(0, 64), 'base64').toString('latin1').startsWith('-----BEGIN '))
    return 'was encoded twice: it is base64 of PEM';
  return `is not PEM: it has no line -----BEGIN ${wanted.toUpperCase()}-----`;
}
