/** Tags of ASN.1 (X.690, section 8) that keys are made of; `parameters` is the `[0]` of ECPrivateKey. */
export const TAG = {
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  sequence: 0x30,
  parameters: 0xa0,
} as const;

/** One value of ASN.1. */
export interface Value {
  readonly tag: number;
  readonly body: Buffer;
}

/** More values than any key has side by side. */
const MOST_VALUES = 12;

/** The values that stand side by side in these bytes; none where they are not DER to the last byte, or too many. */
export function valuesOf(bytes: Buffer): readonly Value[] {
  const found: Value[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag = 0, short = 0] = bytes.subarray(at, at + 2);
    // X.690, section 8.1.3: up to 127, or the number of bytes that say the length. DER has no other form.
    const more = short < 0x80 ? 0 : short - 0x80;
    const start = at + 2 + more;
    if (short === 0x80 || more > 3 || start > bytes.length || found.length === MOST_VALUES) return [];
    const length = more === 0 ? short : bytes.readUIntBE(at + 2, more);
    at = start + length;
    // A tag of more than one byte is in no key.
    if (at > bytes.length || (tag & 0x1f) === 0x1f) return [];
    found.push({ tag, body: bytes.subarray(start, at) });
  }
  return found;
}

/** The value that these bytes are. */
export function onlyValue(bytes: Buffer): Value | undefined {
  const [first, ...more] = valuesOf(bytes);
  return more.length === 0 ? first : undefined;
}

/** The values in the sequence that these bytes are. */
export function sequenceOf(bytes: Buffer): readonly Value[] {
  const whole = onlyValue(bytes);
  return whole?.tag === TAG.sequence ? valuesOf(whole.body) : [];
}

/** How many bits a number has that is not negative. */
export function bitsOf(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (number.length - first) * 8 - (Math.clz32(number[first] ?? 0) - 24);
}
