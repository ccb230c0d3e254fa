import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { CANCEL_BUDGET_MS } from '../../src/check/cancel.ts';
import type { NetworkCause } from '../../src/registry/failure.ts';
import { DRIPS, HOSTILE, type Hostile } from '../support/hostile-servers.ts';
import { answer, token, type Reply, type Turn } from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  LOGIN,
  openTable,
  PING,
  POST,
  TIMEOUT_MS,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from '../check/probe-table.ts';

/** A request that gets a hostile answer: what comes before and after it. */
interface At {
  readonly step: 'ping' | 'login' | 'token' | 'upload' | 'cancel' | 'manifest';
  readonly before: (table: ProbeTable) => readonly Turn[];
  readonly asked: string;
}

const MANIFEST = 'HEAD /v2/team/app/manifests/v1 as ci';
const pull = { repository: 'team/app', reference: 'v1' };

const loggedIn: readonly Turn[] = [
  [PING, wantsBasic],
  [LOGIN, answer(200)],
];
const opened: readonly Turn[] = [...loggedIn, [`${POST} as ci`, accepted]];

const STEPS: readonly At[] = [
  { step: 'ping', before: () => [], asked: PING },
  { step: 'login', before: () => [[PING, wantsBasic]], asked: LOGIN },
  { step: 'token', before: (table) => [[PING, table.wantsBearer()]], asked: TOKEN },
  {
    step: 'upload',
    before: (table) => [
      [PING, table.wantsBearer()],
      [TOKEN, token('t1')],
    ],
    asked: `${POST} as Bearer t1`,
  },
  { step: 'cancel', before: () => opened, asked: `${DELETE} as ci` },
  { step: 'manifest', before: () => [...opened, [`${DELETE} as ci`, answer(204)]], asked: MANIFEST },
];

const REASONS: Partial<Readonly<Record<NetworkCause | number, string>>> = {
  protocol: 'RegistryProtocolError',
  'body-too-large': 'RegistryProtocolError',
  reset: 'ConnectionReset',
  deadline: 'RegistryTimeout',
  503: 'RegistryUnavailable',
};

/** What a probe says of a hostile answer to this request. */
function reasonFor({ step }: At, expected: Hostile['expected']): string | undefined {
  // After the 202, nothing takes the verdict back.
  if (step === 'cancel' || step === 'manifest') return 'PushAuthorized';
  const ofTokens = step === 'token' && expected !== 'deadline';
  return ofTokens ? 'TokenServiceFailed' : REASONS[expected];
}

describe('probe of a hostile registry', function () {
  this.timeout(60_000);

  let table: ProbeTable;
  before(async () => {
    table = await openTable();
    // Packing the bombs takes memory of its own.
    for (const { reply } of HOSTILE) reply();
  });
  after(() => table.stop());

  const withPull = ({ step }: At): { readonly pull?: typeof pull } => (step === 'manifest' ? { pull } : {});

  for (const { name, rule, reply, expected } of HOSTILE) {
    for (const at of STEPS) {
      const needsDeadline = expected === 'deadline';
      const how = needsDeadline ? 'at the deadline' : 'without a deadline';
      it(`${rule}: ends ${how}, and asks nothing more, where ${at.step} gets ${name}`, async () => {
        const turns: readonly Turn[] = [...at.before(table), [at.asked, reply()]];
        const { probed, clock } = table.start(turns, withPull(at));
        await table.registry.asked(turns.length);
        if (needsDeadline) await clock.advance(at.step === 'cancel' ? CANCEL_BUDGET_MS : TIMEOUT_MS);
        const { observation } = await probed;
        table.verify(turns, await probed);
        expect(table.diagnose(observation).reason).to.equal(reasonFor(at, expected));
        if (at.step === 'cancel') expect(observation).to.include({ cleanup: 'Failed' });
        expect(clock.sleeps).to.deep.equal([]);
      });
    }
  }

  for (const [where, reply] of DRIPS) {
    for (const at of STEPS) {
      // The answer to a HEAD has no body.
      if (at.step === 'manifest' && where !== 'the status line' && where !== 'the headers') continue;
      it(`M1: ends at the deadline, by naming the step, where ${at.step} gets ${where} in drops`, async () => {
        const turns: readonly Turn[] = [...at.before(table), [at.asked, reply()]];
        const { probed, clock } = table.start(turns, withPull(at));
        await table.registry.asked(turns.length);
        const budget = at.step === 'cancel' ? CANCEL_BUDGET_MS : TIMEOUT_MS;
        await clock.advance(budget - 1);
        expect(clock.sleeps).to.not.deep.equal([]);
        await clock.advance(1);
        const { observation, pull: pulled, durationMs, steps } = await probed;
        table.verify(turns, await probed);
        expect(table.diagnose(observation).reason).to.equal(reasonFor(at, 'deadline'));
        const late = { step: at.step, failure: { kind: 'failed', cause: 'deadline' } };
        if (at.step === 'cancel') expect(observation).to.include({ cleanup: 'Failed' });
        else expect(at.step === 'manifest' ? pulled : observation).to.deep.include(late);
        // The cancel has numbers of its own, which nobody shows.
        if (at.step !== 'cancel')
          expect(steps.at(-1)).to.include({ step: at.step, httpStatus: undefined, durationMs: budget });
        expect(durationMs).to.equal(budget);
      });
    }
  }

  it('M2, M3: keeps nothing of what was thrown at it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const memory = (): number => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const bombs = HOSTILE.filter(
      ({ rule, name }) => rule !== 'M6' && /endless|without an end|200 MB/.test(name),
    );
    const round = async (): Promise<void> => {
      for (const { reply, expected } of bombs) {
        const { probed, clock } = table.start([[PING, reply()]]);
        await table.registry.asked(1);
        if (expected === 'deadline') await clock.advance(TIMEOUT_MS);
        await probed;
      }
      await table.registry.idle();
    };
    await round();
    const before = memory();
    for (let time = 0; time < 5; time += 1) await round();
    // Unpacked, one bomb alone is 200 MB; kept, what five rounds have sent is more than this, too.
    expect(memory() - before).to.be.below(20_000_000);
  });
});

describe('M2: the largest body that a probe reads', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  /** A token service's answer of so many bytes. */
  const tokenOf = (bytes: number): Reply => {
    const [start, end] = ['{"token":"t1","more":"', '"}'];
    const body = `${start}${'x'.repeat(bytes - start.length - end.length)}${end}`;
    return answer(200, { 'Content-Type': 'application/json' }, body);
  };

  it('is 64 KiB, and none of it is missing', async () => {
    const { observation } = await table.run([
      [PING, table.wantsBearer()],
      [TOKEN, tokenOf(65_536)],
      [`${POST} as Bearer t1`, accepted],
      [`${DELETE} as Bearer t1`, answer(204)],
    ]);
    expect(observation).to.include({ kind: 'UploadAccepted' });
  });

  for (const [name, bytes] of [
    ['one byte more', 65_537],
    ['10 MB', 10_000_000],
  ] as const) {
    it(`is not that of ${name}: no part of it is read`, async () => {
      const { observation } = await table.run([
        [PING, table.wantsBearer()],
        [TOKEN, tokenOf(bytes)],
      ]);
      expect(observation).to.deep.include({ failure: { kind: 'failed', cause: 'body-too-large' } });
      expect(table.diagnose(observation).reason).to.equal('TokenServiceFailed');
    });
  }
});
