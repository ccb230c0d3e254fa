import type { FailureReason } from '../reason.ts';
import { readSecret } from './write-login.ts';

/** Where the platform runs that pushes, and what people call it. */
export const PLATFORMS = {
  kubernetes: 'Kubernetes',
  compose: 'Docker Compose (the platform of Stella Ops, whose doctor asks the same)',
  systemd: 'systemd (the platform of Stella Ops, whose doctor asks the same)',
} as const;

/** A key of {@link PLATFORMS}. */
export type Platform = keyof typeof PLATFORMS;

/** All of them, in the order in which they are shown. */
export const PLATFORM_NAMES: readonly Platform[] = ['kubernetes', 'compose', 'systemd'];

/** Where something has to be typed besides what is done at the registry. `cluster`: nowhere, it is a rule about checks or Secrets. */
export type Mile =
  | 'login'
  | 'expired'
  | 'right'
  | 'repository'
  | 'address'
  | 'network'
  | 'proxy'
  | 'certificate'
  | 'registry'
  | 'cluster';

/** One entry for each reason that needs a fix; the compiler refuses a missing one. */
export const MILE_OF: Readonly<Record<FailureReason, Mile>> = {
  InvalidSpec: 'cluster',
  DNSLookupFailed: 'network',
  ConnectionRefused: 'network',
  ConnectionTimedOut: 'network',
  ConnectionReset: 'network',
  ProxyFailed: 'proxy',
  RegistryTimeout: 'registry',
  TLSVerificationFailed: 'certificate',
  NotARegistry: 'address',
  RegistryUnavailable: 'registry',
  RegistryProtocolError: 'address',
  RateLimited: 'registry',
  EgressDenied: 'cluster',
  InsecureTransportNotAllowed: 'cluster',
  RedirectedElsewhere: 'address',
  AccessBlocked: 'network',
  RegistryNotAllowed: 'cluster',
  SecretNotFound: 'cluster',
  SecretForbidden: 'cluster',
  SecretTypeUnsupported: 'cluster',
  SecretInvalid: 'cluster',
  CredentialsNotMatched: 'login',
  CredentialsNotBound: 'cluster',
  CredentialsTooBroad: 'cluster',
  CredentialsRejected: 'login',
  CredentialsExpired: 'expired',
  LoginLocked: 'login',
  CredentialsRequired: 'login',
  TokenRefused: 'registry',
  TokenServiceFailed: 'registry',
  TokenRealmNotTrusted: 'cluster',
  UnsupportedAuthScheme: 'registry',
  PushDenied: 'right',
  PushUnauthorized: 'login',
  RepositoryNotFound: 'repository',
  RepositoryInvalid: 'repository',
  RegistryReadOnly: 'repository',
  RepositoryWouldBeCreated: 'repository',
  QuotaExceeded: 'registry',
  UnexpectedResponse: 'registry',
  OperatorResourceExhausted: 'cluster',
};

/** Whether there is something to do about a reason on a platform. */
export function hasFix(reason: FailureReason, platform: Platform): boolean {
  return platform === 'kubernetes' || MILE_OF[reason] !== 'cluster';
}

// A restart alone would keep the environment that the container was made with.
const RECREATE = 'Start the platform with it: docker compose up -d --force-recreate platform';
const RESTART = 'Restart the platform: sudo systemctl restart stellaops-platform';
const DOCKER_LOGIN = 'Try the login by hand; it asks for the password: docker login {server}';
const CURL = 'See from here what answers; 200 and 401 are those of a registry: curl -sSi -m 20 {url}/v2/';
const ASK = `Ask the registry with the login, as a push does; the password is asked for, so run this line alone: ${readSecret('Password or token')}; printf %s "$REGISTRY_PASSWORD" | registry-push-check check {url} --repository {repository} --username USER --password-stdin`;
const POST =
  'Or by hand, which asks for the password; 202 with a Location is a yes, 401 that offers Bearer is no answer, as this registry wants a token: curl -sSi -m 20 -X POST -u USER {url}/v2/{repository}/blobs/uploads/';
const OWN_CONTAINER =
  'A container has name servers and routes of its own: docker compose exec platform getent hosts {hostname}';
const DROP_IN = 'sudo systemctl edit stellaops-platform';
const NEW_LOGIN_ENV =
  'Write the new login into .env, among the settings that begin with OCI__, in an editor: so it is in no history.';
const NEW_LOGIN_FILE =
  'Write the new login where the service has it (its environment file, or the section OCI of its configuration), in an editor: so it is in no history.';
const TIMER =
  'A login that lives for hours only needs something that writes it anew in time, such as a systemd timer or cron.';
const NO_CHANGE = 'A right that is given to the same login needs no restart.';
const another = (step: string): string => `${NO_CHANGE} ${step.replace('the new', 'another')}`;

/**
 * What to do outside of a cluster, after what is done at the registry. Words in braces as in GENERIC; the step that verifies is added.
 * Names of settings and services are those of the doctor's check `check.integration.oci.push`.
 */
export const LAST_MILE: Readonly<
  Record<Exclude<Mile, 'cluster'>, Readonly<Record<Exclude<Platform, 'kubernetes'>, readonly string[]>>>
> = {
  login: {
    compose: [DOCKER_LOGIN, NEW_LOGIN_ENV, RECREATE],
    systemd: [ASK, NEW_LOGIN_FILE, RESTART],
  },
  expired: {
    compose: [NEW_LOGIN_ENV, RECREATE, TIMER],
    systemd: [NEW_LOGIN_FILE, RESTART, TIMER],
  },
  right: {
    compose: [another(NEW_LOGIN_ENV), RECREATE, ASK],
    systemd: [another(NEW_LOGIN_FILE), RESTART, ASK, POST],
  },
  repository: {
    compose: [
      "Name a repository that exists, in a project of your own (no image is uploaded): printf '%s\\n' OCI__PushTestRepository=TEAM/IMAGE >> .env",
      RECREATE,
    ],
    systemd: [
      `Name a repository that exists, in a project of your own (no image is uploaded), by the lines [Service] and Environment=OCI__PushTestRepository=TEAM/IMAGE: ${DROP_IN}`,
      RESTART,
    ],
  },
  address: {
    compose: [
      CURL,
      'Correct the URL of the registry in .env, among the settings that begin with OCI__.',
      RECREATE,
    ],
    systemd: [
      CURL,
      'Correct the URL of the registry where the service has it (section OCI of its configuration).',
      RESTART,
    ],
  },
  network: { compose: [CURL, OWN_CONTAINER], systemd: [CURL] },
  proxy: {
    compose: [
      'Correct HTTPS_PROXY, or add the host in the message to NO_PROXY, in .env; the service gets them only if its environment or env_file says so.',
      RECREATE,
    ],
    systemd: [
      `Correct HTTPS_PROXY, or add the host in the message to NO_PROXY, by lines with Environment= under [Service]: ${DROP_IN}`,
      RESTART,
    ],
  },
  certificate: {
    compose: [
      'Private authority: put its PEM into /etc/docker/certs.d/{host}/ca.crt for docker itself, and among the trusted authorities of the container for the platform.',
      RECREATE,
    ],
    systemd: [
      'Private authority, on Debian and Ubuntu, with its PEM in a file ca.crt in this directory: sudo cp ca.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates',
      RESTART,
    ],
  },
  registry: { compose: [CURL], systemd: [CURL] },
};

const OF_NEW_LOGIN: ReadonlySet<string> = new Set([
  ...[NEW_LOGIN_ENV, NEW_LOGIN_FILE].flatMap((step) => [step, another(step)]),
  RECREATE,
  RESTART,
  // A second way to see the same.
  POST,
]);

/** What is typed on a platform about a right or a login, where the login stays what it is: nothing is written, nothing restarted. */
export function withSameLogin(mile: Exclude<Mile, 'cluster'>, steps: readonly string[]): readonly string[] {
  const isOfLogin = mile === 'login' || mile === 'expired' || mile === 'right';
  return isOfLogin ? steps.filter((step) => !OF_NEW_LOGIN.has(step)) : steps;
}

const SHOW_GIVEN = `Show the new login, to copy it: printf '%s\\n' "$REGISTRY_USER" "$REGISTRY_PASSWORD"`;

/** A login that was issued a moment ago need not be tried. */
const OF_OLD_LOGIN: ReadonlySet<string> = new Set([DOCKER_LOGIN, ASK, POST, TIMER]);

/** What is typed on a platform where a step before has put the new login into variables of the shell, and has said what renews it. */
export function withGivenLogin(steps: readonly string[]): readonly string[] {
  return [SHOW_GIVEN, ...steps.filter((step) => !OF_OLD_LOGIN.has(step))];
}

/** The step that verifies outside of a cluster. */
export const VERIFY_BY_DOCTOR = 'Check again: stella doctor run --check check.integration.oci.push';

/** What there is to say of a reason that only a cluster can have. */
export const ONLY_IN_CLUSTER =
  'This is a rule about checks and Secrets of a cluster, and about nothing here: the doctor does not give this reason.';
