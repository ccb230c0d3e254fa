import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  ANNOTATION,
  type RegistryPushCheck,
  type RegistryPushCheckStatus,
} from '../../src/api/registrypushcheck.ts';
import type { CheckSpec } from '../../src/api/validate.ts';
import type { Diagnosis } from '../../src/check/diagnose.ts';
import { dueAfter, nextSlot, nextTurn, type Trigger, type Turn } from '../../src/controller/schedule.ts';
import { specs } from '../support/arbitraries.ts';
import { aCheck, aCondition, aDiagnosis, aSpec, at, NOW_MS } from '../support/builders.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UID = aCheck().metadata.uid;

/** A check of generation 3 that was visited, with a next time and a last one. */
function visited(status: RegistryPushCheckStatus, token?: string): RegistryPushCheck {
  return aCheck({
    metadata: token === undefined ? {} : { annotations: { [ANNOTATION.requestedAt]: token } },
    status: { conditions: [aCondition({ type: 'Ready' })], ...status },
  });
}

function run(trigger: Trigger): Turn {
  return { kind: 'run', trigger };
}

function wait(ms: number | undefined): Turn {
  return { kind: 'wait', ms };
}

describe('nextTurn', () => {
  const due = { nextProbeTime: at(-SECOND), lastProbeTime: at(-10 * MINUTE) };
  const notDue = { nextProbeTime: at(4 * MINUTE), lastProbeTime: at(-MINUTE) };

  const rows: readonly (readonly [
    name: string,
    check: RegistryPushCheck,
    turn: Turn,
    spec?: CheckSpec | 'unusable',
  ])[] = [
    ['a check that nobody visited is probed', aCheck(), run('FirstProbe')],
    [
      'so is one with the status that the schema gives it',
      aCheck({ status: { observedGeneration: -1 } }),
      run('FirstProbe'),
    ],
    [
      'so is one that was visited, where its conditions are gone',
      aCheck({ status: { ...notDue, conditions: [] } }),
      run('FirstProbe'),
    ],
    [
      'an edited check is probed, however fresh its verdict',
      aCheck({ metadata: { generation: 4 }, status: { ...visited(notDue).status } }),
      run('SpecChanged'),
    ],
    [
      'a check that is no longer suspended is probed',
      aCheck({ metadata: { generation: 4 }, status: { conditions: [aCondition({ type: 'Suspended' })] } }),
      run('SpecChanged'),
    ],
    ['a check whose time has come is probed', visited(due), run('Scheduled')],
    ['its time comes to the millisecond', visited({ nextProbeTime: at(0) }), run('Scheduled')],
    ['a check whose time has not come waits for it', visited(notDue), wait(4 * MINUTE)],
    [
      'a check with a next time that cannot be read is probed',
      visited({ nextProbeTime: 'soon' }),
      run('Scheduled'),
    ],
    ['a request is answered before the time has come', visited(notDue, 'now'), run('Requested')],
    [
      'a request that was answered is none',
      visited({ ...notDue, lastHandledReconcileAt: 'now' }, 'now'),
      wait(4 * MINUTE),
    ],
    [
      'of several requests the newest counts',
      visited({ ...notDue, lastHandledReconcileAt: 'first' }, 'third'),
      run('Requested'),
    ],
    [
      'a request that is cut to fit into status is answered once',
      visited({ ...notDue, lastHandledReconcileAt: 'x'.repeat(256) }, 'x'.repeat(300)),
      wait(4 * MINUTE),
    ],
    [
      'a request too soon after a probe waits, and is not lost',
      visited({ ...notDue, lastProbeTime: at(-4 * SECOND) }, 'now'),
      wait(11 * SECOND),
    ],
    [
      'a request exactly 15 s after a probe is answered',
      visited({ ...notDue, lastProbeTime: at(-15 * SECOND) }, 'now'),
      run('Requested'),
    ],
    [
      'a request to a check that was never probed is answered',
      visited({ nextProbeTime: at(MINUTE) }, 'now'),
      run('Requested'),
    ],
    [
      'a request is answered where the last probe cannot have been',
      visited({ ...notDue, lastProbeTime: at(HOUR) }, 'now'),
      run('Requested'),
    ],
    [
      'a request is answered where the time of the last probe cannot be read',
      visited({ ...notDue, lastProbeTime: 'late' }, 'now'),
      run('Requested'),
    ],
    [
      'a next time that no rule gives comes from a wrong clock: the check is probed',
      visited({ nextProbeTime: at(365 * DAY), lastProbeTime: at(365 * DAY - 10 * MINUTE) }),
      run('Scheduled'),
    ],
    [
      'so it is after the clock was put back by half an hour',
      visited({ nextProbeTime: at(35 * MINUTE), lastProbeTime: at(25 * MINUTE) }),
      run('Scheduled'),
    ],
    [
      'a next time within an hour of the last probe may be the wish of the registry',
      visited({ nextProbeTime: at(50 * MINUTE), lastProbeTime: at(-10 * MINUTE) }),
      wait(50 * MINUTE),
    ],
    [
      'a next time after more than an hour of the last probe is nobody’s wish',
      visited({ nextProbeTime: at(50 * MINUTE), lastProbeTime: at(-10 * MINUTE - SECOND) }),
      run('Scheduled'),
    ],
    [
      'a next time within an interval and a half is the schedule’s',
      visited({ nextProbeTime: new Date(nextSlot(aSpec({ intervalMs: DAY }), UID, NOW_MS)).toISOString() }),
      wait(nextSlot(aSpec({ intervalMs: DAY }), UID, NOW_MS) - NOW_MS),
      aSpec({ intervalMs: DAY }),
    ],
    ['a spec that cannot be run waits to be changed', visited({}), wait(undefined), 'unusable'],
    [
      'a spec that cannot be run is judged where it could be before',
      visited(notDue),
      run('Scheduled'),
      'unusable',
    ],
    ['a spec that can be run is probed where it could not be before', visited({}), run('Scheduled')],
    ['a request to a spec that cannot be run is answered', visited({}, 'now'), run('Requested'), 'unusable'],
  ];
  for (const [name, check, turn, spec = aSpec()] of rows) {
    it(name, () => {
      expect(nextTurn(check, spec === 'unusable' ? undefined : spec, NOW_MS)).to.deep.equal(turn);
    });
  }

  it('keeps every time that dueAfter chose, until it comes', () => {
    const reasons = [
      'PushAuthorized',
      'PushDenied',
      'RateLimited',
      'SecretNotFound',
      'SecretForbidden',
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...reasons),
        specs(),
        fc.integer({ min: 1, max: 40 }),
        fc.option(fc.integer({ min: SECOND, max: HOUR }), { nil: undefined }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (reason, spec, failures, retryAfterMs, share) => {
          const diagnosis = aDiagnosis({ reason, retryAfterMs });
          const dueMs = dueAfter(diagnosis, spec, UID, {
            failures,
            waitingSinceMs: undefined,
            nowMs: NOW_MS,
          });
          const stored = Math.floor((dueMs ?? 0) / SECOND) * SECOND;
          const check = visited({ nextProbeTime: new Date(stored).toISOString(), lastProbeTime: at(0) });
          const laterMs = NOW_MS + Math.floor((stored - NOW_MS) * share);
          expect(nextTurn(check, spec, laterMs)).to.deep.equal(
            stored <= laterMs ? run('Scheduled') : wait(stored - laterMs),
          );
        },
      ),
    );
  });
});

describe('dueAfter', () => {
  const slot = nextSlot(aSpec(), UID, NOW_MS);
  const daily = aSpec({ schedule: '30 7 * * *', timeZone: 'Europe/Berlin' });
  /** A check whose slot lies so far away that only the retries show. */
  const rare = aSpec({ intervalMs: 64 * HOUR });

  interface Row {
    readonly diagnosis: Partial<Diagnosis>;
    readonly spec?: CheckSpec;
    readonly failures?: number;
    readonly waitingMs?: number;
    /** Milliseconds from now, or the time itself. */
    readonly in?: number;
    readonly at?: number;
  }
  const rows: Readonly<Record<string, Row>> = {
    'success: the next slot': { diagnosis: {}, at: slot },
    'a definite refusal: the next slot, so that no account is locked': {
      diagnosis: { reason: 'CredentialsRejected' },
      failures: 7,
      at: slot,
    },
    'a verdict that a person has to make possible: the next slot': {
      diagnosis: { reason: 'RepositoryWouldBeCreated' },
      at: slot,
    },
    'first transient failure: the retry interval': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 1,
      in: MINUTE,
    },
    'second transient failure: twice that': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 2,
      in: 2 * MINUTE,
    },
    'a persistent failure is retried like a transient one': {
      diagnosis: { reason: 'UnexpectedResponse' },
      failures: 3,
      spec: rare,
      in: 4 * MINUTE,
    },
    'fifth transient failure: sixteen times that': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 5,
      spec: rare,
      in: 16 * MINUTE,
    },
    'many transient failures: the next slot': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 30,
      at: slot,
    },
    'more transient failures than numbers can double: the next slot': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 5_000,
      spec: rare,
      at: nextSlot(rare, UID, NOW_MS),
    },
    'a retry interval as long as the interval: the next slot': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 1,
      spec: aSpec({ retryIntervalMs: 600_000 }),
      at: Math.min(slot, NOW_MS + 600_000),
    },
    'Retry-After longer than the retry: not before it': {
      diagnosis: { reason: 'RateLimited', retryAfterMs: HOUR },
      failures: 1,
      in: HOUR,
    },
    'Retry-After shorter than the retry: the retry': {
      diagnosis: { reason: 'RateLimited', retryAfterMs: 5 * SECOND },
      failures: 1,
      in: MINUTE,
    },
    'Retry-After with a definite refusal: not before it': {
      diagnosis: { reason: 'LoginLocked', retryAfterMs: HOUR },
      in: HOUR,
    },
    'cron, success: 07:30 in Berlin, and up to a minute': {
      diagnosis: {},
      spec: daily,
      at: nextSlot(daily, UID, NOW_MS),
    },
    'cron, transient: the retry interval': {
      diagnosis: { reason: 'ConnectionReset' },
      spec: daily,
      failures: 1,
      in: MINUTE,
    },
    'cron, many transient failures: 10 minutes': {
      diagnosis: { reason: 'ConnectionReset' },
      spec: daily,
      failures: 9,
      in: 10 * MINUTE,
    },
    'Secret missing, nobody waits for it: a minute': {
      diagnosis: { reason: 'SecretNotFound' },
      in: MINUTE,
    },
    'Secret forbidden, nobody waits for it: 5 minutes': {
      diagnosis: { reason: 'SecretForbidden' },
      in: 5 * MINUTE,
    },
    'Secret missing, waited for since 2 minutes: a minute': {
      diagnosis: { reason: 'SecretNotFound' },
      waitingMs: 120 * SECOND,
      in: MINUTE,
    },
    'Secret forbidden, waited for since 2 minutes: 5 minutes': {
      diagnosis: { reason: 'SecretForbidden' },
      waitingMs: 120 * SECOND,
      in: 5 * MINUTE,
    },
    'Secret forbidden, first look: 2 s': {
      diagnosis: { reason: 'SecretForbidden' },
      waitingMs: 0,
      in: 2 * SECOND,
    },
    'Secret missing under cron: as without': {
      diagnosis: { reason: 'SecretNotFound' },
      spec: daily,
      waitingMs: 0,
      in: 2 * SECOND,
    },
    'a malformed Secret: the next slot': { diagnosis: { reason: 'SecretInvalid' }, at: slot },
  };
  for (const [name, row] of Object.entries(rows)) {
    it(name, () => {
      const { diagnosis, spec = aSpec(), failures = 1, waitingMs } = row;
      const waitingSinceMs = waitingMs === undefined ? undefined : NOW_MS - waitingMs;
      const due = dueAfter(aDiagnosis(diagnosis), spec, UID, { failures, waitingSinceMs, nowMs: NOW_MS });
      expect(due).to.equal(row.at ?? NOW_MS + (row.in ?? 0));
    });
  }

  it('never for a spec that cannot be run', () => {
    const times = { failures: 1, waitingSinceMs: undefined, nowMs: NOW_MS };
    expect(dueAfter(aDiagnosis({ reason: 'InvalidSpec' }), undefined, UID, times)).to.equal(undefined);
  });

  it('looks for a Secret that may come after 2, 5, 10, 20, 40, 60 and 120 s, then once a minute', () => {
    const looks: number[] = [];
    for (let nowMs = NOW_MS; looks.length < 9;) {
      const waitingSinceMs = nowMs - NOW_MS < 120 * SECOND ? NOW_MS : undefined;
      const diagnosis = aDiagnosis({ reason: 'SecretNotFound' });
      nowMs = dueAfter(diagnosis, aSpec(), UID, { failures: 1, waitingSinceMs, nowMs }) ?? Number.NaN;
      looks.push((nowMs - NOW_MS) / SECOND);
    }
    expect(looks).to.deep.equal([2, 5, 10, 20, 40, 60, 120, 180, 240]);
  });
});
