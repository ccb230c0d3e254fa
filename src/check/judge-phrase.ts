import type { Answer, LoginState, Step } from './observation.ts';
import type { Phrase } from './phrases.ts';
import { loginRejected, verdict, type Subject, type Verdict } from './verdict.ts';

/** The phrases that can be meant at each step. Before the upload nothing but the login was asked about, before the login nothing. */
const MEANT: Readonly<Record<Exclude<Step, 'cancel' | 'look'>, ReadonlySet<Phrase> | 'all'>> = {
  ping: new Set<Phrase>(['blocked', 'rate-limited']),
  login: new Set<Phrase>(['expired', 'rejected', 'locked', 'blocked', 'denied', 'rate-limited']),
  token: 'all',
  upload: 'all',
};

/** What is said of a login says nothing where there is none. */
const OF_LOGINS: ReadonlySet<Phrase> = new Set<Phrase>([
  'expired',
  'rejected',
  'locked',
  'denied',
  'missing-or-denied',
]);

/** What no refused login can get to. */
const PAST_LOGIN: ReadonlySet<Phrase> = new Set<Phrase>(['denied', 'missing-or-denied']);

/** A refusal whose words may tell its cause. */
export interface Said {
  readonly step: Exclude<Step, 'cancel' | 'look'>;
  readonly answer: Answer;
  readonly login: LoginState;
  /** Whose words they are: the registry's host, or its token service. */
  readonly who: string;
}

/**
 * What the words of a refusal mean, or undefined where they mean nothing here. They are a stranger's: whatever he says, it comes
 * to one of these sentences, and none of them is a success.
 */
export function phraseVerdict({ step, answer, login, who }: Said, subject: Subject): Verdict | undefined {
  const { phrase, status } = answer;
  const meant = MEANT[step];
  if (phrase === undefined || (meant !== 'all' && !meant.has(phrase))) return undefined;
  if (login === 'none' && OF_LOGINS.has(phrase)) return undefined;
  if (login === 'disproven' && PAST_LOGIN.has(phrase)) return undefined;
  switch (phrase) {
    case 'expired':
      return loginRejected(status, subject, 'expired');
    case 'rejected':
      return loginRejected(status, subject, 'wrong');
    case 'locked':
      return verdict('LoginLocked', 'Authenticated', lockedWords(who, status, subject));
    case 'blocked':
      return verdict('AccessBlocked', 'Reachable', `${who} does not let this network in (${status})`);
    case 'rate-limited':
      return rateLimited(step, status, who);
    case 'read-only':
    case 'group':
    case 'quota':
    case 'missing':
    case 'missing-or-denied':
    case 'denied':
    case 'name-invalid':
      return aboutPush(phrase, status, subject);
  }
}

function lockedWords(who: string, status: number, { secret }: Subject): string {
  const login = secret === undefined ? 'the login' : `the login in Secret ${secret}`;
  return `${who} has locked ${login} (${status}): too many failed logins`;
}

/** Behind a 401 it may be a login that was refused, after all: that stage is not asked again before its time. */
function rateLimited(step: Said['step'], status: number, who: string): Verdict {
  const stage =
    step === 'ping' ? 'Reachable' : step === 'upload' && status !== 401 ? 'PushAuthorized' : 'Authenticated';
  return verdict('RateLimited', stage, `${who} asks for fewer requests (${status})`);
}

type AboutPush =
  | 'read-only'
  | 'group'
  | 'quota'
  | 'missing'
  | 'missing-or-denied'
  | 'denied'
  | 'name-invalid';

function aboutPush(phrase: AboutPush, status: number, { host, repository }: Subject): Verdict {
  const at = 'PushAuthorized';
  const none = `${host} takes no pushes to ${repository} (${status})`;
  switch (phrase) {
    case 'read-only':
      return verdict('RegistryReadOnly', at, `${none}: it is read-only, disabled or a mirror`);
    case 'group':
      return verdict('RegistryReadOnly', at, `${none}: it is a group of repositories, which is read-only`);
    case 'quota':
      return verdict('QuotaExceeded', at, `${none}: a quota is used up`);
    case 'missing':
      return verdict(
        'RepositoryNotFound',
        at,
        `${host} has no repository or project for ${repository} (${status})`,
      );
    case 'missing-or-denied':
      return verdict(
        'PushDenied',
        at,
        `${host} refuses the push to ${repository} (${status}): either the login has no push right or there is no such repository, and the registry does not tell which`,
      );
    case 'denied':
      return verdict(
        'PushDenied',
        at,
        `${host} says that the login has no right to push to ${repository} (${status})`,
      );
    case 'name-invalid':
      return verdict(
        'RepositoryInvalid',
        at,
        `${host} does not take the repository name ${repository} (${status})`,
      );
  }
}
