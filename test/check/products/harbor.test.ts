import { Secret } from '../../../src/registry/secret.ts';
import { answer, challenge, token } from '../../support/scripted-registry.ts';
import { accepted, DELETE, DELETE_TOKEN, LOGIN, PING, POST, wantsBasic } from '../probe-table.ts';
import {
  describeProduct,
  error,
  json,
  jwt,
  noToken,
  PUSH,
  PUSH_BASIC,
  PUSH_JWT,
  refusal,
  text,
  tokensAt,
  withToken,
  type Row,
} from './product.ts';

const distribution = tokensAt('/auth/token', 'registry');
const entered = [
  [PING, wantsBasic],
  [LOGIN, answer(200, {}, '{}')],
] as const;
const t1 = token('t1');

describeProduct('distribution', [
  {
    name: 'a wrong password of htpasswd',
    turns: () => [
      [PING, wantsBasic],
      [
        LOGIN,
        refusal(401, 'UNAUTHORIZED', 'authentication required', { 'WWW-Authenticate': 'Basic realm="r"' }),
      ],
    ],
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'a rule of the proxy in front that lets nobody write',
    turns: () => [
      ...entered,
      [PUSH_BASIC, answer(403, { 'Content-Type': 'text/html' }, '<h1>403 Forbidden</h1>')],
    ],
    outcome: 'PushDenied True',
  },
  {
    name: 'a web page in front, whatever its words',
    turns: () => [
      ...entered,
      [PUSH_BASIC, answer(403, { 'Content-Type': 'text/html' }, '<h1>We are in read only mode</h1>')],
    ],
    outcome: 'PushDenied True',
  },
  {
    name: 'a token of the Secret that has run out',
    turns: (url) => [
      [PING, challenge(distribution.wants(url))],
      [`${POST} as Bearer own`, refusal(401, 'UNAUTHORIZED', 'token is expired')],
    ],
    options: { credential: { login: { kind: 'token', token: new Secret('own') } } },
    outcome: 'CredentialsExpired False',
  },
  {
    name: 'a wrong password at docker_auth',
    turns: noToken(
      distribution,
      text(401, 'Auth failed.', { 'WWW-Authenticate': 'Basic realm="issuer"' }),
      text(401, 'Auth failed.'),
    ),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'an authentication backend that is set up wrongly',
    turns: withToken(distribution, t1, [PUSH, answer(400)]),
    outcome: 'UnexpectedResponse Unknown',
  },
  {
    name: 'a full disk, told in two documents',
    turns: () => [
      ...entered,
      [
        PUSH_BASIC,
        answer(500, {}, `${error('UNKNOWN', 'unknown error')}\n${error('UNKNOWN', 'no space left')}`),
      ],
    ],
    outcome: 'RegistryUnavailable True',
  },
  {
    name: 'a storage that refuses the registry itself',
    turns: () => [
      ...entered,
      [
        PUSH_BASIC,
        refusal(500, 'UNKNOWN', 'AccessDenied: User: arn:x is not authorized to perform: s3:PutObject'),
      ],
    ],
    outcome: 'RegistryUnavailable True',
  },
  {
    name: 'a failing health check',
    turns: () => [[PING, refusal(503, 'UNAVAILABLE', 'service unavailable')]],
    outcome: 'RegistryUnavailable Unknown',
  },
  {
    name: 'a fresh token that is called expired: the clocks differ',
    turns: withToken(distribution, t1, [PUSH, refusal(401, 'UNAUTHORIZED', 'token is expired by 1h')]),
    outcome: 'TokenRefused False',
  },
]);

const harbor = tokensAt('/service/token', 'harbor-registry');
const asHarbor = { 'WWW-Authenticate': 'Basic realm="harbor"' };
const noRight = refusal(
  401,
  'UNAUTHORIZED',
  'unauthorized to access repository: team/app, action: push',
  asHarbor,
);
const pusher = jwt({ sub: 'ci', actions: ['pull', 'push'] });

describeProduct({ name: 'Harbor', id: 'harbor' }, [
  {
    name: 'a wrong password, which gets a token all the same',
    turns: withToken(harbor, jwt({ actions: [] }), [PUSH_JWT, noRight], [harbor.proof, answer(401)]),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'a good login without the right',
    turns: withToken(
      harbor,
      jwt({ sub: 'ci', actions: ['pull'] }),
      [PUSH_JWT, noRight],
      [harbor.proof, jwt({ sub: 'ci' })],
    ),
    outcome: 'PushDenied True',
    says: /granted: pull; missing: push$/,
  },
  {
    name: 'no such project',
    turns: withToken(harbor, jwt({ sub: 'ci', actions: [] }), [
      PUSH_JWT,
      refusal(401, 'UNAUTHORIZED', 'project team not found: project team not found', {
        'WWW-Authenticate': '',
      }),
    ]),
    outcome: 'RepositoryNotFound Unknown',
    says: /no repository or project for team\/app \(401\)/,
  },
  {
    name: 'a project that caches another registry',
    turns: withToken(harbor, pusher, [
      PUSH_JWT,
      refusal(403, 'DENIED', 'can not push artifact to a proxy project: team'),
    ]),
    outcome: 'RegistryReadOnly Unknown',
  },
  {
    name: 'the read-only mode, which refuses everybody',
    turns: withToken(harbor, jwt({ actions: [] }), [
      PUSH_JWT,
      refusal(403, 'DENIED', 'The system is in read only mode. Any modification is prohibited.'),
    ]),
    outcome: 'RegistryReadOnly Unknown',
    says: /read-only/,
  },
  ...([403, 500] as const).map((status): Row => ({
    name: `a quota that is used up (${status})`,
    turns: withToken(harbor, pusher, [
      PUSH_JWT,
      refusal(
        status,
        status === 403 ? 'DENIED' : 'UNKNOWN',
        'adding 1 MiB of storage resource, which when updated to current usage of 5 GiB will exceed the configured upper limit of 5 GiB.',
      ),
    ]),
    outcome: 'QuotaExceeded Unknown',
  })),
  {
    name: 'a developer, who may push and not cancel',
    turns: withToken(
      harbor,
      pusher,
      [PUSH_JWT, accepted],
      [`${DELETE} as Bearer JWT`, answer(401, asHarbor)],
      [
        DELETE_TOKEN.replace('/token?service=scripted', '/service/token?service=harbor-registry'),
        token('t2'),
      ],
      [`${DELETE} as Bearer t2`, answer(401, asHarbor)],
    ),
    outcome: 'PushAuthorized True UploadNotCancelled',
  },
  {
    name: 'an empty access_token beside the token',
    turns: withToken(
      harbor,
      json(200, { token: 't1', access_token: '', expires_in: 1800 }),
      [PUSH, accepted],
      [`${DELETE} as Bearer t1`, answer(204)],
    ),
    outcome: 'PushAuthorized True',
  },
  {
    name: 'an external address of http behind TLS',
    turns: (url) => [[PING, challenge(harbor.wants(url.replace('https:', 'http:')))]],
    outcome: 'TokenRealmNotTrusted False',
    says: /scheme behind a proxy/,
  },
  {
    name: 'an ingress that limits the rate',
    turns: noToken(harbor, answer(429, { 'Content-Type': 'text/html' }, '<h1>429</h1>')),
    outcome: 'RateLimited Unknown',
  },
]);
