import { expect } from 'chai';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { REMINDER_MS } from '../../src/controller/events.ts';
import { createReminders, untilReminder, type Reminders } from '../../src/controller/reminders.ts';
import { aCheck, anAnswer, aSpec, at, NOW_MS } from '../support/builders.ts';
import { after, green, met, type Step } from './story.ts';
import { visit } from './world.ts';

const MINUTE = 60_000;
const HALF_HOUR = REMINDER_MS;
const HOUR = 2 * HALF_HOUR;

/** A check that has been red since {@link NOW_MS}. */
const red = after([met('PushDenied')]);
const KEY = 'team/mirror';

/** Asks again and again without a probe, `stepMs` apart; answers the counts of what was told, by time. */
function told(
  reminders: Reminders,
  check: RegistryPushCheck,
  stepMs: number,
  untilMs: number,
): readonly string[] {
  const all: string[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += stepMs) {
    const event = reminders.due(check, check.status, NOW_MS + atMs);
    if (event !== undefined) all.push(`${String(atMs / MINUTE)}: ${String(event.series?.count)}`);
  }
  return all;
}

describe('createReminders', () => {
  it('tells a failure again every half hour, between probes too', () => {
    expect(told(createReminders(), red, MINUTE, 2 * HOUR)).to.deep.equal([
      '30: 2',
      '60: 3',
      '90: 4',
      '120: 5',
    ]);
  });

  it('tells it as it was told at first', () => {
    const event = createReminders().due(red, red.status, NOW_MS + HALF_HOUR);
    expect(event).to.deep.equal({
      type: 'Warning',
      reason: 'PushDenied',
      note: 'PushDenied it is. about PushDenied',
      secret: undefined,
      series: { sinceMs: NOW_MS, count: 2 },
    });
  });

  it('tells nothing of what is told as a change, and counts from there', () => {
    const reminders = createReminders();
    expect(reminders.due(red, undefined, NOW_MS)).to.equal(undefined);
    expect(told(reminders, red, MINUTE, HALF_HOUR)).to.deep.equal(['30: 2']);
  });

  const healthy: Readonly<Record<string, RegistryPushCheck>> = {
    green: after([green()]),
    'without a verdict': after([met('RateLimited')]),
    'that nobody visited': aCheck(),
  };
  for (const [name, check] of Object.entries(healthy)) {
    it(`tells nothing of a check ${name}`, () => {
      expect(told(createReminders(), check, MINUTE, HOUR)).to.deep.equal([]);
      expect(untilReminder(check, NOW_MS)).to.equal(undefined);
    });
  }

  describe('after a restart', () => {
    const steps: readonly Step[] = [met('PushDenied'), met('PushDenied', { afterMs: 35 * MINUTE })];

    it('does not tell again what was told with the last probe', () => {
      const check = after(steps);
      const fresh = createReminders();
      expect(fresh.due(check, check.status, NOW_MS + 45 * MINUTE)).to.equal(undefined);
      expect(fresh.due(check, check.status, NOW_MS + HOUR)).to.not.equal(undefined);
    });

    it('tells at once where the last probe was another half hour: what was told may be gone', () => {
      const fresh = createReminders();
      expect(fresh.due(red, red.status, NOW_MS + 5 * HOUR)?.series?.count).to.equal(11);
      expect(fresh.due(red, red.status, NOW_MS + 5 * HOUR + MINUTE)).to.equal(undefined);
    });

    it('tells at once what was never probed', () => {
      const check = after([met('InvalidSpec', { spec: undefined })]);
      expect(createReminders().due(check, check.status, NOW_MS + MINUTE)?.reason).to.equal('InvalidSpec');
    });
  });

  it('does not wait for a time that a wrong clock has left', () => {
    const reminders = createReminders();
    reminders.due(red, red.status, NOW_MS + 24 * HOUR);
    expect(reminders.due(red, red.status, NOW_MS + HALF_HOUR)).to.not.equal(undefined);
    expect(reminders.due(red, red.status, NOW_MS + HALF_HOUR)).to.equal(undefined);
  });

  it('forgets what is over, what begins anew and what is gone', () => {
    const reminders = createReminders();
    const fails = (since: number): RegistryPushCheck =>
      after([met('SecretInvalid', { afterMs: since, probed: undefined })]);
    const first = fails(0);
    const isDue = (check: RegistryPushCheck, atMs: number): boolean =>
      reminders.due(check, check.status, NOW_MS + atMs) !== undefined;
    expect([isDue(first, 0), isDue(first, MINUTE)]).to.deep.equal([true, false]);
    expect(isDue(fails(MINUTE), MINUTE), 'anew').to.equal(true);
    expect(isDue(fails(MINUTE), 2 * MINUTE)).to.equal(false);
    reminders.forget(KEY);
    expect(isDue(fails(MINUTE), 2 * MINUTE), 'gone').to.equal(true);
    isDue(after([green()]), 2 * MINUTE);
    expect(isDue(fails(MINUTE), 2 * MINUTE), 'over').to.equal(true);
  });
});

describe('untilReminder', () => {
  it('is the time to the next half hour of the failure, never none', () => {
    const waits = [0, 1, HALF_HOUR - 1, HALF_HOUR, -MINUTE].map((atMs) => untilReminder(red, NOW_MS + atMs));
    expect(waits).to.deep.equal([HALF_HOUR, HALF_HOUR - 1, 1, HALF_HOUR, MINUTE]);
  });
});

describe('reconcile of a check that stays red', () => {
  const daily = aSpec({ intervalMs: 24 * HOUR });
  const check: RegistryPushCheck = {
    ...after([met('PushDenied', { spec: daily })]),
    spec: { registryUrl: 'registry.example.com', interval: '24h' },
  };

  it('tells so all day, though it is probed once, and asks the registry no more', async () => {
    const reminders = createReminders();
    const said: string[] = [];
    let afterMs = 0;
    while (afterMs < 3 * HOUR) {
      const { outcome, said: now } = await visit({ check, reminders, afterMs });
      said.push(...now.map((line) => `${at(afterMs)} ${line}`));
      afterMs += 'requeueAfterMs' in outcome ? (outcome.requeueAfterMs ?? NaN) : NaN;
    }
    expect(said).to.deep.equal(
      [1, 2, 3, 4, 5].map((count) => `${at(count * HALF_HOUR)} record team/mirror Warning PushDenied`),
    );
  });

  it('tells so with a probe that finds the same', async () => {
    const meets = {
      kind: 'UploadRefused',
      answer: anAnswer(403),
      login: 'proven',
      granted: undefined,
    } as const;
    const due = { ...check, status: { ...check.status, nextProbeTime: at(HALF_HOUR) } };
    const { said } = await visit({ check: due, meets, afterMs: HALF_HOUR });
    expect(said.slice(-2)).to.deep.equal([
      'write Ready=False PushDenied',
      'record team/mirror Warning PushDenied',
    ]);
  });
});
