import type { Answer, LoginState, Observation } from './observation.ts';
import type { Stage } from './reason.ts';
import { verdict, type Subject, type Verdict } from './verdict.ts';

/** What 429 and 5xx mean at every step; undefined for any other status. */
function overloaded(answer: Answer, stage: Stage, host: string): Verdict | undefined {
  if (answer.status === 429) return verdict('RateLimited', stage, `${host} asks for fewer requests (429)`);
  if (answer.status >= 500)
    return verdict('RegistryUnavailable', stage, `${host} answered with a server error (${answer.status})`);
  return undefined;
}

/** `GET /v2/` without a login. */
export function pingRefused(answer: Answer, host: string): Verdict {
  const what = answer.html ? `a web page (${answer.status})` : String(answer.status);
  if (answer.status === 403) {
    return verdict(
      'AccessBlocked',
      'Reachable',
      `${host} refuses this network before any login (403 on GET /v2/)`,
    );
  }
  return (
    overloaded(answer, 'Reachable', host) ??
    verdict(
      'NotARegistry',
      'Reachable',
      `${host} answered GET /v2/ with ${what}: it is not a registry at this address`,
    )
  );
}

/** `GET /v2/` with a Basic login. */
export function loginRefused(answer: Answer, { host, secret }: Subject): Verdict {
  if (answer.status === 401) return rejected(host, secret);
  if (answer.status === 403) {
    return verdict(
      'AccessBlocked',
      'Authenticated',
      `${host} refuses this login or network altogether (403 on GET /v2/ with the login)`,
    );
  }
  return (
    overloaded(answer, 'Authenticated', host) ??
    verdict('UnexpectedResponse', 'Authenticated', `${host} answered the login with ${answer.status}`)
  );
}

function rejected(host: string, secret: string | undefined): Verdict {
  const from = secret === undefined ? 'the login' : `the login in Secret ${secret}`;
  return verdict(
    'CredentialsRejected',
    'Authenticated',
    `${host} refused ${from}: wrong user name, password or token`,
  );
}

/** The token request. */
export function tokenDenied(answer: Answer, login: LoginState, subject: Subject): Verdict {
  const { host } = subject;
  if (answer.status === 401 || answer.status === 403) return refusedFor(login, answer, undefined, subject);
  if (answer.status === 429)
    return verdict(
      'RateLimited',
      'Authenticated',
      `the token service of ${host} asks for fewer requests (429)`,
    );
  const message = `the token service of ${host} answered ${answer.status}`;
  return verdict(
    'TokenServiceFailed',
    'Authenticated',
    message,
    answer.status >= 500 ? 'transient' : 'persistent',
  );
}

/** The upload. */
export function uploadRefused(
  { answer, login, granted }: Extract<Observation, { kind: 'UploadRefused' }>,
  subject: Subject,
): Verdict {
  const { host, repository } = subject;
  const { status, codes } = answer;
  const at = 'PushAuthorized';
  if (status === 401 && answer.tokenError === 'invalid_token') {
    return verdict(
      'TokenRefused',
      'Authenticated',
      `${host} refuses the token that its own token service has just issued`,
    );
  }
  if (status === 401 || status === 403) return refusedFor(login, answer, granted, subject);
  if (status === 405 || codes.includes('UNSUPPORTED')) {
    return verdict(
      'RegistryReadOnly',
      at,
      `${host} takes no pushes to ${repository}: it is read-only or a mirror (${status})`,
    );
  }
  if (codes.includes('NAME_INVALID'))
    return verdict(
      'RepositoryInvalid',
      at,
      `${host} does not take the repository name ${repository} (${status})`,
    );
  if (status === 404)
    return verdict('RepositoryNotFound', at, `${host} has no repository or project for ${repository} (404)`);
  return (
    overloaded(answer, at, host) ??
    verdict('UnexpectedResponse', at, `${host} answered the upload to ${repository} with ${status}`)
  );
}

/** A 401 or 403, told apart by what is known of the login. */
function refusedFor(
  login: LoginState,
  { status }: Answer,
  granted: readonly string[] | undefined,
  { host, repository, secret }: Subject,
): Verdict {
  switch (login) {
    case 'disproven':
      return rejected(host, secret);
    case 'none':
      return verdict(
        'CredentialsRequired',
        'Authenticated',
        `${host} wants a login for ${repository} (${status}), and the check has no existingSecret`,
      );
    case 'proven':
      return verdict(
        'PushDenied',
        'PushAuthorized',
        `the login is good, but ${host} does not let it push to ${repository} (${status}${grants(granted)})`,
      );
    case 'unknown':
    case 'unchecked':
      return verdict(
        'PushUnauthorized',
        'PushAuthorized',
        `${host} refused the push to ${repository} (${status}): either the login is wrong or it has no push right, and the registry does not tell which`,
      );
  }
}

function grants(granted: readonly string[] | undefined): string {
  if (granted === undefined) return '';
  const missing = ['pull', 'push'].filter((action) => !granted.includes(action));
  if (missing.length === 0) return '';
  return `; granted: ${granted.join(', ') || 'nothing'}; missing: ${missing.join(', ')}`;
}
