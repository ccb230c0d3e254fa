import { answer, CANARY, challenge, token, type Reply } from '../../support/scripted-registry.ts';
import { PING, POST } from '../probe-table.ts';
import {
  describeProduct,
  json,
  jwt,
  noLook,
  noToken,
  PUSH_JWT,
  refusal,
  text,
  tokensAt,
  withLook,
  withToken,
  type Outcome,
  type Row,
} from './product.ts';

const hub = tokensAt('/token', 'registry.docker.io');
const details = (status: number, words: string): Reply => json(status, { details: words });

describeProduct('Docker Hub', [
  {
    name: 'a wrong password',
    turns: noToken(hub, details(401, 'incorrect username or password')),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'an access token that is too weak',
    turns: noToken(hub, details(401, 'access token has insufficient scopes')),
    outcome: 'PushDenied Unknown',
    says: /says that the login has no right to push/,
  },
  {
    name: 'an access token that is too weak, where a manifest is asked for as well',
    turns: (url) => [
      ...noToken(hub, details(401, 'access token has insufficient scopes'))(url),
      ['GET /token?service=registry.docker.io&scope=repository:team/base:pull as ci', token('t2')],
      ['HEAD /v2/team/base/manifests/v1 as Bearer t2', answer(200)],
    ],
    options: { pull: { repository: 'team/base', reference: 'v1' } },
    outcome: 'PushDenied Unknown',
  },
  {
    name: 'a password where single sign-on is enforced',
    turns: noToken(hub, details(401, 'please use personal access token to login when SSO is enforced')),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'a lock after too many wrong logins',
    turns: noToken(
      hub,
      refusal(429, 'TOOMANYREQUESTS', 'too many failed login attempts for username or IP address'),
    ),
    outcome: 'LoginLocked False',
    says: /has locked the login in Secret login \(429\)/,
  },
  {
    name: 'too many requests of the address at its token service',
    turns: noToken(hub, text(429, 'Too Many Requests')),
    outcome: 'RateLimited Unknown',
  },
  {
    name: 'too many requests of the address',
    turns: () => [[PING, text(429, 'Too Many Requests')]],
    outcome: 'RateLimited Unknown',
  },
  {
    name: 'the namespace of somebody else',
    turns: withToken(
      hub,
      jwt({ sub: 'ci', actions: ['pull'] }),
      (url) => [PUSH_JWT, challenge(hub.wants(url, ',error="insufficient_scope"'))],
      [hub.proof, jwt({ sub: 'ci' })],
    ),
    outcome: 'PushDenied True',
    says: /granted: pull; missing: push$/,
  },
  {
    name: 'a name of three parts',
    turns: noToken(hub, details(400, 'invalid repository name')),
    outcome: 'RepositoryInvalid Unknown',
  },
]);

const github = tokensAt('/token', 'ghcr.io');
const wrapped = token(Buffer.from(`ci:${CANARY}`).toString('base64'));
const PUSH_WRAPPED = `${POST} as Bearer ${Buffer.from(`ci:${CANARY}`).toString('base64')}`;
const atGithub = (name: string, status: number, message: string, outcome: Outcome, proof = false): Row => ({
  name,
  turns: withToken(
    github,
    wrapped,
    [PUSH_WRAPPED, refusal(status, status === 401 ? 'UNAUTHORIZED' : 'DENIED', message)],
    ...(proof ? [[github.proof, wrapped] as const] : []),
  ),
  outcome,
});

describeProduct('GitHub', [
  atGithub(
    'a wrong access token, which its token service wraps',
    401,
    'unauthenticated: User cannot be authenticated with the token provided.',
    'CredentialsRejected False',
  ),
  atGithub(
    'an access token without write:packages',
    403,
    'permission_denied: The token provided does not match expected scopes.',
    'PushDenied Unknown',
  ),
  atGithub('no right on the package', 403, 'permission_denied: write_package', 'PushDenied Unknown'),
  atGithub('no right to make packages', 403, 'permission_denied: create_package', 'PushDenied Unknown'),
  atGithub(
    'a workflow without packages: write',
    403,
    'installation not allowed to Write organization package',
    'PushDenied Unknown',
  ),
  atGithub(
    'words that nobody knows',
    403,
    'Resource protected by organization SAML enforcement.',
    'PushUnauthorized Unknown',
    true,
  ),
]);

const gitlab = tokensAt('/jwt/auth', 'container_registry');

describeProduct({ name: 'GitLab', id: 'gitlab' }, [
  {
    name: 'a wrong password',
    turns: noLook(
      gitlab,
      refusal(
        401,
        'UNAUTHORIZED',
        'HTTP Basic: Access denied. If a password was provided for Git authentication …',
      ),
    ),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'an access token without a scope for the registry',
    turns: noLook(gitlab, refusal(403, 'DENIED', 'access forbidden')),
    outcome: 'PushDenied Unknown',
  },
  {
    name: 'a role that is too low, or no such project',
    turns: withLook(
      gitlab,
      jwt({ sub: 'ci' }),
      (url) => [PUSH_JWT, challenge(gitlab.wants(url, ',error="insufficient_scope"'))],
      [gitlab.proof, jwt({ sub: 'ci' })],
    ),
    outcome: 'PushDenied True',
    says: /granted: nothing; missing: pull, push$/,
  },
  {
    name: 'a protected path',
    turns: withLook(gitlab, refusal(403, 'DENIED', 'Pushing to protected repository path forbidden')),
    outcome: 'PushDenied Unknown',
  },
  {
    name: 'a registry that is switched off',
    turns: noLook(gitlab, refusal(404, 'UNAVAILABLE', 'registry not enabled')),
    outcome: 'RepositoryNotFound Unknown',
  },
  {
    name: 'a service that it does not know',
    turns: noLook(gitlab, answer(404)),
    outcome: 'TokenServiceFailed False',
  },
  {
    name: 'a ban of the address after many wrong logins',
    turns: noLook(gitlab, text(403, 'Forbidden\n')),
    outcome: 'AccessBlocked Unknown',
    says: /does not let this network in \(403\)/,
  },
  {
    name: 'an error of its own',
    turns: noLook(gitlab, answer(500)),
    outcome: 'TokenServiceFailed Unknown',
  },
]);
