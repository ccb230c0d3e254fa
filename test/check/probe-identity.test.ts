import { expect } from 'chai';
import { Secret } from '../../src/registry/secret.ts';
import { answer, CANARY, challenge, token, type Reply, type Turn } from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  LOGIN,
  openTable,
  PING,
  POST,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

const IDENTITY = 'c4nary.identity';
const form = (scope: string): string =>
  `POST /token with grant_type=refresh_token&client_id=registry-push-check&service=scripted${scope}&refresh_token=${IDENTITY}`;
const EXCHANGE = form('&scope=repository:team/app:pull,push');
const PROOF = form('');
const DELETE_TOKEN = form('&scope=repository:team/app:delete');
const PULL_TOKEN = form('&scope=repository:team/app:pull');

const identity = { kind: 'identity', token: new Secret(IDENTITY), beside: undefined } as const;
const alone = { credential: { login: identity } };
const beside = { kind: 'password', username: 'ci', password: new Secret(CANARY) } as const;
const withPassword = { credential: { login: { ...identity, beside } } };

const cancelled = answer(204);
const oauth = (status: number, error: string): Reply => answer(status, {}, JSON.stringify({ error }));
const granted = answer(200, {}, JSON.stringify({ access_token: 't1', refresh_token: 'other' }));

describe('probe with an identity token', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());
  afterEach(() => {
    // It stands in a body, to a token service, and nowhere else.
    expect(JSON.stringify(table.registry.rawHeaders)).to.not.include('c4nary');
  });

  const pushed = (as = 't1'): Turn[] => [
    [`${POST} as Bearer ${as}`, accepted],
    [`${DELETE} as Bearer ${as}`, cancelled],
  ];

  it('exchanges it for a token, in a form', async () => {
    const { observation, steps, scheme } = await table.run(
      [[PING, table.wantsBearer()], [EXCHANGE, granted], ...pushed()],
      alone,
    );
    expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven', cleanup: 'Cancelled' });
    expect(scheme).to.equal('bearer');
    expect(JSON.stringify({ observation, steps })).to.not.include('c4nary');
  });

  it('exchanges it again for the right to cancel, and for a pull', async () => {
    const { observation, pull } = await table.run(
      [
        [PING, table.wantsBearer()],
        [EXCHANGE, granted],
        [`${POST} as Bearer t1`, accepted],
        [`${DELETE} as Bearer t1`, answer(401)],
        [DELETE_TOKEN, token('t2')],
        [`${DELETE} as Bearer t2`, cancelled],
        [PULL_TOKEN, token('t3')],
        ['HEAD /v2/team/app/manifests/v1 as Bearer t3', answer(200)],
      ],
      { ...alone, pull: { repository: 'team/app', reference: 'v1' } },
    );
    expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
    expect(pull).to.deep.equal({ kind: 'ManifestReadable' });
  });

  type Row = readonly [name: string, first: Reply, proof: Reply | undefined, login: string, reason: string];
  const rows: readonly Row[] = [
    ['invalid_grant', oauth(400, 'invalid_grant'), undefined, 'disproven', 'CredentialsRejected'],
    ['another 400', oauth(400, 'invalid_request'), undefined, 'unknown', 'TokenServiceFailed'],
    ['a 401, and again without a scope', answer(401), answer(401), 'disproven', 'CredentialsRejected'],
    [
      'a 401, then invalid_grant',
      answer(401),
      oauth(400, 'invalid_grant'),
      'disproven',
      'CredentialsRejected',
    ],
    ['a 401, then a token', answer(401), granted, 'proven', 'PushDenied'],
    ['a 403, then itself', answer(403), token(`x.${IDENTITY}`), 'unknown', 'PushUnauthorized'],
    ['a 500', answer(500), undefined, 'unknown', 'TokenServiceFailed'],
  ];
  for (const [name, first, proof, login, reason] of rows) {
    it(`finds ${reason} where the token service answers with ${name}`, async () => {
      const { observation } = await table.run(
        [
          [PING, table.wantsBearer()],
          [EXCHANGE, first],
          ...(proof === undefined ? [] : [[PROOF, proof] as const]),
        ],
        alone,
      );
      expect(observation).to.include({ kind: 'TokenDenied', login });
      expect(table.diagnose(observation).reason).to.equal(reason);
    });
  }

  it('proves it without a scope where the upload is refused', async () => {
    const { observation } = await table.run(
      [
        [PING, table.wantsBearer()],
        [EXCHANGE, granted],
        [`${POST} as Bearer t1`, answer(403)],
        [PROOF, granted],
      ],
      alone,
    );
    expect(observation).to.include({ kind: 'UploadRefused', login: 'proven' });
  });

  for (const status of [404, 405]) {
    it(`uses the password beside it where the service answers ${status}, and from then on`, async () => {
      const { observation } = await table.run(
        [
          [PING, table.wantsBearer()],
          [EXCHANGE, answer(status)],
          [TOKEN, token('t1')],
          [`${POST} as Bearer t1`, answer(403)],
          ['GET /token?service=scripted as ci', token('t2')],
        ],
        withPassword,
      );
      expect(observation).to.include({ kind: 'UploadRefused', login: 'proven' });
    });

    it(`wants a password where the service answers ${status} and there is none`, async () => {
      const { observation } = await table.run(
        [
          [PING, table.wantsBearer()],
          [EXCHANGE, answer(status)],
        ],
        alone,
      );
      expect(observation).to.deep.equal({ kind: 'PasswordWanted', identity: true });
    });
  }

  it('does not use the password beside it after a refusal', async () => {
    const { observation } = await table.run(
      [
        [PING, table.wantsBearer()],
        [EXCHANGE, answer(401)],
        [PROOF, answer(401)],
      ],
      withPassword,
    );
    expect(observation).to.include({ kind: 'TokenDenied', login: 'disproven' });
  });

  it('says that a registry with Basic alone takes none', async () => {
    const { observation } = await table.run([[PING, wantsBasic]], alone);
    expect(observation).to.deep.equal({ kind: 'PasswordWanted', identity: true });
    const { reason, message } = table.diagnose(observation);
    expect(reason).to.equal('CredentialsNotMatched');
    expect(message).to.match(
      /has an identity token alone, and 127\S+ takes none: it wants a user name with a password$/,
    );
  });

  it('logs in by the password beside it at a registry with Basic alone', async () => {
    const { observation } = await table
      .run(
        [
          [PING, wantsBasic],
          [LOGIN, answer(200)],
          [`${POST} as ci`, accepted],
          [`${DELETE} as ci`, cancelled],
        ],
        withPassword,
      )
      .finally(() => table.registry.play([]));
    expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
  });

  it('sends nothing of it to a registry that is open', async () => {
    const { observation } = await table.run(
      [
        [PING, answer(200)],
        [POST, accepted],
        [DELETE, cancelled],
      ],
      alone,
    );
    expect(observation).to.include({ kind: 'UploadAccepted', login: 'unchecked' });
  });

  it('exchanges it where the challenge comes with the upload', async () => {
    const { observation } = await table.run(
      [[PING, answer(200)], [POST, table.wantsBearer()], [EXCHANGE, granted], ...pushed()],
      alone,
    );
    expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
  });

  it('B5: sends it to no token service that may not get a login', async () => {
    for (const realm of [
      `${table.elsewhere.url}/token`,
      `${table.registry.url.replace('https:', 'http:')}/token`,
    ]) {
      const { observation } = await table.run([[PING, challenge(`Bearer realm="${realm}"`)]], alone);
      expect(observation).to.include({ kind: 'RealmNotTrusted' });
    }
  });

  it('B7: sends it nowhere else where the token service redirects', async () => {
    for (const location of ['/token2', `${table.elsewhere.url}/token`]) {
      const { observation } = await table.run(
        [
          [PING, table.wantsBearer()],
          [EXCHANGE, answer(307, { Location: location })],
        ],
        withPassword,
      );
      expect(observation).to.include({ kind: 'Redirected', step: 'token' });
    }
  });
});
