import { answer, challenge, token, type Reply, type Turn } from '../../support/scripted-registry.ts';
import { LOGIN, PING, POST } from '../probe-table.ts';
import {
  describeProduct,
  exists,
  json,
  jwt,
  LOOK,
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

const t1 = token('t1');
const t2 = token('t2');
const zot = tokensAt('/zot/auth/token', 'zot');
// zot creates the repository at the upload: the probe looks first.
const bare = (header: string, code = 'UNAUTHORIZED'): Reply =>
  json(401, { code, message: 'authentication required' }, { 'WWW-Authenticate': header });
const zotWants = bare('Basic realm="Authorization Required"');
const zotOpen = answer(200, {
  'WWW-Authenticate': 'Basic realm="Authorization Required"',
  'Docker-Distribution-Api-Version': 'registry/2.0',
});
const zotPush =
  (reply: Reply): Row['turns'] =>
  () => [
    [PING, zotWants],
    [LOGIN, answer(200)],
    [`${LOOK} as ci`, exists],
    [PUSH_BASIC, reply],
  ];
const zotToken =
  (granted: Reply, ...then: readonly Turn[]): Row['turns'] =>
  (url) => [[PING, bare(zot.wants(url))], [zot.push, granted], ...then];

describeProduct({ name: 'zot', id: 'zot' }, [
  {
    name: 'a wrong password, told by an error without a list',
    turns: () => [
      [PING, zotWants],
      [LOGIN, zotWants],
    ],
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'a policy without create',
    turns: zotPush(refusal(403, 'DENIED', 'requested access to the resource is denied')),
    outcome: 'PushDenied True',
  },
  {
    name: 'a token without push',
    turns: zotToken(
      jwt({ sub: 'ci', actions: ['pull'] }),
      [`${LOOK} as Bearer JWT`, exists],
      [PUSH_JWT, bare('Bearer scope="repository:team/app:push"')],
      [zot.proof, t2],
    ),
    outcome: 'PushDenied True',
  },
  {
    name: 'a token that it cannot read',
    turns: zotToken(t1, [`${LOOK} as Bearer t1`, bare('', 'UNSUPPORTED')], [zot.proof, t2]),
    outcome: 'PushDenied True',
  },
  {
    name: 'a wrong password where a policy lets anybody read',
    turns: () => [
      [PING, zotOpen],
      [`${LOOK} as ci`, zotWants],
      [LOGIN, zotWants],
    ],
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'no right where a policy lets anybody read: nothing proves the login',
    turns: () => [
      [PING, zotOpen],
      [`${LOOK} as ci`, exists],
      [PUSH_BASIC, refusal(403, 'DENIED', 'requested access to the resource is denied')],
    ],
    outcome: 'PushUnauthorized Unknown',
  },
  { name: 'its rate limit', turns: zotPush(answer(429)), outcome: 'RateLimited True' },
  { name: 'an error of its storage', turns: zotPush(answer(500)), outcome: 'RegistryUnavailable True' },
]);

const PASSWORD = 'sha256~token-of-a-service-account';
const asService = 'ci with another password';
const openshift = tokensAt('/openshift/token', undefined, asService);
const PUSH_PASSWORD = `${POST} as Bearer ${PASSWORD}`;
const options = { password: PASSWORD };

describeProduct({ name: 'OpenShift', id: 'openshift' }, [
  {
    name: 'a token that has expired',
    turns: noToken(openshift, answer(401), answer(401)),
    options,
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'no right, or no such project',
    turns: withToken(openshift, token(PASSWORD), (url) => [
      PUSH_PASSWORD,
      challenge(`Basic realm="${url}",error="access denied"`),
    ]),
    options,
    outcome: 'PushDenied Unknown',
  },
  {
    name: 'a name without a project',
    turns: withToken(openshift, token(PASSWORD), [PUSH_PASSWORD, answer(400)]),
    options,
    outcome: 'UnexpectedResponse Unknown',
  },
  {
    name: 'maintenance',
    turns: withToken(openshift, token(PASSWORD), [PUSH_PASSWORD, text(405, 'Method not allowed')]),
    options,
    outcome: 'RegistryReadOnly Unknown',
  },
]);

const gitea = tokensAt('/v2/token', 'container_registry');
const both = (url: string): readonly string[] => [
  gitea.wants(url, ',scope="*"'),
  'Basic realm="Gitea Container Registry"',
];
const atGitea =
  (reply: Reply, basic: Reply): Row['turns'] =>
  (url) => [
    [PING, challenge(...both(url))],
    [gitea.push, reply],
    [LOGIN, basic],
  ];
const required = refusal(401, 'UNAUTHORIZED', 'authentication required');

describeProduct('Gitea and Forgejo', [
  {
    name: 'an access token without a scope for packages, which Basic proves',
    turns: atGitea(required, answer(200)),
    outcome: 'PushDenied True',
  },
  { name: 'a wrong password', turns: atGitea(required, required), outcome: 'CredentialsRejected False' },
  {
    name: 'a Basic login that is neither taken nor refused',
    turns: atGitea(required, answer(403)),
    outcome: 'PushUnauthorized Unknown',
  },
  {
    name: 'a web page for an answer to the Basic login',
    turns: atGitea(required, answer(200, { 'Content-Type': 'text/html' }, '<html>')),
    outcome: 'PushUnauthorized Unknown',
  },
  {
    name: 'a challenge that comes with the upload: an open ping proves no Basic login',
    turns: (url) => [
      [PING, answer(200)],
      [PUSH_BASIC, challenge(...both(url))],
      [gitea.push, required],
      [gitea.proof, required],
    ],
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'an older version, which offers no Basic',
    turns: noToken(gitea, required, required),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'no write right',
    turns: withToken(gitea, t1, [
      PUSH,
      text(401, 'user should have specific permission or be a site admin', {
        'WWW-Authenticate': 'Basic realm="Gitea Package API"',
      }),
    ]),
    outcome: 'PushDenied Unknown',
  },
  {
    name: 'no write right, in words that say nothing',
    turns: withToken(gitea, t1, [PUSH, text(401, 'reqPackageAccess')], [gitea.proof, t2]),
    outcome: 'PushDenied True',
  },
  {
    name: 'an access token for public packages alone',
    turns: withToken(gitea, t1, [PUSH, text(403, 'token scope is limited to public packages')]),
    outcome: 'PushDenied Unknown',
  },
  {
    name: 'no such owner',
    turns: withToken(gitea, t1, [PUSH, text(404, 'Not found.')]),
    outcome: 'RepositoryNotFound Unknown',
  },
  {
    name: 'a name that it does not take',
    turns: withToken(gitea, t1, [PUSH, refusal(400, 'NAME_INVALID', 'invalid repository name')]),
    outcome: 'RepositoryInvalid Unknown',
  },
  {
    name: 'the soft quota of Forgejo, used up',
    turns: withToken(gitea, t1, [PUSH, text(413, 'Request Entity Too Large')]),
    outcome: 'QuotaExceeded Unknown',
  },
  {
    name: 'packages that are switched off',
    turns: () => [[PING, text(404, '404 page not found')]],
    outcome: 'NotARegistry Unknown',
  },
]);
