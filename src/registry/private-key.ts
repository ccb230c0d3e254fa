import { bitsOf, onlyValue, sequenceOf, TAG, valuesOf, type Value } from './der.ts';

/** What is wrong with a text, as a sentence that goes on after its name: what it looks like, nothing of it. */
export interface PemProblem {
  readonly problem: string;
}

/** Longest number in an RSA key, in bits. The handshake signs with it while the whole process waits. */
const MAX_RSA_BITS = 4096;

/** Longest key, in bytes of DER: one of RSA with 4096 bits has 2,400. */
const MAX_BYTES = 4096;

/** Longest number in a key of ECDSA, in bytes: that of P-521. */
const MAX_EC_BYTES = 66;

const BLOCK =
  /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9 ]*PRIVATE KEY)-----/g;

/** Algorithms of PKCS#8 by their object identifier, in hex, and what their key holds. */
const ALGORITHMS: Readonly<Record<string, (key: Buffer, parameters: Value | undefined) => Judgement>> = {
  // rsaEncryption and id-RSASSA-PSS (RFC 4055)
  '2a864886f70d010101': (key) => judgeRsa(key),
  '2a864886f70d01010a': (key) => judgeRsa(key),
  // id-ecPublicKey (RFC 5480)
  '2a8648ce3d0201': (key, parameters) => judgeCurve(parameters) ?? judgeEc(key),
  // Ed25519 and Ed448 (RFC 8410)
  '2b6570': (key) => judgeEdwards(key, 32),
  '2b6571': (key) => judgeEdwards(key, 57),
};

/** P-256, P-384 and P-521 (RFC 5480, section 2.1.1.1). */
const CURVES: readonly string[] = ['2a8648ce3d030107', '2b81040022', '2b81040023'];

/** What is wrong with a key; undefined: nothing. */
type Judgement = string | undefined;

const FORMS: Readonly<Record<string, (der: Buffer) => Judgement>> = {
  'PRIVATE KEY': judgePkcs8,
  'RSA PRIVATE KEY': judgeRsa,
  'EC PRIVATE KEY': (der) => judgeEc(der, true),
};

const BROKEN = 'has a private key that cannot be read';
const USE = 'use ECDSA P-256, or RSA with 2048 to 4096 bits';
const OTHER_KIND = `has a key of another kind than ECDSA, Ed25519, Ed448 and RSA: ${USE}`;

/**
 * The private key of a text as PEM, that block alone, judged by its DER: OpenSSL calculates with what it reads, for minutes where
 * it is a key of DSA with 65536 bits, and whatever the label says. A key that passes is of a kind for TLS, and small.
 */
export function checkedPrivateKey(text: string): { readonly pem: string } | PemProblem {
  const blocks = [...text.matchAll(BLOCK)];
  const [, label = '', body = '', end] = blocks[0] ?? [];
  if (text.split(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/, 3).length > 2)
    return { problem: 'has more than one private key: leave the one that belongs to the certificate' };
  const judge = Object.hasOwn(FORMS, label) ? FORMS[label] : undefined;
  const base64 = body.replaceAll(/\s/g, '');
  const der = Buffer.from(base64, 'base64');
  if (blocks.length === 0 || label !== end || der.toString('base64') !== base64) return { problem: BROKEN };
  if (judge === undefined) return { problem: OTHER_KIND };
  const problem = judge(der) ?? (der.length > MAX_BYTES ? tooLong(der.length) : undefined);
  if (problem !== undefined) return { problem };
  const lines = base64.match(/.{1,64}/g) ?? [];
  return { pem: `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n` };
}

/** PrivateKeyInfo (RFC 5958, section 2): version, algorithm, the key, and what may come after it. */
function judgePkcs8(der: Buffer): Judgement {
  const [version, algorithm, key, ...more] = sequenceOf(der);
  if (!isVersion(version, 0, 1) || algorithm?.tag !== TAG.sequence || key?.tag !== TAG.octets) return BROKEN;
  if (more.some(({ tag }) => (tag & 0xc0) !== 0x80)) return BROKEN;
  const [kind, parameters, ...others] = valuesOf(algorithm.body);
  if (kind?.tag !== TAG.oid || others.length > 0) return BROKEN;
  const oid = kind.body.toString('hex');
  return Object.hasOwn(ALGORITHMS, oid) ? ALGORITHMS[oid]?.(key.body, parameters) : OTHER_KIND;
}

/** RSAPrivateKey (RFC 8017, appendix A.1.2), of two primes: the version, the modulus, and seven more numbers. */
function judgeRsa(der: Buffer): Judgement {
  const numbers = sequenceOf(der);
  const [version, ...rest] = numbers;
  if (!isVersion(version, 0) || rest.length !== 8 || rest.some(({ tag }) => tag !== TAG.integer))
    return BROKEN;
  const bits = Math.max(...rest.map(({ body }) => bitsOf(body)));
  return bits > MAX_RSA_BITS
    ? `has a key of ${bits} bits, longer than ${MAX_RSA_BITS}, which takes too long to sign with`
    : undefined;
}

/** ECPrivateKey (RFC 5915, section 3). Within PKCS#8 the curve need not be said again. */
function judgeEc(der: Buffer, alone = false): Judgement {
  const [version, key, ...more] = sequenceOf(der);
  if (!isVersion(version, 1) || key?.tag !== TAG.octets || key.body.length > MAX_EC_BYTES) return BROKEN;
  const parameters = more.filter(({ tag }) => tag === TAG.parameters);
  if (parameters.length > 1 || (alone && parameters.length === 0)) return BROKEN;
  return parameters.map(({ body }) => judgeCurve(onlyValue(body))).find((problem) => problem !== undefined);
}

/** A curve by its name: where a key spells out one of its own, OpenSSL calculates with that. */
function judgeCurve(curve: Value | undefined): Judgement {
  return curve?.tag === TAG.oid && CURVES.includes(curve.body.toString('hex'))
    ? undefined
    : 'has a key on another curve than P-256, P-384 or P-521, or one without its name: use ECDSA P-256';
}

/** CurvePrivateKey (RFC 8410, section 7). */
function judgeEdwards(der: Buffer, length: number): Judgement {
  const key = onlyValue(der);
  return key?.tag === TAG.octets && key.body.length === length ? undefined : BROKEN;
}

function tooLong(bytes: number): string {
  return `has a private key of ${bytes} bytes, longer than any that TLS needs (${MAX_BYTES}): ${USE}`;
}

function isVersion(value: Value | undefined, ...versions: readonly number[]): boolean {
  const [version = -1, ...more] = value?.body ?? [];
  return value?.tag === TAG.integer && more.length === 0 && versions.includes(version);
}
