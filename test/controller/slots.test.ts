import { createHash } from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { firesAfter } from '../../src/api/schedule.ts';
import { nextSlot } from '../../src/controller/schedule.ts';
import { specs } from '../support/arbitraries.ts';
import { aCheck, aSpec, NOW_MS } from '../support/builders.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const UID = aCheck().metadata.uid;

/** Uids as the API server makes them, always the same ones. */
function uids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => {
    const hex = createHash('sha256').update(String(number)).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  });
}

function moments(): fc.Arbitrary<number> {
  return fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2040, 0, 1) });
}

describe('nextSlot', () => {
  it('lies after now, by half an interval to one and a half', () => {
    fc.assert(
      fc.property(specs(), fc.uuid(), moments(), (spec, uid, nowMs) => {
        const delayMs = nextSlot(spec, uid, nowMs) - nowMs;
        expect(delayMs).to.be.at.least(spec.intervalMs / 2);
        expect(delayMs).to.be.below(1.5 * spec.intervalMs);
      }),
    );
  });

  it('lies on one grid for a uid, whenever it is asked: a restart needs no memory', () => {
    fc.assert(
      fc.property(specs(), fc.uuid(), moments(), moments(), (spec, uid, one, other) => {
        const distance = nextSlot(spec, uid, one) - nextSlot(spec, uid, other);
        expect(Math.abs(distance % spec.intervalMs)).to.equal(0);
      }),
    );
  });

  it('is one interval after the other where each probe starts in its slot', () => {
    const spec = aSpec();
    const first = nextSlot(spec, UID, NOW_MS);
    for (const late of [0, 1, 250, 30 * SECOND, 4 * MINUTE]) {
      expect(nextSlot(spec, UID, first + late) - first, `${late} ms late`).to.equal(spec.intervalMs);
    }
  });

  it('spreads a thousand checks over the interval', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const uid of uids(1_000)) {
      const tenth = Math.floor((nextSlot(aSpec(), uid, NOW_MS) % 600_000) / 60_000);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(Math.min(...tenths)).to.be.above(50);
    expect(Math.max(...tenths)).to.be.below(150);
  });

  describe('of a cron schedule', () => {
    const spec = aSpec({ schedule: '30 7 * * *', timeZone: 'Europe/Berlin' });

    it('is its next time in its zone, up to a minute later by uid', () => {
      const delays = uids(1_000).map((uid) => nextSlot(spec, uid, NOW_MS) - Date.UTC(2026, 0, 2, 6, 30));
      expect(Math.min(...delays)).to.be.within(0, 2 * SECOND);
      expect(Math.max(...delays)).to.be.within(58 * SECOND, MINUTE - 1);
    });

    it('is in UTC without a zone, and follows summer time with one', () => {
      const spreadMs = nextSlot(spec, UID, NOW_MS) - Date.UTC(2026, 0, 2, 6, 30);
      const utc = aSpec({ schedule: '30 7 * * *' });
      expect(nextSlot(utc, UID, NOW_MS) - spreadMs).to.equal(Date.UTC(2026, 0, 2, 7, 30));
      const july = Date.UTC(2026, 6, 1, 12);
      expect(nextSlot(spec, UID, july) - spreadMs).to.equal(Date.UTC(2026, 6, 2, 5, 30));
    });

    it('lies after now, and is never passed over: each time is followed by the next', () => {
      const hourly = aSpec({ schedule: '0 * * * *' });
      fc.assert(
        fc.property(fc.uuid(), moments(), fc.integer({ min: 0, max: 59 * MINUTE }), (uid, nowMs, lateMs) => {
          const first = nextSlot(hourly, uid, nowMs);
          expect(first - nowMs).to.be.within(1, HOUR);
          expect(nextSlot(hourly, uid, first + lateMs)).to.equal(first + HOUR);
        }),
      );
    });

    it('gives each time one slot, though the stored time has whole seconds and a timer wakes a little late', () => {
      const rows = [
        ['* * * * *'],
        ['*/15 * * * *'],
        ['0 */6 * * *'],
        ['30 7 * * MON-FRI', 'Europe/Berlin'],
        ['0 0 1 * *', 'Asia/Kolkata'],
      ] as const;
      for (const [schedule, timeZone] of rows) {
        const cron = aSpec({ schedule, timeZone });
        for (const uid of uids(200)) {
          const slots: number[] = [];
          for (let nowMs = NOW_MS; slots.length < 4;) {
            const stored = Math.floor(nextSlot(cron, uid, nowMs) / SECOND) * SECOND;
            slots.push(stored);
            nowMs = stored + 60;
          }
          const [first = 0] = slots;
          const fires = firesAfter(schedule, timeZone, new Date(first - MINUTE), slots.length);
          const spreads = slots.map((slot, at) => slot - (fires[at]?.getTime() ?? 0));
          expect(new Set(spreads).size, `${schedule} ${uid} ${spreads.join()}`).to.equal(1);
          expect(spreads[0], `${schedule} ${uid}`).to.be.within(0, 59 * SECOND);
        }
      }
    });

    it('is an interval away where the schedule names no time any more', () => {
      const never = aSpec({ schedule: '0 0 30 2 *' });
      expect(nextSlot(never, UID, NOW_MS)).to.equal(NOW_MS + never.intervalMs);
    });
  });
});
