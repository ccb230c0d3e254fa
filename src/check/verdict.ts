import { REASONS, type Course, type Reason, type Stage } from './reason.ts';

/** Names that a verdict's sentence is filled with. */
export interface Subject {
  /** `host` or `host:port` of the registry. */
  readonly host: string;
  readonly repository: string;
  /** Name of the Secret, where the check has one. */
  readonly secret: string | undefined;
  /** When the login ran out, as a timestamp; undefined where it has not, or where nothing says so. */
  readonly expiredAt?: string | undefined;
}

/** What an observation means. */
export interface Verdict {
  readonly reason: Reason;
  readonly course: Course;
  /** The stage that decided; undefined where the check did not get to one. */
  readonly stage: Stage | undefined;
  /** One sentence for people, always the same for the same observation. */
  readonly message: string;
}

/** A verdict; its course is that of the reason, unless the case knows better. */
export function verdict(
  reason: Reason,
  stage: Stage | undefined,
  message: string,
  course: Course = REASONS[reason],
): Verdict {
  return { reason, stage, message, course };
}

/** What messages call the token service of a registry; `realm`: its origin, where that may be shown. */
export function tokenService(host: string, realm: string | undefined): string {
  return realm === undefined ? `the token service of ${host}` : `the token service ${realm} of ${host}`;
}

/** A login that was refused, or ran out. `why`: what is known besides the status. */
export function loginRejected(
  status: number,
  { host, secret, expiredAt }: Subject,
  why: 'expired' | 'wrong' | 'unknown',
): Verdict {
  const from = secret === undefined ? 'the login' : `the login in Secret ${secret}`;
  const refused = `${host} refused ${from} (${status}): `;
  if (expiredAt !== undefined || why === 'expired') {
    const since = expiredAt === undefined ? '' : ` at ${expiredAt}`;
    return verdict('CredentialsExpired', 'Authenticated', `${refused}it has expired${since}`);
  }
  const words = why === 'wrong' ? 'wrong user name, password or token' : 'expired, locked or without access';
  return verdict('CredentialsRejected', 'Authenticated', `${refused}${words}`);
}
