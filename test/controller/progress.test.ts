import { expect } from 'chai';
import { ANNOTATION, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import type { Observation } from '../../src/check/observation.ts';
import { find } from '../../src/controller/conditions.ts';
import { PROGRESS_AFTER_MS, progressingStatus } from '../../src/controller/progress.ts';
import { createRecent } from '../../src/controller/recent.ts';
import { reconcile, type Outcome } from '../../src/controller/reconcile.ts';
import { createReminders } from '../../src/controller/reminders.ts';
import { nextTurn, visitedGeneration } from '../../src/controller/schedule.ts';
import { createUnwritten } from '../../src/controller/unwritten.ts';
import { writeStatus } from '../../src/controller/write.ts';
import { ACCEPTED, aCheck, aCondition, anAnswer, aProbed, aSpec, at, NOW_MS } from '../support/builders.ts';
import { createFakeClock, settle, type FakeClock } from '../support/fake-clock.ts';
import { kubeError } from '../support/scripted-client.ts';
import { statusProblems } from '../support/status-schema.ts';
import { createOneCheckApi, type OneCheckApi } from './one-check-api.ts';
import { after, green, met } from './story.ts';

const SECOND = 1_000;
const SLOW = 5 * SECOND;
const UNREACHABLE = {
  kind: 'NetworkFailed',
  step: 'ping',
  failure: { kind: 'failed', cause: 'refused' },
} as const;
const REFUSED = {
  kind: 'UploadRefused',
  answer: anAnswer(403),
  login: 'proven',
  granted: undefined,
} as const;

/** A visit that goes on while a test moves the clock. */
interface Visiting {
  readonly clock: FakeClock;
  readonly api: OneCheckApi;
  readonly told: readonly string[];
  /** The check is edited, and whoever works on the old one is told to stop. */
  readonly edit: () => void;
  readonly ended: () => boolean;
  readonly outcome: Promise<Outcome | Error>;
}

interface Scene {
  readonly check: RegistryPushCheck;
  readonly takesMs: number;
  readonly meets?: Observation;
  /** How long the probe goes on after it was told to stop: it cancels its upload session. */
  readonly lingersMs?: number;
}

/** The operator begins a visit of `team/mirror` whose probe takes so long. */
function begin({ check, takesMs, meets = ACCEPTED, lingersMs = 0 }: Scene): Visiting {
  const clock = createFakeClock();
  clock.jump(NOW_MS - clock.now());
  const api = createOneCheckApi(check);
  const told: string[] = [];
  const interrupt = new AbortController();
  let seen = check;
  let isOver = false;
  const flush = new AbortController().signal;
  const outcome = reconcile(
    'team/mirror',
    {
      get: () => seen,
      readSecret: () => Promise.reject(new Error('no check here has a Secret')),
      secretVersion: () => Promise.resolve(undefined),
      identity: () => Promise.resolve(undefined),
      ask: async (_, signal) => {
        await clock.sleep(takesMs, signal).catch(async (error: unknown) => {
          if (lingersMs > 0) await clock.sleep(lingersMs, flush);
          throw error;
        });
        return { kind: 'answered', probed: aProbed(meets) };
      },
      write: async (on, rebase) => {
        const written = await writeStatus(api.client, on, rebase, flush);
        if (written.kind === 'written') seen = written.check;
        return written;
      },
      record: async (_, { type, reason, note }) => void told.push(`${type} ${reason}: ${note}`),
      forbids: () => undefined,
      unwritten: createUnwritten(),
      recent: createRecent(),
      reminders: createReminders(),
      showPrincipal: false,
      defaults: { intervalMs: 600_000, retryIntervalMs: 60_000 },
      clock,
    },
    interrupt.signal,
  )
    .catch((error: unknown) => error as Error)
    .finally(() => (isOver = true));
  const edit = (): void => {
    seen = api.edit();
    interrupt.abort(new Error('the check changed'));
  };
  return { clock, api, told, edit, ended: () => isOver, outcome };
}

/** Conditions in short: `Ready=True/PushAuthorized@3`. */
function conditions({ status }: RegistryPushCheck): readonly string[] {
  return (status?.conditions ?? []).map(
    ({ type, status: value, reason, observedGeneration }) =>
      `${type}=${value}/${reason}@${String(observedGeneration)}`,
  );
}

/** The check with another spec. */
function edited(check: RegistryPushCheck): RegistryPushCheck {
  return { ...check, metadata: { ...check.metadata, generation: check.metadata.generation + 1 } };
}

const created = aCheck({ status: { observedGeneration: -1 } });
const wasGreen = edited(after([green({ afterMs: -SLOW })]));
const wasRed = edited(after([met('PushDenied', { afterMs: -SLOW })]));
const STAGES = ['Reachable', 'Authenticated', 'PushAuthorized'];

describe('reconcile of a new generation', () => {
  it('writes the verdict alone where the probe takes no longer than a second', async () => {
    const { clock, api, outcome } = begin({ check: created, takesMs: PROGRESS_AFTER_MS - 1 });
    await clock.advance(SLOW);
    await outcome;
    expect(api.said).to.deep.equal(['PATCH 100 → 101']);
    expect(clock.sleeps).to.deep.equal([]);
  });

  it('says after a second that it is under way, and keeps the old generation', async () => {
    const { clock, api, told } = begin({ check: created, takesMs: SLOW });
    await clock.advance(PROGRESS_AFTER_MS);
    expect(conditions(api.stored)).to.deep.equal([
      'Ready=Unknown/Progressing@3',
      'Reconciling=True/Progressing@3',
    ]);
    expect(api.stored.status?.observedGeneration).to.equal(-1);
    expect(api.stored.status).to.not.have.any.keys('history', 'lastProbeTime', 'nextProbeTime');
    expect(told).to.deep.equal([]);
  });

  it('says so once, however long it takes, and then writes the verdict on it without a conflict', async () => {
    const { clock, api, told, outcome } = begin({ check: created, takesMs: 25 * SECOND });
    await clock.advance(30 * SECOND);
    expect(await outcome).to.have.property('requeueAfterMs');
    expect(api.said).to.deep.equal(['PATCH 100 → 101', 'PATCH 101 → 102']);
    expect(conditions(api.stored).slice(0, 2)).to.deep.equal([
      'Ready=True/PushAuthorized@3',
      'Reachable=True/RegistryResponded@3',
    ]);
    expect(api.stored.status?.observedGeneration).to.equal(3);
    expect(api.stored.status?.history?.map(({ ready }) => ready)).to.deep.equal(['True']);
    expect(told)
      .to.have.lengthOf(1)
      .and.to.match(/^Normal PushAuthorized: /);
  });

  it('goes on reconciling only where the result says so', async () => {
    const { clock, api } = begin({ check: created, takesMs: SLOW, meets: UNREACHABLE });
    await clock.advance(SLOW);
    expect(conditions(api.stored).slice(0, 2)).to.deep.equal([
      'Ready=Unknown/ConnectionRefused@3',
      'Reconciling=True/ProgressingWithRetry@3',
    ]);
  });

  it('withdraws what the old verdict said, and keeps the stages and the record', async () => {
    const { clock, api } = begin({ check: wasRed, takesMs: SLOW });
    await clock.advance(PROGRESS_AFTER_MS);
    const { status } = api.stored;
    expect(conditions(api.stored)).to.deep.equal([
      'Ready=Unknown/Progressing@4',
      'Reconciling=True/Progressing@4',
      ...STAGES.map((stage) => `${stage}=True/RegistryResponded@3`),
    ]);
    expect(status).to.not.have.any.keys('remediation', 'findings');
    const { observedGeneration, lastProbeTime, history, lastProbe } = wasRed.status ?? {};
    expect(status).to.deep.include({ observedGeneration, lastProbeTime, history, lastProbe });
  });

  it('tells of a recovery as if nothing had been in between', async () => {
    const { clock, told } = begin({ check: wasRed, takesMs: SLOW });
    await clock.advance(SLOW);
    expect(told).to.have.lengthOf(1);
    expect(told[0]).to.include(`it had failed since ${at(-SLOW)} (PushDenied)`);
  });

  it('tells nothing of a failure that stays, as without', async () => {
    const { clock, api, told } = begin({ check: wasRed, takesMs: SLOW, meets: REFUSED });
    await clock.advance(SLOW);
    expect(find(api.stored.status?.conditions, 'Ready')?.reason).to.equal('PushDenied');
    expect(told).to.deep.equal([]);
    expect(api.stored.status?.history).to.have.lengthOf(1);
  });

  describe('that is edited again', () => {
    it('writes nothing where the second is not over', async () => {
      const { clock, api, edit, outcome } = begin({ check: wasGreen, takesMs: SLOW });
      await clock.advance(PROGRESS_AFTER_MS - 1);
      edit();
      await clock.advance(SLOW);
      expect(await outcome).to.be.an('error');
      expect(api.said).to.deep.equal([]);
      expect(clock.sleeps).to.deep.equal([]);
    });

    it('writes nothing, though the probe goes on to cancel its session', async () => {
      const { clock, api, edit, ended } = begin({ check: wasGreen, takesMs: SLOW, lingersMs: SLOW });
      await clock.advance(PROGRESS_AFTER_MS - 1);
      edit();
      await clock.advance(SLOW - 1);
      expect(ended()).to.equal(false);
      await clock.advance(SLOW);
      expect(ended()).to.equal(true);
      expect(api.said).to.deep.equal([]);
    });

    it('writes nothing where the second is over in the same moment', async () => {
      const { clock, api, edit, outcome } = begin({ check: wasGreen, takesMs: SLOW });
      await clock.advance(PROGRESS_AFTER_MS - 1);
      const moved = clock.advance(1);
      edit();
      await moved;
      await outcome;
      expect(api.said).to.deep.equal([]);
    });

    it('writes nothing more where it was said', async () => {
      const { clock, api, edit, outcome } = begin({ check: wasGreen, takesMs: SLOW });
      await clock.advance(PROGRESS_AFTER_MS);
      edit();
      await clock.advance(SLOW);
      await outcome;
      expect(api.said).to.deep.equal(['PATCH 100 → 101']);
    });

    it('does not end before a write that is under way, which then has no effect', async () => {
      const { clock, api, edit, ended, outcome } = begin({ check: wasGreen, takesMs: SLOW });
      const release = api.hold();
      await clock.advance(PROGRESS_AFTER_MS);
      edit();
      await settle();
      expect(ended()).to.equal(false);
      release();
      await outcome;
      expect(api.said).to.deep.equal(['PATCH 100 → 409', 'GET']);
      expect(conditions(api.stored)[0]).to.equal('Ready=True/PushAuthorized@3');
    });
  });

  it('writes the verdict after what is under way, though it comes before', async () => {
    const { clock, api, outcome } = begin({ check: created, takesMs: PROGRESS_AFTER_MS + 1 });
    const release = api.hold();
    await clock.advance(SLOW);
    expect(api.said).to.deep.equal([]);
    release();
    await outcome;
    expect(api.said).to.deep.equal(['PATCH 100 → 101', 'PATCH 101 → 102']);
    expect(conditions(api.stored)[0]).to.equal('Ready=True/PushAuthorized@3');
  });

  it('writes the verdict where that could not be written', async () => {
    const { clock, api, outcome } = begin({ check: created, takesMs: SLOW });
    api.fail(kubeError(500));
    await clock.advance(SLOW);
    expect(await outcome).to.have.property('requeueAfterMs');
    expect(api.said.slice(1)).to.deep.equal(['PATCH 100 → 101']);
  });

  it('writes the verdict where the answer to that was lost', async () => {
    const { clock, api, outcome } = begin({ check: created, takesMs: SLOW });
    api.fail(kubeError(503), true);
    await clock.advance(SLOW);
    expect(await outcome).to.have.property('requeueAfterMs');
    expect(api.said.slice(1)).to.deep.equal(['PATCH 100 → 409', 'GET', 'PATCH 101 → 102']);
    expect(conditions(api.stored)).to.not.include('Reconciling=True/Progressing@3');
  });

  it('makes the visit anew where the operator crashed in between, and says nothing twice', async () => {
    const first = begin({ check: wasGreen, takesMs: SLOW });
    await first.clock.advance(PROGRESS_AFTER_MS);
    const { clock, api, outcome } = begin({ check: first.api.stored, takesMs: SLOW });
    await clock.advance(SLOW);
    await outcome;
    expect(api.said).to.deep.equal(['PATCH 101 → 102']);
    expect(api.stored.status?.lastProbe?.trigger).to.equal('SpecChanged');
  });
});

describe('reconcile of a generation that has a verdict', () => {
  const asked = { [ANNOTATION.requestedAt]: 'now' };
  const due = after([green({ afterMs: -20 * 60 * SECOND })]);
  const visits: Readonly<Record<string, RegistryPushCheck>> = {
    'that is due': due,
    'that somebody asks for': { ...due, metadata: { ...due.metadata, annotations: asked } },
    'that is a retry': after([
      green({ afterMs: -3600 * SECOND }),
      met('RateLimited', { afterMs: -1800 * SECOND }),
    ]),
  };
  for (const [name, check] of Object.entries(visits)) {
    it(`keeps it during a probe ${name}, however long that takes`, async () => {
      const { clock, api, outcome } = begin({ check, takesMs: SLOW });
      await clock.advance(SLOW - 1);
      expect(api.said).to.deep.equal([]);
      await clock.advance(1);
      await outcome;
      expect(api.said).to.deep.equal(['PATCH 100 → 101']);
    });
  }
});

describe('progressingStatus', () => {
  const checks: Readonly<Record<string, RegistryPushCheck>> = {
    'of a check without a status': aCheck(),
    'of a check that nobody visited': created,
    'of one that was green': wasGreen,
    'of one that was red': wasRed,
    'of one that waits for its Secret': edited(after([met('SecretNotFound')])),
    'of one that was suspended': edited(
      aCheck({ status: { conditions: [aCondition({ type: 'Suspended' })] } }),
    ),
  };
  for (const [name, check] of Object.entries(checks)) {
    it(`${name} keeps to the schema, is no visit, and is the same the second time`, () => {
      const status = progressingStatus(check, NOW_MS);
      expect(statusProblems(status)).to.deep.equal([]);
      expect(visitedGeneration(status)).to.equal(undefined);
      expect(nextTurn({ ...check, status }, aSpec(), NOW_MS).kind).to.equal('run');
      expect(progressingStatus({ ...check, status }, NOW_MS + SLOW)).to.deep.equal(status);
      expect(find(status.conditions, 'Suspended')).to.equal(undefined);
    });
  }

  it('leaves conditions of others as they are', () => {
    const theirs = aCondition({ type: 'example.com/Audited', observedGeneration: 1 });
    const list = [...(wasGreen.status?.conditions ?? []), theirs];
    const status = progressingStatus(
      { ...wasGreen, status: { ...wasGreen.status, conditions: list } },
      NOW_MS,
    );
    expect(status.conditions?.at(-1)).to.deep.equal(theirs);
  });

  it('is a first probe where no generation was settled, and another one where one was', () => {
    const trigger = (check: RegistryPushCheck): unknown => {
      const turn = nextTurn({ ...check, status: progressingStatus(check, NOW_MS) }, aSpec(), NOW_MS);
      return turn.kind === 'run' && turn.trigger;
    };
    expect(trigger(created)).to.equal('FirstProbe');
    expect(trigger(wasGreen)).to.equal('SpecChanged');
  });
});
