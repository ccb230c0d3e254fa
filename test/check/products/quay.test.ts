import { answer, token, type Reply, type Turn } from '../../support/scripted-registry.ts';
import { accepted, DELETE, LOGIN, PING, wantsBasic } from '../probe-table.ts';
import {
  describeProduct,
  json,
  jwt,
  LOOK,
  exists,
  noLook,
  noToken,
  PUSH,
  PUSH_BASIC,
  PUSH_JWT,
  refusal,
  tokensAt,
  withLook,
  type Row,
} from './product.ts';

const quay = tokensAt('/v2/auth', 'quay.example');
const mayPush = jwt({ sub: 'ci', actions: ['pull', 'push'] });

describeProduct({ name: 'Quay', id: 'quay' }, [
  ...[
    'Could not find robot with username: team+ci and supplied password.',
    'Could not find robot with specified username',
    'This user has been disabled. Please contact your administrator.',
  ].map((message): Row => ({
    name: `the words ${message}`,
    turns: noLook(quay, refusal(401, 'UNAUTHORIZED', message)),
    outcome: 'CredentialsRejected False',
  })),
  ...['Invalid token', 'Invalid access token'].map((message): Row => ({
    name: `the words ${message} and a proof`,
    turns: noLook(quay, refusal(401, 'UNAUTHORIZED', message), refusal(401, 'UNAUTHORIZED', message)),
    outcome: 'CredentialsRejected False',
  })),
  {
    name: 'a lock after too many wrong logins',
    turns: noLook(
      quay,
      refusal(
        429,
        'TOOMANYREQUESTS',
        'Too many login attempts. \nPlease reset your Quay password and try again.',
        {
          'Retry-After': '60',
        },
      ),
    ),
    outcome: 'LoginLocked False',
  },
  {
    name: 'a namespace that is disabled',
    turns: noLook(
      quay,
      refusal(405, 'DENIED', 'Namespace team has been disabled. Please contact a system administrator.'),
    ),
    outcome: 'RegistryReadOnly Unknown',
  },
  {
    name: 'no write right, or a repository that is a mirror',
    turns: withLook(
      quay,
      jwt({ sub: 'ci', actions: ['pull'] }),
      (url) => [
        PUSH_JWT,
        refusal(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized', {
          'WWW-Authenticate': quay.wants(url, ',scope="repository:team/app:pull,push"'),
        }),
      ],
      [quay.proof, jwt({ sub: 'ci' })],
    ),
    outcome: 'PushDenied True',
    says: /granted: pull; missing: push$/,
  },
  {
    name: 'no such repository, for who has every right',
    turns: withLook(quay, mayPush, [PUSH_JWT, refusal(404, 'NAME_UNKNOWN', 'repository not found')]),
    outcome: 'RepositoryNotFound Unknown',
  },
  {
    name: 'a quota that is used up',
    turns: withLook(quay, mayPush, [
      PUSH_JWT,
      refusal(403, 'DENIED', 'Quota has been exceeded on namespace'),
    ]),
    outcome: 'QuotaExceeded Unknown',
  },
  {
    name: 'the read-only mode',
    turns: withLook(quay, mayPush, [
      PUSH_JWT,
      json(405, {
        errors: [{ code: 'DENIED', message: 'System is currently read-only. Pulls will succeed …' }],
        is_readonly: true,
      }),
    ]),
    outcome: 'RegistryReadOnly Unknown',
  },
  {
    name: 'pushes that are disabled',
    turns: withLook(quay, mayPush, [
      PUSH_JWT,
      refusal(405, 'METHOD NOT ALLOWED', 'Pushes to the registry are currently disabled. …'),
    ]),
    outcome: 'RegistryReadOnly Unknown',
  },
  {
    name: 'a name of three parts',
    turns: withLook(quay, mayPush, [
      PUSH_JWT,
      refusal(400, 'NAME_INVALID', 'Nested repositories are not supported'),
    ]),
    outcome: 'RepositoryInvalid Unknown',
  },
]);

const pulp = tokensAt('/token/', 'pulp.example');
const t1 = token('t1');
const wantsToken = (url: string, more = ''): Reply =>
  answer(401, { 'WWW-Authenticate': pulp.wants(url, more), 'X-Registry-Supports-Signatures': '1' });
const atPulp =
  (...then: readonly (Turn | ((url: string) => Turn))[]): Row['turns'] =>
  (url) => [
    [PING, wantsToken(url)],
    [pulp.push, t1],
    [`${LOOK} as Bearer t1`, exists],
    ...then.map((next) => (typeof next === 'function' ? next(url) : next)),
  ];

describeProduct('Pulp', [
  {
    name: 'a wrong password',
    turns: noToken(pulp, answer(401), answer(401)),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'a token that it does not know, twice',
    turns: (url) => {
      const invalid = refusal(401, 'UNAUTHORIZED', 'The provided Bearer token is invalid.', {
        'WWW-Authenticate': pulp.wants(url, ',error="invalid_token"'),
      });
      return [
        [PING, wantsToken(url)],
        [pulp.push, t1],
        [`${LOOK} as Bearer t1`, exists],
        [PUSH, invalid],
        [pulp.push, t1],
        [PUSH, invalid],
      ];
    },
    outcome: 'TokenRefused False',
  },
  {
    name: 'no push right',
    turns: atPulp((url) => [
      PUSH,
      refusal(401, 'UNAUTHORIZED', 'Insufficient permissions', {
        'WWW-Authenticate': pulp.wants(url, ',error="insufficient_scope"'),
      }),
    ]),
    outcome: 'PushDenied Unknown',
  },
  ...['Repository is read-only.', 'Repository team/app is not available for push.'].map((message): Row => ({
    name: `a mirror: ${message}`,
    turns: atPulp([PUSH, refusal(400, 'NAME_INVALID', message)]),
    outcome: 'RegistryReadOnly Unknown',
  })),
  {
    name: 'a version that cannot cancel',
    turns: atPulp([PUSH, accepted], [`${DELETE} as Bearer t1`, answer(405)]),
    outcome: 'PushAuthorized True UploadNotCancelled',
  },
  {
    name: 'a wrong password where it has no tokens',
    turns: () => [
      [PING, wantsBasic],
      [LOGIN, answer(401)],
    ],
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'no superuser where it has no tokens',
    turns: () => [
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [PUSH_BASIC, refusal(403, 'DENIED', 'You do not have permission to perform this action.')],
    ],
    outcome: 'PushDenied True',
  },
]);
