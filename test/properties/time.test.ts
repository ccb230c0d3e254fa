import { expect } from 'chai';
import * as fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/api/duration.ts';
import { firesAfter, scheduleProblem, timeZoneProblem } from '../../src/api/schedule.ts';
import { nextSlot } from '../../src/controller/schedule.ts';
import { aSpec, NOW_MS } from '../support/builders.ts';
import { hostile, madeOf, properties } from '../support/properties.ts';

const MINUTE = 60_000;
const PIECES = [
  '1',
  '0',
  '10',
  '999999',
  '1.5',
  '0.001',
  '.',
  '-',
  '+',
  ' ',
  'h',
  'm',
  's',
  'ms',
  'us',
  'µs',
  'ns',
  'd',
  'e9',
  '1h',
  '30m',
  'H',
];
const durations = fc.oneof({ weight: 3, arbitrary: madeOf(PIECES, 6) }, hostile(24));

const UNITS: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
};

/** time.ParseDuration in whole nanoseconds, by exact arithmetic; only for what ours takes. */
function nanoseconds(text: string): bigint {
  return [...text.matchAll(/(\d+)(?:\.(\d+))?(ms|[hms])/g)]
    .map(
      ([, whole = '', part = '', unit = '']) =>
        (BigInt(whole + part) * (UNITS[unit] ?? 0n)) / 10n ** BigInt(part.length),
    )
    .reduce((sum, one) => sum + one, 0n);
}

const field = (most: number): fc.Arbitrary<string> => {
  const number = fc.nat(most).map(String);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    number,
    fc.tuple(number, number).map(([a, b]) => `${a}-${b}`),
    fc.integer({ min: 0, max: 70 }).map((step) => `*/${step}`),
    fc.array(number, { minLength: 1, maxLength: 4 }).map((all) => all.join(',')),
    madeOf(['*', '/', '-', ',', '1', '59', '60', 'L', 'W', 'MON', 'SUN', 'jan', '#', '?'], 4),
  );
};
const schedules = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(field(59), field(23), field(31), field(12), field(7))
      .map((fields) => fields.join(' ')),
  },
  hostile(110),
  fc.constantFrom(
    '@hourly',
    '@every 1s',
    'TZ=UTC * * * * *',
    '* * * * * *',
    '0 0 30 2 *',
    '0 0 29 2 1',
    '',
    ' ',
    '*/0 * * * *',
  ),
);
const zones = fc.constantFrom(
  undefined,
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/New_York',
  'Africa/Casablanca',
);
// Years with both changes of daylight saving, and a leap year.
const moments = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2029, 0) });

properties('time', (holds) => {
  holds(
    'of a duration is that of Go, in whole milliseconds, or there is none',
    fc.property(durations, (text) => {
      const ms = parseDuration(text);
      if (ms === undefined) return;
      expect(Number.isSafeInteger(ms) && ms >= 0).to.equal(true);
      expect(text.length).to.be.at.most(20);
      expect(BigInt(ms) * 1_000_000n).to.equal(nanoseconds(text));
    }),
    1000,
  );

  holds(
    'of a duration is the same after it is written and read again',
    fc.property(
      fc.oneof(
        durations.map((text) => Math.min(parseDuration(text) ?? 0, 3_600_000 * 999_999)),
        fc.integer({ min: 0, max: 3_600_000 * 99_999 }),
      ),
      (ms) => {
        expect(parseDuration(formatDuration(ms))).to.equal(ms);
        expect(formatDuration(parseDuration(formatDuration(ms)) ?? -1)).to.equal(formatDuration(ms));
      },
    ),
    500,
  );

  holds(
    'row 24, row 25: of a schedule comes at least a minute after the one before, or the schedule is refused in our words',
    fc.property(schedules, zones, moments, (schedule, zone, at) => {
      const problem = scheduleProblem(schedule);
      if (problem !== undefined) return void expect(problem).to.match(/^schedule must [ -~]+$/);
      const fires = firesAfter(schedule, zone, new Date(at), 5).map((fire) => fire.getTime());
      expect(fires.length).to.be.at.least(1);
      for (const [index, fire] of fires.entries()) {
        const before = fires[index - 1];
        expect(fire).to.be.above(at);
        if (before !== undefined) expect(fire - before).to.be.at.least(MINUTE);
      }
    }),
    150,
  );

  holds(
    'row 26: zone that does not exist is refused, whatever its name',
    fc.property(
      fc.oneof(
        hostile(70),
        madeOf(['Europe', '/', 'Berlin', 'Etc', 'GMT', '+', '1', '_', '-', '..', 'Mars'], 5),
      ),
      (zone) => {
        const problem = timeZoneProblem(zone);
        if (problem === undefined)
          expect(firesAfter('0 0 * * *', zone, new Date(NOW_MS), 1)).to.have.length(1);
        else expect(problem).to.match(/^timeZone must [ -~]+$/);
      },
    ),
  );

  const uids = fc.uuid();
  holds(
    'of the next probe lies ahead, a whole interval before the one after it',
    fc.property(fc.integer({ min: MINUTE, max: 168 * 60 * MINUTE }), uids, moments, (intervalMs, uid, at) => {
      const spec = aSpec({ intervalMs });
      const slot = nextSlot(spec, uid, at);
      expect(slot - at).to.be.within(intervalMs / 2, 1.5 * intervalMs);
      expect(nextSlot(spec, uid, slot) - slot).to.equal(intervalMs);
      expect(Number.isInteger(slot)).to.equal(true);
    }),
  );

  holds(
    'of the next probe under a schedule lies ahead, a minute at least before the one after it',
    fc.property(
      schedules.filter((schedule) => scheduleProblem(schedule) === undefined),
      zones,
      uids,
      moments,
      (schedule, timeZone, uid, at) => {
        const spec = aSpec({ schedule, timeZone });
        const slot = nextSlot(spec, uid, at);
        expect(slot).to.be.above(at);
        expect(nextSlot(spec, uid, slot) - slot).to.be.at.least(MINUTE);
      },
    ),
    100,
  );
});
