import { expect } from 'chai';
import * as fc from 'fast-check';
import { clampRetryAfter, parseRetryAfter } from '../../src/retry-after.ts';
import { hostile, madeOf, properties } from '../support/properties.ts';

const HOUR = 3_600_000;
const now = fc.integer({ min: 0, max: Date.UTC(2200, 0) });
const seconds = fc.oneof(fc.nat(4000), fc.integer({ min: 0, max: 999_999_999 }));
const date = fc
  .date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 31)), noInvalidDate: true })
  .map((one) => one.toUTCString());
const PIECES = [
  'Sun, ',
  '06 Nov ',
  '31 Feb ',
  '99 ',
  '1994 ',
  '9999 ',
  '08:49:37',
  '25:61:61',
  ' GMT',
  ' UTC',
  '-',
  '+',
  '1',
  '0',
  'e9',
  ' ',
  '1e309',
  '0x10',
  '٣',
  '１',
];
const text = fc.oneof(hostile(), madeOf(PIECES, 6), seconds.map(String), date);

properties('retry after', (holds) => {
  holds(
    'M5: is nothing, or whole milliseconds from a second to an hour',
    fc.property(text, now, (any, nowMs) => {
      const ms = parseRetryAfter(any, nowMs);
      if (ms === undefined) return;
      expect(ms).to.be.within(1000, HOUR);
      expect(Number.isInteger(ms)).to.equal(true);
    }),
    1000,
  );

  holds(
    'M5: is understood only as digits or as a date of the RFC',
    fc.property(text, now, (any, nowMs) => {
      const known = /^[0-9]{1,9}$/.test(any) || (any.length === 29 && any.endsWith(' GMT'));
      if (!known) expect(parseRetryAfter(any, nowMs)).to.equal(undefined);
    }),
    1000,
  );

  holds(
    'waits no shorter for more seconds',
    fc.property(seconds, seconds, now, (a, b, nowMs) => {
      const [less, more] = a < b ? [a, b] : [b, a];
      expect(parseRetryAfter(String(a), nowMs)).to.equal(Math.min(Math.max(1, a), 3600) * 1000);
      expect(parseRetryAfter(String(less), nowMs)).to.be.at.most(parseRetryAfter(String(more), nowMs) ?? 0);
    }),
  );

  holds(
    'waits until a date: no shorter for a later one, no longer at a later time',
    fc.property(
      now,
      fc.integer({ min: 0, max: 2 * HOUR }),
      fc.integer({ min: 0, max: 2 * HOUR }),
      (nowMs, a, b) => {
        const until = (at: number, from = nowMs): number =>
          parseRetryAfter(new Date(at).toUTCString(), from) ?? -1;
        const [near, far] = [nowMs + Math.min(a, b), nowMs + Math.max(a, b)];
        expect(until(near)).to.be.at.most(until(far));
        expect(until(far, nowMs + a)).to.be.at.most(until(far));
        // Dates have whole seconds.
        if (a >= 2000 && a <= HOUR) expect(until(nowMs + a)).to.be.within(a - 1000, a);
      },
    ),
  );

  holds(
    'clamps each number, and what is clamped already stays',
    fc.property(fc.oneof(fc.double({ noNaN: true }), fc.integer()), (ms) => {
      const clamped = clampRetryAfter(ms);
      expect(clamped).to.be.within(1000, HOUR);
      expect(clampRetryAfter(clamped)).to.equal(clamped);
    }),
  );
});
