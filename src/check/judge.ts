import { networkFailed, redirected } from './network.ts';
import type { Observation } from './observation.ts';
import { loginRefused, pingRefused, tokenDenied, uploadRefused } from './refusal.ts';
import { verdict, type Subject, type Verdict } from './verdict.ts';

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
      return networkFailed(observation.step, observation.failure.cause, host);
    case 'Redirected':
      return redirected(observation.step, observation.to, host);
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
    case 'RealmNotTrusted':
      return verdict(
        'TokenRealmNotTrusted',
        'Authenticated',
        observation.realm === undefined
          ? `${host} names a token service that is not a valid https URL`
          : `${host} sends logins to the token service ${observation.realm}, which this installation does not trust with them`,
      );
    case 'PingRefused':
      return pingRefused(observation.answer, host);
    case 'LoginRefused':
      return loginRefused(observation.answer, subject);
    case 'TokenDenied':
      return tokenDenied(observation.answer, observation.login, subject);
    case 'TokenUnusable':
      return verdict(
        'TokenServiceFailed',
        'Authenticated',
        `the token service of ${host} answered 200 without a usable token (${observation.problem})`,
        'persistent',
      );
    case 'RepositoryMissing':
      return verdict(
        'RepositoryWouldBeCreated',
        'PushAuthorized',
        `${repository} does not exist at ${host}, and asking would create it`,
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
