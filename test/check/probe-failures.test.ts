import { inspect } from 'node:util';
import { expect } from 'chai';
import { CANCEL_BUDGET_MS } from '../../src/check/cancel.ts';
import type { Step } from '../../src/check/observation.ts';
import {
  answer,
  drip,
  large,
  leaksOf,
  raw,
  reset,
  stall,
  token,
  type Reply,
  type Turn,
} from '../support/scripted-registry.ts';
import {
  LOGIN,
  openTable,
  PING,
  POST,
  TIMEOUT_MS,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

describe('probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  /** Each request of a probe that may fail: what goes before it, and its line. */
  const STEPS: readonly [step: Exclude<Step, 'cancel' | 'look'>, before: () => Turn[], asked: string][] = [
    ['ping', () => [], PING],
    ['login', () => [[PING, wantsBasic]], LOGIN],
    ['token', () => [[PING, table.wantsBearer()]], TOKEN],
    [
      'upload',
      () => [
        [PING, table.wantsBearer()],
        [TOKEN, token('t1')],
      ],
      `${POST} as Bearer t1`,
    ],
  ];

  describe('whose request fails', () => {
    type Reasons = Readonly<Record<Exclude<Step, 'cancel' | 'look'>, string>>;
    const same = (reason: string, ofTokens = reason): Reasons => ({
      ping: reason,
      login: reason,
      token: ofTokens,
      upload: reason,
    });
    const rows: readonly [name: string, reply: () => Reply, reasons: Reasons][] = [
      ['429', () => answer(429, { 'Retry-After': '7' }), same('RateLimited')],
      ['500', () => answer(500, {}, 'words'), same('RegistryUnavailable', 'TokenServiceFailed')],
      [
        '502 as a web page',
        () => answer(502, { 'Content-Type': 'text/html' }, '<html>'),
        same('RegistryUnavailable', 'TokenServiceFailed'),
      ],
      [
        '503 in gzip',
        () => answer(503, { 'Content-Encoding': 'gzip' }, 'no gzip'),
        same('RegistryUnavailable', 'TokenServiceFailed'),
      ],
      ['a reset', () => reset, same('ConnectionReset', 'TokenServiceFailed')],
      ['what is not HTTP', () => raw('garbage\r\n\r\n'), same('RegistryProtocolError', 'TokenServiceFailed')],
      ['a large body', () => large(70_000), same('RegistryProtocolError', 'TokenServiceFailed')],
      [
        'a 301',
        () => answer(301, { Location: `${table.elsewhere.url}/v2/` }),
        same('RedirectedElsewhere', 'TokenServiceFailed'),
      ],
      [
        'a 307',
        () => answer(307, { Location: `${table.elsewhere.url}/v2/` }),
        same('RedirectedElsewhere', 'TokenServiceFailed'),
      ],
      [
        'a 308 to http',
        () => answer(308, { Location: table.registry.url.replace('https:', 'http:') }),
        same('RedirectedElsewhere', 'TokenServiceFailed'),
      ],
      [
        'a 302 to a file',
        () => answer(302, { Location: 'file:///etc/passwd' }),
        same('RedirectedElsewhere', 'TokenServiceFailed'),
      ],
      ['a 302 to nowhere', () => answer(302), same('RedirectedElsewhere', 'TokenServiceFailed')],
    ];
    for (const [step, before, asked] of STEPS) {
      for (const [name, reply, reasons] of rows) {
        it(`finds ${reasons[step]} for ${name} at ${step}, and asks nothing more anywhere`, async () => {
          const { observation } = await table.run([...before(), [asked, reply()]]);
          expect(table.diagnose(observation).reason).to.equal(reasons[step]);
          expect(table.diagnose(observation).retryAfterMs).to.equal(name === '429' ? 7000 : undefined);
        });
      }

      for (const [name, reply] of [
        ['never comes', stall],
        ['drips', drip],
      ] as const) {
        it(`M1: names the step where the answer to ${step} ${name}`, async () => {
          const turns: Turn[] = [...before(), [asked, reply]];
          const { probed, clock } = table.start(turns);
          await table.registry.asked(turns.length);
          await clock.advance(TIMEOUT_MS);
          const { observation, durationMs, steps } = await probed;
          table.verify(turns, await probed);
          expect(observation).to.deep.equal({
            kind: 'NetworkFailed',
            step,
            failure: { kind: 'failed', cause: 'deadline' },
            ...(step === 'token' ? { realm: table.registry.url } : {}),
          });
          expect(durationMs).to.equal(TIMEOUT_MS);
          expect(steps.at(-1)).to.deep.equal({
            step,
            httpStatus: undefined,
            errorCode: undefined,
            durationMs: TIMEOUT_MS,
          });
          const words = {
            ping: '',
            login: 'with the login',
            token: `the token service ${table.registry.url} of`,
            upload: 'the upload request',
          };
          expect(table.diagnose(observation)).to.include({ reason: 'RegistryTimeout' });
          expect(table.diagnose(observation).message).to.include(words[step]);
        });
      }

      it(`throws the reason of its caller who aborts at ${step}`, async () => {
        const turns: Turn[] = [...before(), [asked, stall]];
        const { probed, abort, clock } = table.start(turns);
        const reason = new Error('shutdown');
        const thrown = probed.catch((error: unknown) => error);
        await table.registry.asked(turns.length);
        abort(reason);
        // An upload that was asked for may be open: its answer is waited for.
        if (step === 'upload') await clock.advance(CANCEL_BUDGET_MS);
        expect(await thrown).to.equal(reason);
        expect(leaksOf(inspect(await thrown, { depth: 9, showHidden: true }))).to.deep.equal([]);
        expect(table.registry.conversation).to.deep.equal(turns.map(([line]) => line));
      });
    }

    it('M1: gives all its requests one deadline', async () => {
      const slow: Reply = (response) => void setTimeout(() => wantsBasic(response), 0);
      const { probed, clock } = table.start([
        [PING, slow],
        [LOGIN, stall],
      ]);
      await table.registry.asked(1);
      await clock.advance(TIMEOUT_MS - 1);
      await table.registry.asked(2);
      await clock.advance(1);
      expect((await probed).observation).to.deep.include({ kind: 'NetworkFailed', step: 'login' });
    });

    it('leaves no timer and no socket behind', async () => {
      const { probed, clock } = table.start([[PING, answer(503)]]);
      await probed;
      expect(clock.sleeps).to.deep.equal([]);
      await table.registry.idle();
    });

    for (const [name, location] of [
      ['a path', () => '/artifactory/v2/'],
      ['a URL', () => `${table.registry.url}/artifactory/v2/`],
    ] as const) {
      it(`does not follow a redirect to another path of the same host, by ${name}, and says so`, async () => {
        const { observation } = await table.run([[PING, answer(301, { Location: location() })]]);
        const to = table.registry.url;
        expect(observation).to.deep.equal({ kind: 'Redirected', step: 'ping', to, within: true });
        const { reason, message } = table.diagnose(observation);
        expect(reason).to.equal('RedirectedElsewhere');
        expect(message).to.match(
          /to another path of the same host: spec\.registryUrl may lack a path prefix$/,
        );
      });
    }

    it('E1: shows no host of a redirect at which a registry could write sentences', async () => {
      const { observation } = await table.run([
        [PING, answer(302, { Location: 'https://call,0900-c4nary/' })],
      ]);
      expect(observation).to.deep.equal({ kind: 'Redirected', step: 'ping', to: undefined, within: false });
    });

    it('E1: keeps of a redirect the origin alone', async () => {
      const location = 'https://evil:pw@x.example:8443/login?session=c4nary#top';
      const { observation } = await table.run([[PING, answer(302, { Location: location })]]);
      expect(observation).to.deep.equal({
        kind: 'Redirected',
        step: 'ping',
        to: 'https://x.example:8443',
        within: false,
      });
    });
  });
});
