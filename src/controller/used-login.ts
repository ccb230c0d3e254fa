import type { RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { Credential } from '../check/credential.ts';
import type { Finding } from '../check/diagnose.ts';
import type { Expiry } from '../check/expiry.ts';
import { passwordOf } from '../registry/login.ts';
import { sanitise, timestamp } from '../text.ts';

/** What is kept of a login after its probe: nothing that is secret. */
export interface UsedLogin {
  readonly matchedKey: string | undefined;
  /** The user name; undefined unless the installation shows it. */
  readonly principal: string | undefined;
  readonly expiry: Expiry | undefined;
  readonly findings: readonly Finding[];
}

/** What is kept of a credential. */
export function usedLogin(
  { login, matchedKey, expiry, findings }: Credential,
  showPrincipal: boolean,
): UsedLogin {
  const password = showPrincipal ? passwordOf(login) : undefined;
  return { matchedKey, principal: password && sanitise(password.username, 256), expiry, findings };
}

type Credentials = NonNullable<RegistryPushCheckStatus['credentials']>;

/**
 * `status.credentials` of a visit that has read this version of the Secret. The time of the first sight stays with the version, and
 * with the end of the login: a Secret gets another version by a label, too, and no login begins to live anew by that.
 */
export function credentialsOf(
  before: Credentials | undefined,
  secretResourceVersion: string,
  login: UsedLogin | undefined,
  now: string,
): Credentials {
  const { matchedKey, principal, expiry } = login ?? {};
  const end = expiry === undefined ? {} : { expiresAt: timestamp(expiry.atMs), expirySource: expiry.source };
  const isKnown =
    before?.secretResourceVersion === secretResourceVersion ||
    (expiry !== undefined && before?.expiresAt === end.expiresAt);
  return {
    secretResourceVersion,
    firstSeenTime: (isKnown ? before?.firstSeenTime : undefined) ?? now,
    ...(matchedKey === undefined ? {} : { matchedKey }),
    ...(principal === undefined ? {} : { principal }),
    ...end,
  };
}
