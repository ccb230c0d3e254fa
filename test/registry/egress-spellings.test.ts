import { expect } from 'chai';
import fc from 'fast-check';
import { createGuard } from '../../src/registry/egress.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';

/** What nobody may reach (design of the address guard), as network address, bits and width. */
const DENIED: readonly (readonly [network: bigint, bits: number, width: 32 | 128])[] = [
  ...(
    [
      [0x00000000n, 8],
      [0x7f000000n, 8],
      [0xa9fe0000n, 16],
      [0xa83f8110n, 32],
      [0x646464c8n, 32],
      [0xc00000c0n, 32],
      [0xc0000200n, 24],
      [0xc6336400n, 24],
      [0xcb007100n, 24],
      [0xe0000000n, 4],
      [0xf0000000n, 4],
    ] as const
  ).map(([network, bits]) => [network, bits, 32] as const),
  ...(
    [
      [0n, 96],
      [0xfe80n << 112n, 10],
      [0xfd000ec2n << 96n, 32],
      [(0xfd2000cen << 96n) | 0x254n, 128],
      [0x0064ff9bn << 96n, 96],
      [0x0064ff9b0001n << 80n, 48],
      [0x2002n << 112n, 16],
      [0x20010db8n << 96n, 32],
      [0xff00n << 112n, 8],
      // An IPv4 address in IPv6 is that IPv4 address.
      [(0xffffn << 32n) | 0x7f000000n, 104],
      [(0xffffn << 32n) | 0xa9fe0000n, 112],
    ] as const
  ).map(([network, bits]) => [network, bits, 128] as const),
];

/** An address of a denied range. */
const address = fc
  .constantFrom(...DENIED)
  .chain(([network, bits, width]) =>
    fc
      .bigInt({ min: 0n, max: (1n << BigInt(width - bits)) - 1n })
      .map((host) => ({ value: network | host, width })),
  );

/** How a number of a URL's host may be written (WHATWG URL, "IPv4 number parser"). */
const number = fc.constantFrom<(part: bigint) => string>(
  (part) => part.toString(10),
  (part) => `0x${part.toString(16)}`,
  (part) => `0X${part.toString(16).toUpperCase()}`,
  (part) => `0${part.toString(8)}`,
  (part) => `0x000${part.toString(16)}`,
);

/** IPv4: the last of one to four numbers holds all the bytes that are left. */
function spellIPv4(value: bigint, numbers: readonly ((part: bigint) => string)[]): string {
  const parts = numbers.map((spell, index) => {
    const isLast = index === numbers.length - 1;
    const shift = isLast ? 0n : BigInt(24 - 8 * index);
    const mask = isLast ? (1n << BigInt(32 - 8 * index)) - 1n : 0xffn;
    return spell((value >> shift) & mask);
  });
  return parts.join('.');
}

/** IPv6: with or without zeros in front, in either case, the longest run of zeros cut or not, the end as IPv4 or not. */
function spellIPv6(value: bigint, padded: boolean, upper: boolean, cut: boolean, tail: boolean): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16).padStart(padded ? 4 : 1, '0'),
  );
  if (tail)
    groups.splice(
      6,
      2,
      spellIPv4(
        value & 0xffffffffn,
        Array.from({ length: 4 }, () => String),
      ),
    );
  const whole = groups.join(':');
  const short = cut ? whole.replace(/(?:^|:)0+(?::0+)+(?=:)(?!.*\.$)/, ':').replace(/^:(?!:)/, '::') : whole;
  return `[${upper ? short.toUpperCase() : short}]`;
}

/** The host that a connection to a URL gets, or undefined where the URL is refused before. */
function connectsTo(host: string): string | undefined {
  const registry = parseRegistryUrl(`https://${host}:5000`);
  return 'problem' in registry ? undefined : registry.origin.hostname.replace(/^\[|\]$/g, '');
}

describe('E3: every spelling of a denied address', () => {
  const guard = createGuard([]);
  const publicOnly = createGuard([], { publicOnly: true });

  it('row 7, row 8: is blocked, or no URL of a registry at all', () => {
    let asked = 0;
    fc.assert(
      fc.property(
        address,
        fc.array(number, { minLength: 1, maxLength: 4 }),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
        ({ value, width }, numbers, [padded, upper, cut, tail]) => {
          const host = width === 32 ? spellIPv4(value, numbers) : spellIPv6(value, padded, upper, cut, tail);
          const reached = connectsTo(host);
          if (reached === undefined) return;
          asked += 1;
          expect(guard.check(reached), `${host} is ${reached}`).to.equal(true);
          expect(publicOnly.check(reached), `${host} is ${reached}`).to.equal(true);
        },
      ),
      { numRuns: 2000 },
    );
    // Else the property would say nothing.
    expect(asked).to.be.greaterThan(1500);
  });
});
