import { phraseVerdict } from './judge-phrase.ts';
import type { Answer, LoginState, Observation } from './observation.ts';
import type { Stage } from './reason.ts';
import { loginRejected, tokenService, verdict, type Subject, type Verdict } from './verdict.ts';

/** What 429 and 5xx mean at every step; undefined for any other status. */
function overloaded(answer: Answer, stage: Stage, host: string): Verdict | undefined {
  if (answer.status === 429) return verdict('RateLimited', stage, `${host} asks for fewer requests (429)`);
  if (answer.status >= 500)
    return verdict('RegistryUnavailable', stage, `${host} answered with a server error (${answer.status})`);
  return undefined;
}

/** `GET /v2/` without a login. */
export function pingRefused(answer: Answer, subject: Subject): Verdict {
  const { host } = subject;
  const said = phraseVerdict({ step: 'ping', answer, login: 'unknown', who: host }, subject);
  if (said !== undefined) return said;
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

/** `GET /v2/` with a Basic login. Without it the registry had just answered, so a 403 is about the login, too. */
export function loginRefused(answer: Answer, subject: Subject): Verdict {
  const { host } = subject;
  const said = phraseVerdict({ step: 'login', answer, login: 'unknown', who: host }, subject);
  if (said !== undefined) return said;
  if (answer.status === 401 || answer.status === 403) return rejected(answer, subject);
  return (
    limited(answer, host) ??
    overloaded(answer, 'Authenticated', host) ??
    verdict('UnexpectedResponse', 'Authenticated', `${host} answered the login with ${answer.status}`)
  );
}

function rejected({ status }: Answer, subject: Subject): Verdict {
  return loginRejected(status, subject, status === 403 ? 'unknown' : 'wrong');
}

/** A 429 to a login can be the lock after too many wrong ones. */
function limited({ status }: Answer, who: string): Verdict | undefined {
  const message = `${who} asks for fewer requests (429): too many of them, or too many failed logins`;
  return status === 429 ? verdict('RateLimited', 'Authenticated', message) : undefined;
}

/** The token request. */
export function tokenDenied(
  { answer, login, realm }: Extract<Observation, { kind: 'TokenDenied' }>,
  subject: Subject,
): Verdict {
  const service = tokenService(subject.host, realm);
  const said = phraseVerdict({ step: 'token', answer, login, who: service }, subject);
  if (said !== undefined) return said;
  if (answer.status === 401 || answer.status === 403 || login === 'disproven')
    return refusedFor(login, answer, undefined, subject);
  const course = answer.status >= 500 ? 'transient' : 'persistent';
  return (
    limited(answer, service) ??
    verdict('TokenServiceFailed', 'Authenticated', `${service} answered ${answer.status}`, course)
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
  // A token of the Secret's own that is called invalid is a login that was refused.
  if (isFreshRefused(answer, login)) {
    return verdict(
      'TokenRefused',
      'Authenticated',
      `${host} refuses the token that its own token service has just issued`,
    );
  }
  const said = phraseVerdict({ step: 'upload', answer, login, who: host }, subject);
  if (said !== undefined) return said;
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
  // The request has no body that could be too large: Forgejo says so of a quota that is used up.
  if (status === 413) return verdict('QuotaExceeded', at, `${host} has no room left for ${repository} (413)`);
  if (status === 404)
    return verdict('RepositoryNotFound', at, `${host} has no repository or project for ${repository} (404)`);
  return (
    overloaded(answer, at, host) ??
    verdict('UnexpectedResponse', at, `${host} answered the upload to ${repository} with ${status}`)
  );
}

/** Whether a token is called invalid, or expired, that was issued a moment ago: it had no time to expire. */
function isFreshRefused({ status, tokenError, phrase }: Answer, login: LoginState): boolean {
  return (
    (status === 401 && tokenError === 'invalid_token' && login !== 'disproven') ||
    (phrase === 'expired' && login === 'unknown')
  );
}

/** A 401 or 403, told apart by what is known of the login. */
function refusedFor(
  login: LoginState,
  answer: Answer,
  granted: readonly string[] | undefined,
  subject: Subject,
): Verdict {
  const { host, repository, expiredAt } = subject;
  const { status } = answer;
  switch (login) {
    case 'disproven':
      return rejected(answer, subject);
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
        `the login is good, but ${host} refuses it the push to ${repository} (${status}): ${missing(granted)}`,
      );
    case 'unknown':
    case 'unchecked':
      if (status === 401 && expiredAt !== undefined) return rejected(answer, subject);
      return verdict(
        'PushUnauthorized',
        'PushAuthorized',
        `${host} refused the push to ${repository} (${status}): either the login is wrong or it has no push right, and the registry does not tell which`,
      );
  }
}

/** What the token says is missing. Where it says nothing, a missing right looks like a missing project or a read-only one. */
function missing(granted: readonly string[] | undefined): string {
  const absent = ['pull', 'push'].filter((action) => granted?.includes(action) === false);
  return absent.length === 0
    ? 'no push right, or no such project, or one that takes no pushes'
    : `granted: ${granted?.join(', ') || 'nothing'}; missing: ${absent.join(', ')}`;
}
