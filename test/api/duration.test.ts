import { expect } from 'chai';
import * as fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/api/duration.ts';

/** 2562047h is the longest duration that Go can hold (int64 nanoseconds). */
const GO_MAX_MS = 2 ** 63 / 1e6;

describe('parseDuration', () => {
  for (const [text, ms] of Object.entries({
    '10m': 600_000,
    '1h30m': 5_400_000,
    '5m1h': 3_900_000,
    '1h0m0s': 3_600_000,
    '1.5s': 1500,
    '0.1s': 100,
    '1.001s': 1001,
    '0.001h': 3600,
    '1.005m': 60_300,
    '60000ms': 60_000,
    '5ms': 5,
    '1m5ms': 60_005,
    '168h': 604_800_000,
    '0s': 0,
    '007s': 7000,
    '999999h999999h9h': (999_999 * 2 + 9) * 3_600_000,
  })) {
    it(`reads ${text}`, () => {
      expect(parseDuration(text)).to.equal(ms);
    });
  }

  for (const [what, text] of Object.entries({
    nothing: '',
    'a number without unit': '0',
    'a unit without number': 'm',
    'a sign': '-5m',
    'a plus': '+5m',
    'a space': '1 m',
    'a space around': ' 1m',
    'a line end': '1m\n',
    'an unknown unit': '1d',
    microseconds: '1us',
    'an upper-case unit': '1H',
    'an exponent': '1e3s',
    'a comma': '1,5s',
    'no digits after the point': '1.s',
    'no digits before the point': '.5s',
    'two points': '1.2.3s',
    'more decimals than milliseconds have': '1.0001s',
    'a fraction of a millisecond': '1.5ms',
    'Arabic digits': '٥m',
    'more than 20 characters': `${'1h'.repeat(10)}1s`,
    'a million digits': '9'.repeat(1_000_000),
  })) {
    it(`does not read ${what}`, () => {
      expect(parseDuration(text)).to.equal(undefined);
    });
  }

  it('reads nothing but whole milliseconds that Go can hold', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 25 }),
      fc.stringMatching(/^([0-9]{1,7}(\.[0-9]{1,4})?(h|m|s|ms)){1,4}$/),
    );
    fc.assert(
      fc.property(text, (any) => {
        const ms = parseDuration(any);
        return ms === undefined || (Number.isSafeInteger(ms) && ms >= 0 && ms < GO_MAX_MS);
      }),
    );
  });

  it('adds its parts up as exact arithmetic does', () => {
    const unitMs = { h: 3_600_000n, m: 60_000n, s: 1000n } as const;
    const part = fc.record({
      whole: fc.integer({ min: 0, max: 9999 }),
      thousandths: fc.integer({ min: 0, max: 999 }),
      unit: fc.constantFrom('h', 'm', 's'),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 2 }), (parts) => {
        const written = parts.map(
          ({ whole, thousandths, unit }) => `${String(whole)}.${String(thousandths).padStart(3, '0')}${unit}`,
        );
        const exact = parts.reduce(
          (sum, { whole, thousandths, unit }) =>
            sum + ((BigInt(whole) * 1000n + BigInt(thousandths)) * unitMs[unit]) / 1000n,
          0n,
        );
        expect(parseDuration(written.join(''))).to.equal(Number(exact));
      }),
    );
  });
});

describe('formatDuration', () => {
  for (const [ms, text] of [
    [0, '0s'],
    [1, '1ms'],
    [1500, '1s500ms'],
    [30_000, '30s'],
    [600_000, '10m'],
    [5_400_000, '1h30m'],
    [604_800_000, '168h'],
    [1.9, '1ms'],
    [-5, '0s'],
    [Number.NaN, '0s'],
  ] as const) {
    it(`writes ${String(ms)} ms as ${text}`, () => {
      expect(formatDuration(ms)).to.equal(text);
    });
  }

  it('writes what parseDuration reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 * 3_600_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).to.equal(ms);
      }),
    );
  });
});
