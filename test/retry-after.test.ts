import { expect } from 'chai';
import fc from 'fast-check';
import { parseRetryAfter } from '../src/retry-after.ts';

describe('M5: parseRetryAfter', () => {
  const now = Date.UTC(2026, 0, 1);
  const at = (ms: number): string => new Date(now + ms).toUTCString();
  const rows: readonly [name: string, text: string | undefined, ms: number | undefined][] = [
    ['reads seconds', '30', 30_000],
    ['reads leading zeros', '0030', 30_000],
    ['raises 0 to one second', '0', 1000],
    ['cuts at one hour', '3601', 3_600_000],
    ['cuts the largest number that it reads', '999999999', 3_600_000],
    ['reads a date', at(90_000), 90_000],
    ['raises a date in the past to one second', at(-86_400_000), 1000],
    ['cuts a date in a year at one hour', at(31_536_000_000), 3_600_000],
    ['finds none where it is absent', undefined, undefined],
    ['finds none in an empty text', '', undefined],
    ['finds none in ten digits', '1000000000', undefined],
    ['finds none in a negative number', '-1', undefined],
    ['finds none in a fraction', '1.5', undefined],
    ['finds none in an exponent', '1e3', undefined],
    ['finds none in hexadecimals', '0x10', undefined],
    ['finds none with white space', ' 30', undefined],
    ['finds none with a line break', '30\n', undefined],
    ['finds none in a list', '30, 60', undefined],
    ['finds none in other digits', '٣٠', undefined],
    ['finds none in an ISO date', '2026-01-01T00:00:30Z', undefined],
    ['finds none in a date that does not exist', 'Xxx, 99 Xxx 2026 99:99:99 GMT', undefined],
    ['finds none in a date of another zone', 'Thu, 01 Jan 2026 00:00:30 CET', undefined],
    ['finds none in 16 kB', '9'.repeat(16_384), undefined],
  ];
  for (const [name, text, ms] of rows) {
    it(name, () => expect(parseRetryAfter(text, now)).to.equal(ms));
  }

  it('gives one second to one hour or nothing, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.nat().map(String),
          fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
        ),
        (text) => {
          const ms = parseRetryAfter(text, now);
          if (ms !== undefined) expect(ms).to.be.within(1000, 3_600_000);
        },
      ),
    );
  });
});
