import type { RealmProblem } from '../registry/binding.ts';
import { networkFailed, redirected } from './network.ts';
import type { Observation } from './observation.ts';
import { loginRefused, pingRefused, tokenDenied, uploadRefused } from './refusal.ts';
import { tokenService, verdict, type Subject, type Verdict } from './verdict.ts';

/** Decides what an observation means: one case each, nothing left over. */
export function judge(observation: Observation, subject: Subject): Verdict {
  const { host, repository } = subject;
  switch (observation.kind) {
    case 'InvalidSpec':
      return verdict('InvalidSpec', undefined, observation.problem);
    case 'SecretUnusable':
      return verdict(
        observation.problem.reason,
        'Authenticated',
        `${secretName(subject)}: ${observation.problem.detail}`,
      );
    case 'NotAllowed':
      return notAllowed(observation.rule, host);
    case 'NetworkFailed':
      return networkFailed(observation, host);
    case 'Redirected':
      return redirected(observation, host);
    case 'SchemeUnsupported':
      return verdict(
        'UnsupportedAuthScheme',
        'Authenticated',
        observation.schemes.length === 0
          ? `${host} wants a login and does not say how (no WWW-Authenticate header)`
          : `${host} wants a login by ${observation.schemes.join(', ')}; a push can use Bearer or Basic`,
      );
    case 'LoginWanted':
      return verdict(
        'CredentialsRequired',
        'Authenticated',
        `${host} wants a login for ${repository}, and the check has no existingSecret`,
      );
    case 'PasswordWanted':
      return verdict(
        'CredentialsNotMatched',
        'Authenticated',
        observation.identity === true
          ? `${secretName(subject)}: it has an identity token alone, and ${host} takes none: it wants a user name with a password`
          : `${secretName(subject)}: it has a token alone, and ${host} takes a user name with a password (Basic)`,
      );
    case 'RealmNotTrusted':
      return realmNotTrusted(observation.why, observation.realm ?? 'that cannot be read', host);
    case 'PingRefused':
      return pingRefused(observation.answer, subject);
    case 'LoginRefused':
      return loginRefused(observation.answer, subject);
    case 'TokenDenied':
      return tokenDenied(observation, subject);
    case 'TokenUnusable':
      return verdict(
        'TokenServiceFailed',
        'Authenticated',
        `${tokenService(host, observation.realm)} answered 200 without a usable token (${observation.problem})`,
        'persistent',
      );
    case 'RepositoryMissing':
      return verdict(
        'RepositoryWouldBeCreated',
        'PushAuthorized',
        observation.hidden === true
          ? `the login may not look into ${repository} at ${host}: it has no right there, or nothing is there yet and asking would create it`
          : `${repository} does not exist at ${host}, and asking would create it`,
      );
    case 'UploadRefused':
      return uploadRefused(observation, subject);
    case 'UploadMalformed':
      return verdict(
        'UnexpectedResponse',
        'PushAuthorized',
        `${host} accepted the upload to ${repository} without a usable Location header`,
      );
    case 'UploadAccepted':
      return verdict(
        'PushAuthorized',
        'PushAuthorized',
        `${host} opened an upload session for ${repository}`,
      );
  }
}

function secretName({ secret }: Subject): string {
  return secret === undefined ? 'the Secret' : `Secret ${secret}`;
}

function notAllowed(rule: 'insecure-transport' | 'registry-not-listed', host: string): Verdict {
  return rule === 'insecure-transport'
    ? verdict(
        'InsecureTransportNotAllowed',
        'Reachable',
        `plain http to ${host} is not allowed: it is not in insecureRegistries of this installation`,
      )
    : verdict(
        'RegistryNotAllowed',
        'Reachable',
        `${host} is not in policy.allowedRegistries of this installation`,
      );
}

function realmNotTrusted(why: RealmProblem, realm: string, host: string): Verdict {
  const words: Readonly<Record<RealmProblem, string>> = {
    malformed: `${host} names a token service that is no valid URL: its configuration (realm) is wrong`,
    insecure: `${host} sends logins over plain http, to ${realm}: its configuration (realm, or the scheme behind a proxy) is wrong`,
    address: `${host} sends logins to the address ${realm}, which this installation does not trust with them`,
    'other-host': `${host} sends logins to the token service ${realm}, which this installation does not trust with them`,
  };
  return verdict('TokenRealmNotTrusted', 'Authenticated', words[why]);
}
