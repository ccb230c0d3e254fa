import { expect } from 'chai';
import type { StageVerdict } from '../../src/check/diagnose.ts';
import type { Probed } from '../../src/check/observation.ts';
import {
  answer,
  challenge,
  errors,
  reset,
  stall,
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
  PROOF,
  TIMEOUT_MS,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

const manifest = { repository: 'team/base', reference: 'v1' };
/** Asks for the manifest. */
const HEAD = 'HEAD /v2/team/base/manifests/v1';
/** Asks for the right to pull it. */
const PULL_TOKEN = 'GET /token?service=scripted&scope=repository:team/base:pull as ci';

const ok = answer(200, {}, '{}');
const refused = (status: number): Reply => answer(status, {}, errors('DENIED'));
const cancelled = answer(204);

function jwt(...actions: readonly string[]): string {
  const claims = { access: [{ type: 'repository', name: 'team/app', actions }] };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c4nary-signature`;
}

describe('probe and a manifest', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const stageOf = ({ observation, pull }: Probed): StageVerdict | undefined =>
    table.diagnose(observation, { manifest, pulled: pull }).pull;
  const short = (probed: Probed): string => {
    const { status, reason } = stageOf(probed) ?? {};
    return `${status}/${reason}`;
  };

  const pushedWithBasic = (): Turn[] => [
    [PING, wantsBasic],
    [LOGIN, ok],
    [`${POST} as ci`, accepted],
    [`${DELETE} as ci`, cancelled],
  ];
  const pushedWithToken = (value = 't1'): Turn[] => {
    const shown = value.length > 40 ? 'JWT' : value;
    return [
      [PING, table.wantsBearer()],
      [TOKEN, token(value)],
      [`${POST} as Bearer ${shown}`, accepted],
      [`${DELETE} as Bearer ${shown}`, cancelled],
    ];
  };

  describe('where the push is permitted', () => {
    it('asks for it after the cancel, with a token of its own', async () => {
      const probed = await table.run(
        [...pushedWithToken(), [PULL_TOKEN, token('t2')], [`${HEAD} as Bearer t2`, ok]],
        { pull: manifest },
      );
      expect(probed.observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
      expect(probed.pull).to.deep.equal({ kind: 'ManifestReadable' });
      expect(short(probed)).to.equal('True/ManifestReadable');
      expect(probed.steps.map(({ step }) => step)).to.deep.equal([
        'ping',
        'token',
        'upload',
        'pull-token',
        'manifest',
      ]);
    });

    it('asks with the token of the push where that may pull, in the same repository', async () => {
      const pull = { repository: 'team/app', reference: 'latest' };
      const probed = await table.run(
        [...pushedWithToken(jwt('pull', 'push')), ['HEAD /v2/team/app/manifests/latest as Bearer JWT', ok]],
        { pull },
      );
      expect(probed.pull).to.deep.equal({ kind: 'ManifestReadable' });
    });

    for (const [name, value, shown] of [
      ['cannot be read', 't1', 't1'],
      ['may not pull', jwt('push'), 'JWT'],
    ] as const) {
      it(`asks with another token in the same repository where that of the push ${name}`, async () => {
        const pull = { repository: 'team/app', reference: 'latest' };
        const turns: Turn[] = [
          ...pushedWithToken(value),
          ['GET /token?service=scripted&scope=repository:team/app:pull as ci', token('t2')],
          ['HEAD /v2/team/app/manifests/latest as Bearer t2', ok],
        ];
        expect(turns[2]?.[0]).to.equal(`${POST} as Bearer ${shown}`);
        expect((await table.run(turns, { pull })).pull).to.deep.equal({ kind: 'ManifestReadable' });
      });
    }

    it('does not ask where the Secret keeps the login to other repositories', async () => {
      const credential = { isFor: (repository: string) => repository === 'team/app' };
      const probed = await table.run(pushedWithToken(), { pull: manifest, credential });
      expect(probed.pull).to.deep.equal({ kind: 'NotItsRepository' });
      expect(short(probed)).to.equal('Unknown/CredentialsNotMatched');
    });

    it('does not take the token of the push to another repository, whatever it may', async () => {
      await table.run(
        [...pushedWithToken(jwt('pull', 'push')), [PULL_TOKEN, token('t2')], [`${HEAD} as Bearer t2`, ok]],
        { pull: manifest },
      );
    });

    it('asks with the Basic login', async () => {
      const probed = await table.run([...pushedWithBasic(), [`${HEAD} as ci`, ok]], { pull: manifest });
      expect(short(probed)).to.equal('True/ManifestReadable');
    });

    for (const [who, anonymous] of [
      ['', true],
      [' as ci', false],
    ] as const) {
      it(`asks an open registry as the upload was asked${who || ' by nobody'}`, async () => {
        const probed = await table.run(
          [
            [PING, ok],
            [`${POST}${who}`, accepted],
            [`${DELETE}${who}`, cancelled],
            [`${HEAD}${who}`, ok],
          ],
          { pull: manifest, anonymous },
        );
        expect(short(probed)).to.equal('True/ManifestReadable');
      });
    }

    it('asks for a token without a login where there is none', async () => {
      const probed = await table.run(
        [
          [PING, table.wantsBearer()],
          [TOKEN.replace(' as ci', ''), token('t1')],
          [`${POST} as Bearer t1`, accepted],
          [`${DELETE} as Bearer t1`, cancelled],
          [PULL_TOKEN.replace(' as ci', ''), token('t2')],
          [`${HEAD} as Bearer t2`, ok],
        ],
        { pull: manifest, anonymous: true },
      );
      expect(short(probed)).to.equal('True/ManifestReadable');
    });

    it('asks by digest', async () => {
      const reference = `sha256:${'0'.repeat(64)}`;
      await table.run([...pushedWithBasic(), [`HEAD /v2/team/base/manifests/${reference} as ci`, ok]], {
        pull: { repository: 'team/base', reference },
      });
    });
  });

  describe('where the push is refused', () => {
    it('asks with a token of its own where the login is good', async () => {
      const probed = await table.run(
        [
          [PING, table.wantsBearer()],
          [TOKEN, token('t1')],
          [`${POST} as Bearer t1`, refused(403)],
          [PROOF, token('t2')],
          [PULL_TOKEN, token('t3')],
          [`${HEAD} as Bearer t3`, ok],
        ],
        { pull: manifest },
      );
      expect(table.diagnose(probed.observation).reason).to.equal('PushDenied');
      expect(short(probed)).to.equal('True/ManifestReadable');
    });

    it('asks with the Basic login', async () => {
      const probed = await table.run(
        [
          [PING, wantsBasic],
          [LOGIN, ok],
          [`${POST} as ci`, refused(403)],
          [`${HEAD} as ci`, refused(403)],
        ],
        { pull: manifest },
      );
      expect(table.diagnose(probed.observation).reason).to.equal('PushDenied');
      expect(short(probed)).to.equal('False/PullDenied');
    });

    it('asks where the token service gave a good login no token to push with', async () => {
      const probed = await table.run(
        [
          [PING, table.wantsBearer()],
          [TOKEN, answer(403)],
          [PROOF, token('t1')],
          [PULL_TOKEN, token('t2')],
          [`${HEAD} as Bearer t2`, ok],
        ],
        { pull: manifest },
      );
      expect(table.diagnose(probed.observation).reason).to.equal('PushDenied');
      expect(short(probed)).to.equal('True/ManifestReadable');
    });

    it('asks where it stays open whether the login is good, as a token was granted', async () => {
      const probed = await table.run(
        [
          [PING, table.wantsBearer()],
          [TOKEN, token('t1')],
          [`${POST} as Bearer t1`, refused(403)],
          [PROOF, answer(400)],
          [PULL_TOKEN, token('t2')],
          [`${HEAD} as Bearer t2`, ok],
        ],
        { pull: manifest },
      );
      expect(table.diagnose(probed.observation).reason).to.equal('PushUnauthorized');
      expect(short(probed)).to.equal('True/ManifestReadable');
    });

    it('asks where the upload got no answer', async () => {
      const probed = await table.run(
        [
          [PING, wantsBasic],
          [LOGIN, ok],
          [`${POST} as ci`, reset],
          [`${HEAD} as ci`, ok],
        ],
        { pull: manifest },
      );
      expect(probed.observation).to.include({ kind: 'NetworkFailed', step: 'upload' });
      expect(short(probed)).to.equal('True/ManifestReadable');
    });

    it('asks nothing more of a registry that asked for fewer requests, and says so', async () => {
      const probed = await table.run(
        [
          [PING, wantsBasic],
          [LOGIN, ok],
          [`${POST} as ci`, answer(429, { 'Retry-After': '7' })],
        ],
        { pull: manifest },
      );
      expect(short(probed)).to.equal('Unknown/RateLimited');
    });
  });

  describe('where there is no access', () => {
    const invalid = (): Reply => table.wantsBearer(',error="invalid_token"');
    const rows: readonly [name: string, turns: () => Turn[], anonymous: boolean, stage: string][] = [
      ['the registry fails', () => [[PING, answer(503)]], false, 'Reachable'],
      ['the registry is none', () => [[PING, answer(404)]], false, 'Reachable'],
      ['a login is wanted and there is none', () => [[PING, wantsBasic]], true, 'Authenticated'],
      [
        'the Basic login is refused',
        () => [
          [PING, wantsBasic],
          [LOGIN, wantsBasic],
        ],
        false,
        'Authenticated',
      ],
      [
        'the token service refuses the login',
        () => [
          [PING, table.wantsBearer()],
          [TOKEN, answer(401)],
          [PROOF, answer(401)],
        ],
        false,
        'Authenticated',
      ],
      [
        'the token service refuses, and nobody knows why',
        () => [
          [PING, table.wantsBearer()],
          [TOKEN, answer(403)],
          [PROOF, answer(400)],
        ],
        false,
        'Authenticated',
      ],
      [
        'the token service fails',
        () => [
          [PING, table.wantsBearer()],
          [TOKEN, answer(500)],
        ],
        false,
        'Authenticated',
      ],
      [
        'the login turns out to be wrong after the upload',
        () => [
          [PING, table.wantsBearer()],
          [TOKEN, token('t1')],
          [`${POST} as Bearer t1`, refused(401)],
          [PROOF, answer(401)],
        ],
        false,
        'Authenticated',
      ],
      [
        'the registry refuses the tokens of its own service',
        () => [
          [PING, table.wantsBearer()],
          [TOKEN, token('t1')],
          [`${POST} as Bearer t1`, invalid()],
          [TOKEN, token('t2')],
          [`${POST} as Bearer t2`, invalid()],
        ],
        false,
        'Authenticated',
      ],
      [
        'the upload wants a login and there is none',
        () => [
          [PING, ok],
          [POST, wantsBasic],
        ],
        true,
        'Authenticated',
      ],
    ];
    for (const [name, turns, anonymous, stage] of rows) {
      it(`asks for nothing where ${name}`, async () => {
        const probed = await table.run(turns(), { pull: manifest, anonymous });
        expect(probed.pull).to.deep.equal({ kind: 'NoAccess' });
        expect(stageOf(probed)).to.deep.equal({
          status: 'Unknown',
          reason: 'PreviousStageFailed',
          message: `${stage} comes first`,
        });
      });
    }
  });

  describe('and what it gets', () => {
    const answers: readonly [name: string, reply: () => Reply, stage: string][] = [
      ['a 200', () => ok, 'True/ManifestReadable'],
      ['a 204', () => answer(204), 'True/ManifestReadable'],
      ['a web page', () => answer(200, { 'Content-Type': 'text/html' }), 'Unknown/UnexpectedResponse'],
      ['a 404', () => answer(404), 'Unknown/ManifestNotFound'],
      ['a 401', () => wantsBasic, 'False/PullDenied'],
      ['a 403', () => refused(403), 'False/PullDenied'],
      ['invalid_token', () => challenge('Bearer error="invalid_token"'), 'Unknown/TokenRefused'],
      ['a 429', () => answer(429, { 'Retry-After': '7' }), 'Unknown/RateLimited'],
      ['a 500', () => answer(500), 'Unknown/RegistryUnavailable'],
      ['a 405', () => answer(405), 'Unknown/UnexpectedResponse'],
      ['a 307', () => answer(307, { Location: table.elsewhere.url }), 'Unknown/RedirectedElsewhere'],
      ['no answer', () => reset, 'Unknown/ConnectionReset'],
    ];
    for (const [name, reply, stage] of answers) {
      it(`finds ${stage} for ${name}, asks nothing more and leaves the verdict alone`, async () => {
        const probed = await table.run([...pushedWithBasic(), [`${HEAD} as ci`, reply()]], {
          pull: manifest,
        });
        expect(short(probed)).to.equal(stage);
        const asked = { manifest, pulled: probed.pull };
        const { pull, ...verdict } = table.diagnose(probed.observation, asked);
        expect(pull).not.to.equal(undefined);
        expect({ ...verdict, pull: undefined }).to.deep.equal(table.diagnose(probed.observation));
        expect(verdict).to.include({ reason: 'PushAuthorized', retryAfterMs: undefined });
      });
    }

    const tokens: readonly [name: string, reply: () => Reply, stage: string][] = [
      ['a 401', () => answer(401), 'False/PullDenied'],
      ['a 403', () => answer(403), 'False/PullDenied'],
      ['a 429', () => answer(429), 'Unknown/RateLimited'],
      ['a 500', () => answer(500), 'Unknown/TokenServiceFailed'],
      ['a 404', () => answer(404), 'Unknown/TokenServiceFailed'],
      ['no token', () => ok, 'Unknown/TokenServiceFailed'],
      ['a 302', () => answer(302, { Location: table.elsewhere.url }), 'Unknown/TokenServiceFailed'],
      ['no answer', () => reset, 'Unknown/TokenServiceFailed'],
    ];
    for (const [name, reply, stage] of tokens) {
      it(`finds ${stage} where the token service gives ${name} for it, and asks nothing more`, async () => {
        const probed = await table.run([...pushedWithToken(), [PULL_TOKEN, reply()]], { pull: manifest });
        expect(short(probed)).to.equal(stage);
        expect(table.diagnose(probed.observation).reason).to.equal('PushAuthorized');
      });
    }
  });

  describe('and time', () => {
    it('ends the request for it at the deadline of the probe', async () => {
      const turns: Turn[] = [...pushedWithBasic(), [`${HEAD} as ci`, stall]];
      const { probed, clock } = table.start(turns, { pull: manifest });
      await table.registry.asked(turns.length);
      await clock.advance(TIMEOUT_MS);
      const found = await probed;
      table.verify(turns, found);
      expect(found.observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
      expect(short(found)).to.equal('Unknown/RegistryTimeout');
      expect(found.durationMs).to.equal(TIMEOUT_MS);
    });

    it('cancels the upload first, whatever that takes', async () => {
      const turns: Turn[] = [
        [PING, wantsBasic],
        [LOGIN, ok],
        [`${POST} as ci`, accepted],
        [`${DELETE} as ci`, stall],
        [`${HEAD} as ci`, ok],
      ];
      const { probed, clock } = table.start(turns, { pull: manifest });
      await table.registry.asked(4);
      expect(table.registry.conversation).to.have.length(4);
      await clock.advance(5_000);
      const found = await probed;
      table.verify(turns, found);
      expect(found.observation).to.include({ cleanup: 'Failed' });
      expect(short(found)).to.equal('True/ManifestReadable');
    });

    for (const [name, turns] of [
      ['during the request for it', () => [...pushedWithBasic(), [`${HEAD} as ci`, stall]]],
      ['during the request for its token', () => [...pushedWithToken(), [PULL_TOKEN, stall]]],
    ] satisfies [string, () => Turn[]][]) {
      it(`keeps the answer about the push where the caller aborts ${name}`, async () => {
        const script = turns();
        const { probed, abort, clock } = table.start(script, { pull: manifest });
        await table.registry.asked(script.length);
        abort(new Error('shutdown'));
        const found = await probed;
        table.verify(script, found);
        expect(found.observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
        expect(found.pull).to.equal(undefined);
        expect(short(found)).to.equal('Unknown/NotProbed');
        expect(clock.sleeps).to.deep.equal([]);
      });
    }

    it('asks for nothing where the caller aborted during the cancel, and keeps the answer', async () => {
      let end = (): void => undefined;
      const turns: Turn[] = [
        [PING, wantsBasic],
        [LOGIN, ok],
        [`${POST} as ci`, accepted],
        [`${DELETE} as ci`, (response) => void (end = () => cancelled(response))],
      ];
      const { probed, abort } = table.start(turns, { pull: manifest });
      await table.registry.asked(4);
      abort(new Error('shutdown'));
      end();
      const found = await probed;
      table.verify(turns, found);
      expect(found.observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
      expect(found.pull).to.equal(undefined);
    });
  });
});
