import { expect } from 'chai';
import {
  answer,
  CANARY,
  challenge,
  errors,
  token,
  type Reply,
  type Turn,
} from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  openTable,
  PING,
  POST,
  PROOF,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

const refused = (status: number, ...codes: readonly string[]): Reply => answer(status, {}, errors(...codes));
const cancelled = answer(204);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  describe('of a registry with tokens', () => {
    const enter = (): Turn[] => [
      [PING, table.wantsBearer()],
      [TOKEN, token('t1')],
    ];

    it('B6: pushes with four requests, and asks for its own scope alone', async () => {
      const { observation, scheme } = await table.run([
        ...enter(),
        [`${POST} as Bearer t1`, accepted],
        [`${DELETE} as Bearer t1`, cancelled],
      ]);
      expect(observation).to.deep.equal({
        kind: 'UploadAccepted',
        login: 'proven',
        location: { kind: 'here' },
        cleanup: 'Cancelled',
      });
      expect(scheme).to.equal('bearer');
    });

    it('prefers tokens where Basic is offered as well', async () => {
      const both = challenge(
        'Basic realm="scripted"',
        `Negotiate, Bearer realm="${table.registry.url}/token",service="scripted"`,
      );
      const { scheme } = await table.run([
        [PING, both],
        [TOKEN, token('t1')],
        [`${POST} as Bearer t1`, accepted],
        [`${DELETE} as Bearer t1`, cancelled],
      ]);
      expect(scheme).to.equal('bearer');
    });

    it('takes a token without a login where there is none', async () => {
      const { observation } = await table.run(
        [
          [PING, table.wantsBearer()],
          [TOKEN.replace(' as ci', ''), token('t1')],
          [`${POST} as Bearer t1`, accepted],
          [`${DELETE} as Bearer t1`, cancelled],
        ],
        { anonymous: true },
      );
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'none' });
    });

    it('proves the login once where the upload is refused, and finds PushDenied', async () => {
      const { observation } = await table.run([
        ...enter(),
        [`${POST} as Bearer t1`, table.wantsBearer(',error="insufficient_scope"')],
        [PROOF, token('t2')],
      ]);
      expect(observation).to.deep.include({ kind: 'UploadRefused', login: 'proven' });
      expect(table.diagnose(observation).reason).to.equal('PushDenied');
    });

    it('says which right the token lacks, and shows nothing else of it', async () => {
      const claims = {
        sub: 'c4nary-sub',
        access: [{ type: 'repository', name: 'team/app', actions: ['pull'] }],
      };
      const jwt = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c4nary-signature`;
      const { observation } = await table.run([
        [PING, table.wantsBearer()],
        [TOKEN, token(jwt)],
        [`${POST} as Bearer JWT`, table.wantsBearer()],
        [PROOF, token('t2')],
      ]);
      const { reason, message } = table.diagnose(observation);
      expect([reason, message]).to.deep.equal([
        'PushDenied',
        `the login is good, but ${table.registry.host} refuses it the push to team/app (401): granted: pull; missing: push`,
      ]);
      expect(JSON.stringify(observation)).to.not.include('c4nary');
    });

    it('keeps no words of the registry', async () => {
      const wordy = {
        'WWW-Authenticate': 'Bearer error="c4nary",error_description="c4nary"',
        'Content-Type': 'c4nary/x',
      };
      const { observation } = await table.run([
        ...enter(),
        [`${POST} as Bearer t1`, answer(401, wordy, errors('C4NARY', 'DENIED'))],
        [PROOF, token('c4nary')],
      ]);
      expect(observation).to.deep.equal({
        kind: 'UploadRefused',
        answer: {
          status: 401,
          codes: ['DENIED'],
          html: false,
          tokenError: undefined,
          phrase: undefined,
          retryAfterMs: undefined,
        },
        login: 'proven',
        granted: undefined,
      });
    });

    const proofs: readonly [name: string, reply: Reply, login: string, reason: string][] = [
      ['a token', token('t2'), 'proven', 'PushDenied'],
      ['an access_token', answer(200, {}, '{"access_token":"t2"}'), 'proven', 'PushDenied'],
      ['a 401', answer(401), 'disproven', 'CredentialsRejected'],
      ['the password as a token', token(CANARY), 'unknown', 'PushUnauthorized'],
      ['the password within a token', token(`x.${CANARY}.y`), 'unknown', 'PushUnauthorized'],
      ['the password in base64, as GHCR does', token(base64(CANARY)), 'unknown', 'PushUnauthorized'],
      ['user name and password in base64', token(base64(`ci:${CANARY}`)), 'unknown', 'PushUnauthorized'],
      ['the user name in base64', token(base64('ci')), 'proven', 'PushDenied'],
      ['a 200 without a token', answer(200, {}, '{}'), 'unknown', 'PushUnauthorized'],
      ['a 403', answer(403), 'unknown', 'PushUnauthorized'],
      ['a 400: it wants a scope', answer(400), 'unknown', 'PushUnauthorized'],
      ['a 429', answer(429), 'unknown', 'PushUnauthorized'],
      ['a redirect', answer(302, { Location: '/login' }), 'unknown', 'PushUnauthorized'],
      ['no answer', (response) => response.socket?.destroy(), 'unknown', 'PushUnauthorized'],
    ];
    for (const status of [401, 403]) {
      for (const [name, reply, login, reason] of proofs) {
        it(`finds ${reason} where the upload gets a ${status} and the proof ${name}`, async () => {
          const { observation } = await table.run([
            ...enter(),
            [`${POST} as Bearer t1`, refused(status, 'DENIED')],
            [PROOF, reply],
          ]);
          expect(observation).to.deep.include({ kind: 'UploadRefused', login });
          expect(table.diagnose(observation).reason).to.equal(reason);
        });

        it(`finds ${reason} where the token service answers ${status} and the proof gets ${name}`, async () => {
          const { observation } = await table.run([
            [PING, table.wantsBearer()],
            [TOKEN, answer(status)],
            [PROOF, reply],
          ]);
          expect(observation).to.deep.include({ kind: 'TokenDenied', login });
          expect(table.diagnose(observation).reason).to.equal(reason);
        });
      }
    }

    it('takes no short password for an echo: it may stand in any token', async () => {
      const password = 'abcdefg';
      const other = (line: string): string => `${line} with another password`;
      const { observation } = await table.run(
        [
          [PING, table.wantsBearer()],
          [other(TOKEN), answer(401)],
          [other(PROOF), token(`x${password}y`)],
        ],
        { password },
      );
      expect(observation).to.deep.include({ kind: 'TokenDenied', login: 'proven' });
    });

    it('B1: takes a Basic challenge after a token for a refusal and sends the login nowhere else', async () => {
      const { observation } = await table.run([
        ...enter(),
        [`${POST} as Bearer t1`, wantsBasic],
        [PROOF, token('t2')],
      ]);
      expect(table.diagnose(observation).reason).to.equal('PushDenied');
    });

    it('takes one more token where the first is called invalid, and no third one', async () => {
      const invalid = table.wantsBearer(',error="invalid_token"');
      const { observation } = await table.run([
        ...enter(),
        [`${POST} as Bearer t1`, invalid],
        [TOKEN, token('t2')],
        [`${POST} as Bearer t2`, invalid],
      ]);
      expect(table.diagnose(observation).reason).to.equal('TokenRefused');
    });

    it('pushes with the second token where the first was called invalid', async () => {
      const { observation } = await table.run([
        ...enter(),
        [`${POST} as Bearer t1`, table.wantsBearer(',error="invalid_token"')],
        [TOKEN, token('t2')],
        [`${POST} as Bearer t2`, accepted],
        [`${DELETE} as Bearer t2`, cancelled],
      ]);
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
    });

    it('B5: sends no second login to a realm that the second challenge names elsewhere', async () => {
      const { observation } = await table.run([
        ...enter(),
        [
          `${POST} as Bearer t1`,
          challenge(`Bearer realm="${table.elsewhere.url}/token",error="invalid_token"`),
        ],
      ]);
      expect(observation).to.deep.equal({
        kind: 'RealmNotTrusted',
        why: 'address',
        realm: table.elsewhere.url,
      });
    });

    for (const status of [401, 403]) {
      it(`wants a login where the token service answers ${status} to nobody`, async () => {
        const { observation } = await table.run(
          [
            [PING, table.wantsBearer()],
            [TOKEN.replace(' as ci', ''), answer(status)],
          ],
          { anonymous: true },
        );
        expect(observation).to.deep.equal({ kind: 'LoginWanted' });
      });
    }

    const unusable: readonly [name: string, body: string, problem: string][] = [
      ['a web page', '<html></html>', 'not-json'],
      ['nothing', '', 'not-json'],
      ['no token', '{}', 'no-token'],
      ['a number', '{"token":1}', 'malformed-token'],
      ['a newline in the token', '{"token":"a\\nb"}', 'malformed-token'],
    ];
    for (const [name, body, problem] of unusable) {
      it(`finds TokenServiceFailed where the token service sends ${name}`, async () => {
        const { observation } = await table.run([
          [PING, table.wantsBearer()],
          [TOKEN, answer(200, {}, body)],
        ]);
        expect(observation).to.deep.equal({ kind: 'TokenUnusable', problem, realm: table.registry.url });
        expect(table.diagnose(observation).message).to.include(`token service ${table.registry.url} of`);
        expect(table.diagnose(observation).reason).to.equal('TokenServiceFailed');
      });
    }
  });
});
