/** Object identifiers, as they stand in DER. */
export const OID = {
  rsa: Buffer.from('2a864886f70d010101', 'hex'),
  dsa: Buffer.from('2a8648ce380401', 'hex'),
  dh: Buffer.from('2a864886f70d010301', 'hex'),
  ec: Buffer.from('2a8648ce3d0201', 'hex'),
  p256: Buffer.from('2a8648ce3d030107', 'hex'),
  secp256k1: Buffer.from('2b8104000a', 'hex'),
  prime: Buffer.from('2a8648ce3d0101', 'hex'),
  ed25519: Buffer.from('2b6570', 'hex'),
} as const;

/** A number, or the bytes of one that is long. */
export type Integer = number | Buffer;

/** One value of ASN.1 in DER (X.690, section 8.1). */
export function asn1(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const hex = value.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const head = value.length < 0x80 ? [tag, value.length] : [tag, 0x80 + length.length, ...length];
  return Buffer.concat([Buffer.from(head), value]);
}

/** An INTEGER that is not negative. */
export function integer(value: Integer): Buffer {
  const hex = typeof value === 'number' ? value.toString(16) : value.toString('hex');
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return (bytes[0] ?? 0) < 0x80 ? asn1(0x02, bytes) : asn1(0x02, Buffer.from([0]), bytes);
}

/** A SEQUENCE. */
export function sequence(...parts: readonly Buffer[]): Buffer {
  return asn1(0x30, ...parts);
}

/** An odd number of that many bits, made of nothing. */
export function madeUp(bits: number): Buffer {
  return Buffer.alloc(bits / 8, 0xa5);
}

/** DER as a PEM block. */
export function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** PKCS#8 around a key. */
export function pkcs8(algorithm: readonly Buffer[], key: Buffer): Buffer {
  return sequence(integer(0), sequence(...algorithm), asn1(0x04, key));
}

/** PKCS#8 with a key of DSA: whoever reads it calculates the public one, with numbers of that many bits. */
export function dsaKey(bits: number): Buffer {
  const parameters = sequence(integer(madeUp(bits)), integer(madeUp(256)), integer(2));
  return pkcs8([asn1(0x06, OID.dsa), parameters], integer(madeUp(bits)));
}

/** PKCS#1 with numbers that nobody has looked for primes for: whether it is right, only a handshake would show. */
export function rsaKey(bits: number, privateBits = bits): Buffer {
  const [exponent, half] = [madeUp(privateBits), madeUp(privateBits / 2)];
  const numbers = [0, madeUp(bits), 65_537, exponent, half, half, half, half, half];
  return sequence(...numbers.map(integer));
}

/** SEC1 with a key of 256 bits, and what may stand after it. */
export function ecKey(parameters?: Buffer, bits = 256): Buffer {
  const more = parameters === undefined ? [] : [asn1(0xa0, parameters)];
  return sequence(integer(1), asn1(0x04, madeUp(bits)), ...more);
}

/** A curve that is spelled out instead of named. */
export function explicitCurve(bits: number): Buffer {
  const number = madeUp(bits);
  const point = asn1(0x04, Buffer.from([4]), number, number);
  const field = sequence(asn1(0x06, OID.prime), integer(number));
  return sequence(
    integer(1),
    field,
    sequence(asn1(0x04, number), asn1(0x04, number)),
    point,
    integer(number),
    integer(1),
  );
}

/** A SubjectPublicKeyInfo: a key is one number or a sequence of them; so are the parameters of its algorithm. */
export function publicKey(
  oid: Buffer,
  parameters: readonly Integer[] | undefined,
  key: Integer | readonly Integer[],
): Buffer {
  const more = parameters === undefined ? asn1(0x05) : sequence(...parameters.map(integer));
  const value =
    typeof key === 'number' || Buffer.isBuffer(key) ? integer(key) : sequence(...key.map(integer));
  return sequence(sequence(asn1(0x06, oid), more), asn1(0x03, Buffer.from([0]), value));
}

/** A certificate for a public key, as PEM, valid from 2025 to 2049, signed by nobody. */
export function certificateOf(key: Buffer): string {
  const algorithm = sequence(asn1(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
  const text = asn1(0x0c, Buffer.from('hostile'));
  const name = sequence(asn1(0x31, sequence(asn1(0x06, Buffer.from('550403', 'hex')), text)));
  const times = ['250101000000Z', '490101000000Z'].map((time) => asn1(0x17, Buffer.from(time)));
  const body = sequence(integer(5), algorithm, name, sequence(...times), name, key);
  return pemOf('CERTIFICATE', sequence(body, algorithm, asn1(0x03, Buffer.from([0, 1]))));
}
