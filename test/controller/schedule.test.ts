import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  ANNOTATION,
  type RegistryPushCheck,
  type RegistryPushCheckStatus,
} from '../../src/api/registrypushcheck.ts';
import type { CheckSpec } from '../../src/api/validate.ts';
import type { Reason } from '../../src/check/reason.ts';
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

/** A check that was edited since its last probe, which ended with a reason. */
function refused(reason: Reason, probedMs: number): RegistryPushCheck {
  const conditions = [aCondition({ type: 'Ready', status: 'False', reason })];
  // What suspending the check, or a Secret that is missing for a while, leaves as it is.
  const result = reason === 'PushDenied' ? 'Passed' : reason === 'RateLimited' ? 'Unknown' : 'Refused';
  const lastProbe = { stages: [{ name: 'Authenticated', result }] };
  return aCheck({
    metadata: { generation: 4 },
    status: { conditions, lastProbe, lastProbeTime: at(probedMs) },
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
      'an edited check whose login was refused waits a little: each login more may lock the account',
      refused('CredentialsRejected', -4 * SECOND),
      wait(11 * SECOND),
    ],
    ['so it does after a 429', refused('RateLimited', -4 * SECOND), wait(11 * SECOND)],
    ['it is probed 15 s later', refused('CredentialsRejected', -15 * SECOND), run('SpecChanged')],
    ['it is probed where the clock was put back', refused('CredentialsRejected', HOUR), run('SpecChanged')],
    ['it is probed at once after another refusal', refused('PushDenied', -4 * SECOND), run('SpecChanged')],
    [
      'a check that is no longer suspended is probed',
      aCheck({ metadata: { generation: 4 }, status: { conditions: [aCondition({ type: 'Suspended' })] } }),
      run('SpecChanged'),
    ],
    ['a check whose time has come is probed', visited(due), run('Scheduled')],
    [
      'it is a retry where the last probe told nothing',
      visited({ ...due, transientFailures: 1, consecutiveFailures: 4 }),
      run('Retry'),
    ],
    [
      'it is no retry where the last probe was refused',
      visited({ ...due, transientFailures: 0, consecutiveFailures: 4 }),
      run('Scheduled'),
    ],
    ['a request comes before a retry', visited({ ...due, transientFailures: 1 }, 'now'), run('Requested')],
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
    ['a request of 256 characters is answered', visited(notDue, '🎉'.repeat(256)), run('Requested')],
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
    [
      'a spec that cannot be run waits to be changed',
      visited({ conditions: [aCondition({ type: 'Ready', status: 'False', reason: 'InvalidSpec' })] }),
      wait(undefined),
      'unusable',
    ],
    [
      'row 33: a spec that cannot be run is judged where it looks green',
      visited({}),
      run('Scheduled'),
      'unusable',
    ],
    [
      'row 33: a spec that cannot be run is judged where it looks green by the reason of a refusal',
      visited({ conditions: [aCondition({ type: 'Ready', status: 'True', reason: 'InvalidSpec' })] }),
      run('Scheduled'),
      'unusable',
    ],
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

describe('nextTurn after a probe whose result is not in status', () => {
  const edited = aCheck({ metadata: { generation: 4 }, status: { lastProbeTime: at(-HOUR) } });

  it('waits, whatever the object says', () => {
    expect(nextTurn(edited, aSpec(), NOW_MS, NOW_MS - 4 * SECOND)).to.deep.equal(wait(11 * SECOND));
    const asked = aCheck({
      metadata: { annotations: { [ANNOTATION.requestedAt]: '1' } },
      status: { lastProbeTime: at(-HOUR) },
    });
    expect(nextTurn(asked, aSpec(), NOW_MS, NOW_MS - 4 * SECOND)).to.deep.equal(wait(11 * SECOND));
    const fresh = aCheck({ status: { observedGeneration: -1 } });
    expect(nextTurn(fresh, aSpec(), NOW_MS, NOW_MS - 4 * SECOND)).to.deep.equal(wait(11 * SECOND));
  });

  it('runs once that is over', () => {
    expect(nextTurn(edited, aSpec(), NOW_MS, NOW_MS - 15 * SECOND)).to.deep.equal(run('FirstProbe'));
  });

  it('runs where the result is in status and the login was good', () => {
    const lastProbe = { stages: [{ name: 'Authenticated', result: 'Passed' }] };
    const done = aCheck({
      metadata: { generation: 4 },
      status: { lastProbe, lastProbeTime: at(-4 * SECOND) },
    });
    expect(nextTurn(done, aSpec(), NOW_MS, NOW_MS - 4.3 * SECOND)).to.deep.equal(run('FirstProbe'));
  });
});

describe('nextTurn with the verdict of another process', () => {
  const judged = (reason: string): ReturnType<typeof aCheck> =>
    aCheck({
      status: {
        conditions: [aCondition({ type: 'Ready', status: 'False', reason })],
        lastProbeTime: at(-HOUR),
        nextProbeTime: at(5 * 60 * SECOND),
      },
    });

  for (const reason of [
    'CredentialsNotBound',
    'EgressDenied',
    'InsecureTransportNotAllowed',
    'RegistryNotAllowed',
    'TLSVerificationFailed',
    'TokenRealmNotTrusted',
  ]) {
    it(`runs at once where ${reason} may rest on a configuration that is gone`, () => {
      expect(nextTurn(judged(reason), aSpec(), NOW_MS, undefined, false)).to.deep.equal(run('Restarted'));
      expect(nextTurn(judged(reason), aSpec(), NOW_MS, undefined, true)).to.deep.equal(wait(5 * 60 * SECOND));
    });
  }

  it('waits for its slot where no configuration has a say', () => {
    for (const reason of ['PushAuthorized', 'PushDenied', 'CredentialsRejected', 'SecretNotFound'])
      expect(nextTurn(judged(reason), aSpec(), NOW_MS, undefined, false), reason).to.deep.equal(
        wait(5 * 60 * SECOND),
      );
  });

  it('leaves the registry alone that was asked a moment ago', () => {
    expect(
      nextTurn(judged('TokenRealmNotTrusted'), aSpec(), NOW_MS, NOW_MS - 4 * SECOND, false),
    ).to.deep.equal(wait(11 * SECOND));
  });
});
