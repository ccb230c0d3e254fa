import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { timestamp } from '../text.ts';
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

/** What is wrong with a text, as a sentence that goes on after its name: what it looks like, nothing of it. */
export interface PemProblem {
  readonly problem: string;
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
  const ends = Math.max(...read.certificates.map((one) => one.validToDate.getTime()));
  return ends <= nowMs
    ? { problem: `holds only certificates that have expired, the last one at ${timestamp(ends)}` }
    : { pem: read.certificates.map((one) => one.toString()).join('') };
}

/** The client certificate of a `tls.crt` with a `tls.key`, the first one being the client's own; a problem names its key. */
export function readClientCertificate(
  crt: Buffer | undefined,
  key: Buffer | undefined,
  nowMs: number,
): ClientCertificate | PemProblem | undefined {
  if (crt === undefined && key === undefined) return undefined;
  if (crt === undefined) return { problem: 'tls.key is there without tls.crt' };
  if (key === undefined) return { problem: 'tls.crt is there without tls.key' };
  const read = readCertificates(crt);
  if ('problem' in read) return { problem: `tls.crt ${read.problem}` };
  const privateKey = readKey(key);
  if ('problem' in privateKey) return { problem: `tls.key ${privateKey.problem}` };
  const [own] = read.certificates;
  if (own?.checkPrivateKey(privateKey) !== true)
    return { problem: 'tls.key is not the key of the first certificate in tls.crt' };
  const ends = own.validToDate.getTime();
  if (ends <= nowMs) return { problem: `tls.crt has expired at ${timestamp(ends)}` };
  const certificate = read.certificates.map((one) => one.toString()).join('');
  const secret = new Secret(key.toString('latin1'));
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

/**
 * Longest RSA key of a client, in bits. The handshake signs with it while the whole process waits: more than a second for a key of
 * 16384 bits that was made to be slow, two minutes for one of 65536.
 */
const MAX_RSA_BITS = 4096;

function readKey(bytes: Buffer): KeyObject | PemProblem {
  const text = bytes.toString('latin1');
  if (text.includes('ENCRYPTED')) return { problem: 'is encrypted: store the key without a passphrase' };
  if (!text.includes('PRIVATE KEY-----')) return { problem: looksLike(bytes, text, 'private key') };
  try {
    const key = createPrivateKey(bytes);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return bits > MAX_RSA_BITS
      ? {
          problem: `has a key of ${bits} bits, longer than ${MAX_RSA_BITS}, which takes too long to sign with`,
        }
      : key;
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
