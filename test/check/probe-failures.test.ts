import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Observation, Step } from '../../src/check/observation.ts';
import {
  answer,
  challenge,
  drip,
  large,
  leaksOf,
  raw,
  reset,
  stall,
  startScriptedRegistry,
  token,
  type Reply,
  type Turn,
} from '../support/scripted-registry.ts';
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
} from './probe-table.ts';

describe('probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  /** Each request of a probe that may fail: what goes before it, and its line. */
  const STEPS: readonly [step: Exclude<Step, 'cancel'>, before: () => Turn[], asked: string][] = [
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
    type Reasons = Readonly<Record<Exclude<Step, 'cancel'>, string>>;
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
        it(`names the step where the answer to ${step} ${name}`, async () => {
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
            token: 'token service',
            upload: 'the upload request',
          };
          expect(table.diagnose(observation)).to.include({ reason: 'RegistryTimeout' });
          expect(table.diagnose(observation).message).to.include(words[step]);
        });
      }

      it(`throws the reason of its caller who aborts at ${step}`, async () => {
        const turns: Turn[] = [...before(), [asked, stall]];
        const { probed, abort } = table.start(turns);
        const reason = new Error('shutdown');
        const thrown = probed.catch((error: unknown) => error);
        await table.registry.asked(turns.length);
        abort(reason);
        expect(await thrown).to.equal(reason);
        expect(leaksOf(inspect(await thrown, { depth: 9, showHidden: true }))).to.deep.equal([]);
        expect(table.registry.conversation).to.deep.equal(turns.map(([line]) => line));
      });
    }

    it('gives all its requests one deadline', async () => {
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

    it('leaves no timer behind', async () => {
      const { probed, clock } = table.start([[PING, answer(503)]]);
      await probed;
      expect(clock.sleeps).to.deep.equal([]);
    });
  });

  describe('and the Location of an accepted upload', () => {
    const enter = (location?: string): Turn[] => [
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [`${POST} as ci`, answer(202, location === undefined ? {} : { Location: location })],
    ];

    const elsewhere: readonly [name: string, location: () => string, kind: string, finding: string][] = [
      [
        'at another host',
        () => `${table.elsewhere.url}/v2/team/app/blobs/uploads/1`,
        'elsewhere',
        'UploadLocationElsewhere',
      ],
      [
        'at the metadata service',
        () => 'https://169.254.169.254/v2/',
        'elsewhere',
        'UploadLocationElsewhere',
      ],
      [
        'over http',
        () => `${table.registry.url.replace('https:', 'http:')}/v2/1`,
        'insecure',
        'UploadLocationInsecure',
      ],
    ];
    for (const [name, location, kind, finding] of elsewhere) {
      it(`cancels nothing ${name}, and says so`, async () => {
        const { observation } = await table.run(enter(location()));
        expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Failed', login: 'proven' });
        expect('location' in observation && observation.location.kind).to.equal(kind);
        const { reason, findings } = table.diagnose(observation);
        expect(reason).to.equal('PushAuthorized');
        expect(findings.map(({ type }) => type)).to.deep.equal([finding]);
      });
    }

    const missing: readonly [name: string, location: string | undefined][] = [
      ['is missing', undefined],
      ['is empty', ''],
      ['is no URL', 'https://exa mple/'],
      ['is in a file', 'file:///etc/passwd'],
      ['is outside the protocol', '/admin/delete?everything'],
    ];
    for (const [name, location] of missing) {
      it(`finds UnexpectedResponse where it ${name}, and cancels nothing`, async () => {
        const { observation } = await table.run(enter(location));
        expect(observation.kind).to.equal('UploadMalformed');
        expect(table.diagnose(observation).reason).to.equal('UnexpectedResponse');
      });
    }

    const here: readonly [name: string, location: () => string, asked: string][] = [
      ['is relative', () => '1?_state=s', DELETE],
      ['is a path', () => '/v2/team/app/blobs/uploads/1?_state=s', DELETE],
      ['is absolute', () => `${table.registry.url}/v2/team/app/blobs/uploads/1?_state=s`, DELETE],
      [
        'has a login in it',
        () => table.registry.url.replace('://', '://evil:pw@').concat('/v2/x'),
        'DELETE /v2/x',
      ],
      [
        'has 8 kB of state',
        () => `/v2/x?_state=${'s'.repeat(8000)}`,
        `DELETE /v2/x?_state=${'s'.repeat(8000)}`,
      ],
    ];
    for (const [name, location, asked] of here) {
      it(`cancels at it where it ${name}, and does not keep it`, async () => {
        const { observation } = await table.run([...enter(location()), [`${asked} as ci`, answer(204)]]);
        expect(observation).to.deep.include({ cleanup: 'Cancelled', location: { kind: 'here' } });
        expect(JSON.stringify(observation)).to.not.include('_state').and.not.include('evil');
      });
    }
  });

  describe('over plain http', () => {
    it('takes an https Location of an http registry for another host', async () => {
      const plain = await startScriptedRegistry();
      try {
        const { probed } = table.start([], { url: plain.url });
        plain.play([
          [PING, challenge('Basic realm="x"')],
          [LOGIN, answer(200)],
          [`${POST} as ci`, answer(202, { Location: `${plain.url.replace('http:', 'https:')}/v2/x` })],
        ]);
        const observation: Observation = (await probed).observation;
        expect(observation).to.deep.include({ location: { kind: 'elsewhere', host: plain.host } });
        expect(plain.conversation).to.deep.equal([PING, LOGIN, `${POST} as ci`]);
      } finally {
        await plain.stop();
      }
    });

    it('pushes and cancels', async () => {
      const plain = await startScriptedRegistry();
      try {
        const { probed } = table.start([], { url: plain.url, anonymous: true });
        plain.play([
          [PING, answer(200)],
          [POST, accepted],
          [DELETE, answer(204)],
        ]);
        expect((await probed).observation).to.include({ cleanup: 'Cancelled' });
      } finally {
        await plain.stop();
      }
    });
  });
});
