import { expect } from 'chai';
import { Secret } from '../../src/registry/secret.ts';
import { answer, errors, reset, stall, token, type Reply, type Turn } from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  LOGIN,
  openTable,
  PING,
  POST,
  TIMEOUT_MS,
  type ProbeTable,
} from './probe-table.ts';

const TAGS = 'GET /v2/team/app/tags/list';
const cancelled = answer(204);
const found = answer(200, { 'Content-Type': 'application/json' }, '{"name":"team/app","tags":[]}');
const missing = answer(404, {}, errors('NAME_UNKNOWN'));
const identity = { kind: 'identity', token: new Secret('c4nary.identity'), beside: undefined } as const;

/** A product that creates when it gives a token for a push. */
interface ByToken {
  readonly product: string;
  readonly path: string;
  readonly service: string;
}
const byToken: readonly ByToken[] = [
  { product: 'Quay', path: '/v2/auth', service: 'quay.io' },
  { product: 'GitLab', path: '/jwt/auth', service: 'container_registry' },
  { product: 'GitLab', path: '/gitlab/jwt/auth', service: 'container_registry' },
];

describe('probe of a product that creates a repository by being asked', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const bearer = (path: string, service: string, headers: Record<string, string> = {}): Reply =>
    answer(401, {
      'WWW-Authenticate': `Bearer realm="${table.registry.url}${path}",service="${service}"`,
      ...headers,
    });
  const pushed = (as: string): Turn[] => [
    [`${POST} as ${as}`, accepted],
    [`${DELETE} as ${as}`, cancelled],
  ];

  for (const { product, path, service } of byToken) {
    const asked = (scope: string): string => `GET ${path}?service=${service}${scope} as ci`;
    const push = asked('&scope=repository:team/app:pull,push');
    const pull = asked('&scope=repository:team/app:pull');
    const looked = (reply: Reply): Turn[] => [
      [PING, bearer(path, service)],
      [pull, token('reader')],
      [`${TAGS} as Bearer reader`, reply],
    ];

    describe(`${product} at ${path}`, () => {
      it('looks first, and goes on where the repository exists', async () => {
        const { observation, steps } = await table.run([
          ...looked(found),
          [push, token('writer')],
          ...pushed('Bearer writer'),
        ]);
        expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven', cleanup: 'Cancelled' });
        expect(steps.map(({ step }) => step).slice(0, 5)).to.deep.equal([
          'ping',
          'token',
          'look',
          'token',
          'upload',
        ]);
      });

      it('stops where it does not, before it asks for a push', async () => {
        const { observation } = await table.run(looked(missing));
        expect(observation).to.deep.equal({ kind: 'RepositoryMissing', product, login: 'unknown' });
        const { reason, course, message, stages } = table.diagnose(observation);
        expect([reason, course]).to.deep.equal(['RepositoryWouldBeCreated', 'open']);
        expect(message).to.match(/^team\/app does not exist at .*, and asking would create it$/);
        expect(stages.PushAuthorized.status).to.equal('Unknown');
      });

      it('asks like anywhere else where that is allowed', async () => {
        const { observation } = await table.run(
          [[PING, bearer(path, service)], [push, token('writer')], ...pushed('Bearer writer')],
          { mayCreate: true },
        );
        expect(observation).to.include({ kind: 'UploadAccepted' });
      });

      it('asks like anywhere else without a login, which creates nothing', async () => {
        const { observation } = await table.run(
          [
            [PING, bearer(path, service)],
            [push.replace(' as ci', ''), token('anybody')],
            [`${POST} as Bearer anybody`, answer(401)],
          ],
          { anonymous: true },
        );
        expect(observation).to.include({ kind: 'UploadRefused', login: 'none' });
      });

      it('knows a wrong login by the first token, and asks no more', async () => {
        const { observation } = await table.run([
          [PING, bearer(path, service)],
          [pull, answer(401)],
          [asked(''), answer(401)],
        ]);
        expect(table.diagnose(observation).reason).to.equal('CredentialsRejected');
      });

      it('knows a missing right where the login may read', async () => {
        const { observation } = await table.run([
          ...looked(found),
          [push, token('writer')],
          [`${POST} as Bearer writer`, answer(401)],
          [asked(''), token('t')],
        ]);
        expect(table.diagnose(observation).reason).to.equal('PushDenied');
      });

      it('does not look again where its fresh token is called invalid', async () => {
        const { observation } = await table.run([
          ...looked(found),
          [push, token('writer')],
          [
            `${POST} as Bearer writer`,
            answer(401, {
              'WWW-Authenticate': `Bearer realm="${table.registry.url}${path}",service="${service}",error="invalid_token"`,
            }),
          ],
          [push, token('second')],
          ...pushed('Bearer second'),
        ]);
        expect(observation).to.include({ kind: 'UploadAccepted' });
      });

      for (const [name, reply, reason] of [
        ['a 429', answer(429, { 'Retry-After': '7' }), 'RateLimited'],
        ['a 500', answer(500), 'RegistryUnavailable'],
        ['a redirect elsewhere', answer(302, { Location: 'https://x.example/' }), 'RedirectedElsewhere'],
        ['no answer', reset, 'ConnectionReset'],
      ] as const) {
        it(`finds ${reason} where the look gets ${name}, and asks for no push`, async () => {
          const { observation } = await table.run(looked(reply));
          expect(table.diagnose(observation).reason).to.equal(reason);
        });
      }

      it('looks with an identity token as well', async () => {
        const form = `POST ${path} with grant_type=refresh_token&client_id=registry-push-check&service=${service}&scope=repository:team/app:pull&refresh_token=c4nary.identity`;
        const { observation } = await table.run(
          [
            [PING, bearer(path, service)],
            [form, token('reader')],
            [`${TAGS} as Bearer reader`, missing],
          ],
          { credential: { login: identity } },
        );
        expect(observation).to.include({ kind: 'RepositoryMissing' });
      });
    });
  }

  for (const status of [401, 403]) {
    it(`stops at Quay where the look gets a ${status}: the push could create it`, async () => {
      const { observation } = await table.run([
        [PING, bearer('/v2/auth', 'quay.io')],
        ['GET /v2/auth?service=quay.io&scope=repository:team/app:pull as ci', token('reader')],
        [`${TAGS} as Bearer reader`, answer(status)],
      ]);
      expect(observation).to.include({ kind: 'RepositoryMissing', product: 'Quay', hidden: true });
      const { reason, message } = table.diagnose(observation);
      expect(reason).to.equal('RepositoryWouldBeCreated');
      expect(message).to.match(
        /may not look into team\/app at .*: it has no right there, or nothing is there yet/,
      );
    });

    it(`goes on at GitLab where the look gets a ${status}: who may not read creates nothing`, async () => {
      const ask = 'GET /jwt/auth?service=container_registry';
      const { observation } = await table.run([
        [PING, bearer('/jwt/auth', 'container_registry')],
        [`${ask}&scope=repository:team/app:pull as ci`, token('reader')],
        [`${TAGS} as Bearer reader`, answer(status)],
        [`${ask}&scope=repository:team/app:pull,push as ci`, token('writer')],
        [`${POST} as Bearer writer`, answer(401)],
        [`${ask} as ci`, token('t')],
      ]);
      expect(table.diagnose(observation).reason).to.equal('PushDenied');
    });
  }

  it('does not take every realm for theirs', async () => {
    for (const [path, service] of [
      ['/v2/auth2', 'quay.io'],
      ['/jwt/auth', 'other'],
    ] as const) {
      const { observation } = await table.run([
        [PING, bearer(path, service)],
        [`GET ${path}?service=${service}&scope=repository:team/app:pull,push as ci`, token('t1')],
        ...pushed('Bearer t1'),
      ]);
      expect(observation).to.include({ kind: 'UploadAccepted' });
    }
  });

  describe('zot', () => {
    const closed = answer(
      401,
      { 'WWW-Authenticate': 'Basic realm="Authorization Required"' },
      '{"code":"UNAUTHORIZED","message":"authentication required"}',
    );
    const inside = (): Turn[] => [
      [PING, closed],
      [LOGIN, answer(200)],
    ];

    it('looks before the upload, and goes on where the repository exists', async () => {
      const { observation } = await table.run([...inside(), [`${TAGS} as ci`, found], ...pushed('ci')]);
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
    });

    it('stops where it does not exist, with the login proven', async () => {
      const { observation } = await table.run([...inside(), [`${TAGS} as ci`, missing]]);
      expect(observation).to.deep.equal({ kind: 'RepositoryMissing', product: 'zot', login: 'proven' });
      expect(table.diagnose(observation).stages.Authenticated.reason).to.equal('CredentialsAccepted');
    });

    it('takes a refusal of the look for the refusal of the push, which needs to read', async () => {
      const { observation } = await table.run([
        ...inside(),
        [`${TAGS} as ci`, answer(403, {}, errors('DENIED'))],
      ]);
      expect(observation).to.include({ kind: 'UploadRefused', login: 'proven' });
      expect(table.diagnose(observation).reason).to.equal('PushDenied');
    });

    it('opens the upload at once where that is allowed', async () => {
      const { observation } = await table.run([...inside(), ...pushed('ci')], { mayCreate: true });
      expect(observation).to.include({ kind: 'UploadAccepted' });
    });

    it('looks with the login where anybody may read', async () => {
      const open = answer(200, {
        'WWW-Authenticate': 'basic realm=zot',
        'Docker-Distribution-Api-Version': 'registry/2.0',
      });
      const { observation } = await table.run([
        [PING, open],
        [`${TAGS} as ci`, missing],
      ]);
      expect(observation).to.deep.equal({ kind: 'RepositoryMissing', product: 'zot', login: 'unchecked' });
    });

    it('asks for a manifest all the same', async () => {
      const { pull } = await table.run(
        [...inside(), [`${TAGS} as ci`, missing], ['HEAD /v2/team/base/manifests/v1 as ci', answer(200)]],
        { pull: { repository: 'team/base', reference: 'v1' } },
      );
      expect(pull).to.deep.equal({ kind: 'ManifestReadable' });
    });

    it('does not wait for the look longer than the probe may take', async () => {
      const turns: Turn[] = [...inside(), [`${TAGS} as ci`, stall]];
      const { probed, clock } = table.start(turns);
      await table.registry.asked(turns.length);
      await clock.advance(TIMEOUT_MS);
      expect((await probed).observation).to.include({ kind: 'NetworkFailed', step: 'look' });
      expect(table.diagnose((await probed).observation).message).to.match(
        /\(during the look for the repository\)$/,
      );
    });
  });

  describe('Pulp', () => {
    const pulp = (path = '/token/'): Turn[] => [
      [PING, bearer(path, 'scripted', { 'X-Registry-Supports-Signatures': '1' })],
      [`GET ${path}?service=scripted&scope=repository:team/app:pull,push as ci`, token('t1')],
    ];

    it('looks before the upload, with the same token', async () => {
      const gone = await table.run([...pulp(), [`${TAGS} as Bearer t1`, missing]]);
      expect(gone.observation).to.include({ kind: 'RepositoryMissing', product: 'Pulp' });
      const there = await table.run([...pulp(), [`${TAGS} as Bearer t1`, found], ...pushed('Bearer t1')]);
      expect(there.observation).to.include({ kind: 'UploadAccepted' });
    });

    it('stops where it may not look', async () => {
      const { observation } = await table.run([...pulp(), [`${TAGS} as Bearer t1`, answer(401)]]);
      expect(observation).to.include({ kind: 'RepositoryMissing', product: 'Pulp', hidden: true });
    });

    it('is not mistaken for OpenShift, which sends the same header', async () => {
      const { observation } = await table.run([...pulp('/openshift/token'), ...pushed('Bearer t1')]);
      expect(observation).to.include({ kind: 'UploadAccepted' });
    });
  });
});
