import { expect } from 'chai';
import { Secret } from '../../src/registry/secret.ts';
import { answer, challenge, token, type Reply, type Turn } from '../support/scripted-registry.ts';
import { LOGIN, openTable, PING, POST, PROOF, TOKEN, wantsBasic, type ProbeTable } from './probe-table.ts';
import { json, LOOK, PUSH, PUSH_BASIC, refusal, tokensAt } from './products/product.ts';

const quay = tokensAt('/v2/auth', 'quay.example');
const gitlab = tokensAt('/jwt/auth', 'container_registry');
const pulp = tokensAt('/token/', 'pulp.example');
const base = { repository: 'team/base', reference: 'v1' };
const limited = refusal(403, 'TOOMANYREQUESTS', 'slow down');

describe('probe where a refusal has another cause than a missing right', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const asPulp = (more = ''): Reply =>
    answer(401, {
      'WWW-Authenticate': pulp.wants(table.registry.url, more),
      'X-Registry-Supports-Signatures': '1',
    });
  const toLook = ({ wants, push }: typeof quay): Turn[] => [
    [PING, challenge(wants(table.registry.url))],
    [push.replace(':pull,push', ':pull'), token('r1')],
  ];

  for (const [product, tokens] of [
    ['Quay', quay],
    ['GitLab', gitlab],
  ] as const) {
    it(`asks ${product} for nothing more where the look is refused for too many requests`, async () => {
      const { observation } = await table.run([...toLook(tokens), [`${LOOK} as Bearer r1`, limited]]);
      expect(table.diagnose(observation).reason).to.equal('RateLimited');
    });

    it(`asks ${product} for a manifest where the repository to push to is missing`, async () => {
      const pullBase = tokens.push.replace('team/app:pull,push', 'team/base:pull');
      const { observation, pull } = await table.run(
        [
          ...toLook(tokens),
          [`${LOOK} as Bearer r1`, answer(404)],
          [pullBase, token('p1')],
          ['HEAD /v2/team/base/manifests/v1 as Bearer p1', answer(200)],
        ],
        { pull: base },
      );
      expect(observation).to.include({ kind: 'RepositoryMissing', product });
      expect(pull).to.deep.equal({ kind: 'ManifestReadable' });
    });
  }

  it('finds TokenRefused where the look is refused for a token that is called invalid', async () => {
    const { observation } = await table.run([
      [PING, asPulp()],
      [pulp.push, token('t1')],
      [`${LOOK} as Bearer t1`, asPulp(',error="invalid_token"')],
    ]);
    expect(table.diagnose(observation).reason).to.equal('TokenRefused');
  });

  it('looks before the upload where the challenge came with an upload', async () => {
    const { observation } = await table.run([
      [PING, answer(200)],
      [PUSH_BASIC, asPulp()],
      [pulp.push, token('t1')],
      [`${LOOK} as Bearer t1`, answer(404)],
    ]);
    expect(observation).to.include({ kind: 'RepositoryMissing', product: 'Pulp' });
  });

  it('finds AccessBlocked without a login, too', async () => {
    const words = "client with IP '192.0.2.1' is not allowed access. Refer https://aka.ms/acr/firewall";
    const { observation } = await table.run(
      [
        [PING, table.wantsBearer()],
        [TOKEN.replace(' as ci', ''), refusal(403, 'DENIED', words)],
      ],
      { anonymous: true },
    );
    expect(table.diagnose(observation).reason).to.equal('AccessBlocked');
  });

  it('asks for no manifest after too many requests, whatever the status', async () => {
    const { observation, pull } = await table.run(
      [
        [PING, wantsBasic],
        [LOGIN, answer(200)],
        [PUSH_BASIC, json(400, { __type: 'ThrottlingException', message: 'Rate exceeded' })],
      ],
      { pull: base },
    );
    const stage = table.diagnose(observation, { manifest: base, pulled: pull }).pull;
    expect(stage).to.include({ status: 'Unknown', reason: 'RateLimited' });
  });

  it('finds an identity token alone where an open registry wants Basic for the upload', async () => {
    const login = { kind: 'identity', token: new Secret('c4nary.identity'), beside: undefined } as const;
    const { observation } = await table.run(
      [
        [PING, answer(200)],
        [POST, wantsBasic],
      ],
      { credential: { login } },
    );
    expect(table.diagnose(observation).reason).to.equal('CredentialsNotMatched');
  });

  for (const name of ['is_readonly', 'pro-licensed', 'permission_denied', 'throttlingexception']) {
    it(`does not take the name ${name} in a refusal for words`, async () => {
      const { observation } = await table.run([
        [PING, table.wantsBearer()],
        [TOKEN, token('t1')],
        [PUSH, refusal(401, 'UNAUTHORIZED', `unauthorized to access repository: team/${name}, action: push`)],
        [PROOF, token('t2')],
      ]);
      expect(table.diagnose(observation).reason).to.equal('PushDenied');
    });
  }
});
