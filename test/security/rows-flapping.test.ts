import { expect } from 'chai';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import type { Observation } from '../../src/check/observation.ts';
import { find } from '../../src/controller/conditions.ts';
import { createRecent } from '../../src/controller/recent.ts';
import { createReminders } from '../../src/controller/reminders.ts';
import { createUnwritten } from '../../src/controller/unwritten.ts';
import type { World } from '../../src/controller/world.ts';
import { createRecorder } from '../../src/kube/recorder.ts';
import { ACCEPTED, aCheck, anAnswer } from '../support/builders.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { scriptedClient } from '../support/scripted-client.ts';
import { visit } from '../controller/world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const OVERLOADED: Observation = { kind: 'PingRefused', answer: anAnswer(503) };
const DENIED: Observation = {
  kind: 'UploadRefused',
  answer: anAnswer(403),
  login: 'proven',
  granted: undefined,
};

/** What came of a check that was visited whenever it wanted to be. */
interface Days {
  readonly probes: number;
  /** Requests that write Events, as the API server gets them. */
  readonly events: number;
  /** The verdicts, each time that they changed. */
  readonly verdicts: readonly string[];
  readonly check: RegistryPushCheck;
}

/** Visits a check every minute for a day, at a registry that says what `at` says of the minute, with the operator's recorder. */
async function aDay(meets: (minute: number) => Observation): Promise<Days> {
  let check = aCheck({ spec: { interval: '1m', retryInterval: '1m', failureThreshold: 3 } });
  let [probes, events] = [0, 0];
  const verdicts: string[] = [];
  const clock = createFakeClock();
  const request = (): Promise<never> => {
    events += 1;
    return Promise.resolve({} as never);
  };
  const client = { ...scriptedClient().client, request };
  const recorder = createRecorder({
    client,
    component: 'registry-push-check',
    instance: 'pod-1',
    clock,
    log: () => undefined,
  });
  const memory = { unwritten: createUnwritten(), recent: createRecent(), reminders: createReminders() };
  const { signal } = new AbortController();
  const record: World['record'] = ({ metadata: { namespace, name, uid } }, { secret: _secret, ...event }) => {
    const regarding = { apiVersion: 'v1', kind: 'Thing', namespace, name, uid };
    return recorder.record({ ...event, action: 'Probe', regarding }, signal);
  };
  for (let afterMs = 0; afterMs < DAY_MS;) {
    const told = await visit({
      check,
      meets: meets(afterMs / MINUTE_MS),
      afterMs,
      records: record,
      ...memory,
    });
    if (told.outcome instanceof Error) throw told.outcome;
    probes += told.said.filter((line) => line.startsWith('ask ')).length;
    if (told.status !== undefined) check = { ...check, status: told.status };
    const { status = '', reason = '' } = find(check.status?.conditions, 'Ready') ?? {};
    if (verdicts.at(-1) !== `${status} ${reason}`) verdicts.push(`${status} ${reason}`);
    const waitMs = Math.max(1_000, told.outcome.requeueAfterMs ?? expect.fail('it is never visited again'));
    afterMs += waitMs;
    await clock.advance(waitMs);
  }
  return { probes, events, verdicts, check };
}

describe('a registry that says yes and no in turns', () => {
  /** The recorder's budget of one check in a day: ten at once, then one every five minutes. */
  const MOST_EVENTS = 10 + DAY_MS / (5 * MINUTE_MS);

  it('row 94: that fails for fewer probes than failureThreshold turns nothing, and makes one Event', async () => {
    const { verdicts, events, probes, check } = await aDay((minute) =>
      Math.floor(minute) % 12 < 10 ? ACCEPTED : OVERLOADED,
    );
    expect(verdicts).to.deep.equal(['True PushAuthorized']);
    expect(events).to.equal(1);
    expect(probes).to.be.within(1_000, 1_500);
    expect(check.status?.history).to.have.length(1);
  });

  it('row 94: that fails for ten minutes after ten turns each time, and the Events are capped', async () => {
    const { verdicts, events, check } = await aDay((minute) =>
      Math.floor(minute / 10) % 2 === 0 ? ACCEPTED : OVERLOADED,
    );
    const turns = verdicts.length;
    expect(turns).to.be.within(130, 150);
    expect(new Set(verdicts)).to.deep.equal(new Set(['True PushAuthorized', 'False RegistryUnavailable']));
    expect(events).to.be.at.most(turns).and.at.most(MOST_EVENTS);
    expect(check.status?.history).to.have.length(5);
  });

  it('row 94: that refuses every other minute turns with each answer, and most Events are dropped', async () => {
    const { verdicts, events, probes, check } = await aDay((minute) =>
      Math.floor(minute) % 2 === 0 ? ACCEPTED : DENIED,
    );
    expect(verdicts.length).to.be.greaterThan(1_000);
    expect(events)
      .to.be.at.most(MOST_EVENTS)
      .and.below(verdicts.length / 3);
    expect(probes).to.be.at.most(1_500);
    // Whoever looks is told the last answer, and how often it changed of late.
    expect(check.status?.history).to.have.length(5);
    expect(check.status?.conditions?.filter(({ type }) => type === 'Ready')).to.have.length(1);
  });
});
