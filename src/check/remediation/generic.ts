import type { FailureReason } from '../reason.ts';

/**
 * What to do, for any registry. Words in braces are filled in: {host}, {repository}, {secret}, {newsecret}, {namespace},
 * {name}, {hostname}, {hostport}, {url}, {server}. A step is a sentence, or a sentence and a command after ": ".
 */
export interface Advice {
  /** The fix in one sentence. */
  readonly summary: string;
  /** Steps in order, without the last one: the command that verifies is added to each. */
  readonly steps: readonly string[];
}

/**
 * `kubectl create secret` with apply: works whether the Secret exists or not. Server-side: a client-side apply would copy the
 * password into an annotation.
 */
const createSecret = (name: string): string =>
  `kubectl create secret docker-registry ${name} -n {namespace} --docker-server={server} --docker-username="$REGISTRY_USER" --docker-password="$REGISTRY_PASSWORD" --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -`;
const useSecret = (name: string): string =>
  `Name it in the check: kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":{"existingSecret":"'${name}'"}}'`;

/** The commands below take the login from the environment, so that it is not in the shell's history. */
const HAVE_LOGIN =
  "Have the login at hand: printf 'User: '; read -r REGISTRY_USER; printf 'Password or token: '; stty -echo; read -r REGISTRY_PASSWORD; stty echo; echo";

const WRITE_SECRET = `Write the login into the Secret, which replaces all logins in it: ${createSecret('{secret}')}`;
/** For a Secret that holds logins of other registries, or that cannot be changed: leave it alone. */
const OTHER_SECRET = [
  HAVE_LOGIN,
  `Write the login into a Secret of its own: ${createSecret('{newsecret}')}`,
  useSecret('{newsecret}'),
];
const CURL = 'See, from where the operator runs, what answers: curl -sSi {url}/v2/';
const ASK_ADMIN =
  'Ask the administrator of {host} to allow pull and push on {repository} for the user of the Secret.';

/** One entry for each reason that needs a fix; the compiler refuses a missing one. */
export const GENERIC: Readonly<Record<FailureReason, Advice>> = {
  InvalidSpec: {
    summary: 'Correct the field that the message names.',
    steps: [
      'See what each field takes: kubectl explain rpc.spec',
      'Edit the check: kubectl edit rpc {name} -n {namespace}',
    ],
  },
  DNSLookupFailed: {
    summary: 'Make {host} resolvable from the operator, or correct spec.registryUrl.',
    steps: [
      'Check the host name in spec.registryUrl for a typing error.',
      'See, where the operator runs, what the name resolves to: getent hosts {hostname}',
    ],
  },
  ConnectionRefused: {
    summary: 'Start the registry at {host}, or correct host and port in spec.registryUrl.',
    steps: ['Check that the registry runs and listens on this port.', CURL],
  },
  ConnectionTimedOut: {
    summary: 'Open the network from the operator to {host}.',
    steps: [
      'Check NetworkPolicies, firewalls and security groups between the cluster and the registry.',
      CURL,
    ],
  },
  ConnectionReset: {
    summary: 'Find what cuts connections to {host}.',
    steps: ['Look into the logs of the registry and of the proxies and load balancers in front of it.', CURL],
  },
  ProxyFailed: {
    summary: 'Correct the proxy of the operator, or exempt {host} from it.',
    steps: ['Check HTTPS_PROXY and NO_PROXY of the operator.'],
  },
  RegistryTimeout: {
    summary: 'Find out why {host} is slow, or raise spec.timeout.',
    steps: ['Look into the logs and the load of the registry.', CURL],
  },
  TLSVerificationFailed: {
    summary: 'Give {host} a certificate that verifies, or add its authority to the trusted ones.',
    steps: [
      'See the certificate: openssl s_client -connect {hostport} -servername {hostname} -showcerts </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName',
      'Expired or for another name: renew it. Private authority: add its PEM to the file that caBundle in the configuration of the operator names, and restart the operator.',
    ],
  },
  NotARegistry: {
    summary: 'Correct spec.registryUrl: no registry answers at {host}.',
    steps: ['Give the address that "docker login" takes, not that of the web interface.', CURL],
  },
  RegistryUnavailable: {
    summary: 'Bring the registry at {host} back; the check tries again by itself.',
    steps: ['Look at the status page or the logs of the registry.', CURL],
  },
  RegistryProtocolError: {
    summary: 'Find what answers at {host}: it does not speak valid HTTP.',
    steps: ['Check that the port is that of the registry, and the proxies in front of it.', CURL],
  },
  RateLimited: {
    summary: 'Ask {host} less often; the check waits by itself.',
    steps: ['Raise spec.interval, or give the checks of this registry fewer and longer intervals.'],
  },
  EgressDenied: {
    summary: 'Use an address of {host} that checks may reach, or allow its range in the installation.',
    steps: [
      'Loopback, link-local and metadata addresses are denied. If the registry really lives there, add its range to egress.allowCIDRs of the operator.',
    ],
  },
  InsecureTransportNotAllowed: {
    summary: 'Use https for {host}, or allow plain http for it in the installation.',
    steps: [
      'To allow it, add {host} to insecureRegistries of the operator: the login will then be readable on the network.',
    ],
  },
  RedirectedElsewhere: {
    summary: 'Set spec.registryUrl to the address that {host} redirects to, its path included.',
    steps: ['The message names the address. Check that it belongs to your registry before you use it.', CURL],
  },
  AccessBlocked: {
    summary: 'Let the network of the cluster through to {host}.',
    steps: [
      'Check the firewall and allow list of the registry, and whether the address of the cluster was banned after failed logins.',
    ],
  },
  RegistryNotAllowed: {
    summary: 'Use an allowed registry, or add {host} to policy.allowedRegistries of the operator.',
    steps: [],
  },
  SecretNotFound: {
    summary: 'Create Secret {secret} in namespace {namespace}, or correct spec.existingSecret.',
    steps: [
      'If it exists under another name, set that in spec.existingSecret: kubectl get secrets -n {namespace}',
      HAVE_LOGIN,
      WRITE_SECRET,
    ],
  },
  SecretForbidden: {
    summary: 'Allow the operator to read Secrets in namespace {namespace}.',
    steps: [
      'Give its service account the verb get on secrets in this namespace by a Role and a RoleBinding.',
    ],
  },
  SecretTypeUnsupported: {
    summary: 'Store the login as a Secret of type kubernetes.io/dockerconfigjson.',
    steps: OTHER_SECRET,
  },
  SecretInvalid: { summary: 'Replace the content of Secret {secret}.', steps: [HAVE_LOGIN, WRITE_SECRET] },
  CredentialsNotMatched: {
    summary: 'Give the check a Secret that has a login for {host}.',
    steps: OTHER_SECRET,
  },
  CredentialsNotBound: {
    summary: 'Say in Secret {secret} that its login is for {host}.',
    steps: [
      'Only if the login belongs to this registry: kubectl annotate secret {secret} -n {namespace} doctor.stella-ops.org/registries={host}',
    ],
  },
  CredentialsTooBroad: {
    summary: 'Name the host in Secret {secret} instead of a wildcard.',
    steps: OTHER_SECRET,
  },
  CredentialsRejected: {
    summary: 'Put a login into Secret {secret} that {host} accepts.',
    steps: [
      'Try the login by hand: docker login {server}',
      HAVE_LOGIN,
      WRITE_SECRET,
      'If it still fails, let the registry issue a new password or access token.',
    ],
  },
  CredentialsExpired: {
    summary: 'Renew the login in Secret {secret}.',
    steps: ['Let the registry issue a new password or access token.', HAVE_LOGIN, WRITE_SECRET],
  },
  LoginLocked: {
    summary: 'Unlock the login at {host}, and find who uses a wrong password.',
    steps: [
      'Wait until the lock ends or ask the administrator of the registry to lift it.',
      HAVE_LOGIN,
      WRITE_SECRET,
    ],
  },
  CredentialsRequired: {
    summary: 'Give the check a Secret with a login for {host}.',
    steps: OTHER_SECRET,
  },
  TokenRefused: {
    summary: 'Make {host} and its token service agree: it is not the login.',
    steps: [
      'Compare signing key (or JWKS and kid), issuer, service name and clocks of the registry and its token service.',
    ],
  },
  TokenServiceFailed: {
    summary: 'Bring the token service of {host} back.',
    steps: [
      'See which token service the registry names (the realm of WWW-Authenticate), and look into its logs.',
      CURL,
    ],
  },
  TokenRealmNotTrusted: {
    summary: 'Find out whether the token service in the message is that of {host}; if not, do not allow it.',
    steps: [
      'Ask the administrator of {host} whether the token service in the message is theirs: who allows it gives it the login.',
      'Only if it is: add "{host}=HOST:PORT" to tokenHosts of the operator, with the host (and the port, where there is one) as the message shows it.',
      'Plain http, or no valid URL: correct realm or external URL in the configuration of the registry; this cannot be allowed.',
    ],
  },
  UnsupportedAuthScheme: {
    summary: 'Make {host} offer Bearer or Basic logins to clients that push.',
    steps: [CURL],
  },
  PushDenied: {
    summary: 'Give the user of Secret {secret} the right to pull and push {repository} at {host}.',
    steps: [
      ASK_ADMIN,
      'Without a message about granted rights, also check that the project exists and takes pushes (no mirror, no read-only mode, quota left).',
      'Or use another login; only then go on with the next two steps.',
      HAVE_LOGIN,
      WRITE_SECRET,
    ],
  },
  PushUnauthorized: {
    summary: 'Check the login in Secret {secret} first, then its right to push {repository}.',
    steps: ['Try the login by hand: docker login {server}', HAVE_LOGIN, WRITE_SECRET, ASK_ADMIN],
  },
  RepositoryNotFound: {
    summary:
      'Create {repository} (or the project it is in) at {host}, or name another one in spec.pushTestRepository.',
    steps: [
      `Use a repository of your own project: kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":{"pushTestRepository":"TEAM/NAME"}}'`,
    ],
  },
  RepositoryInvalid: {
    summary: 'Name a repository in spec.pushTestRepository that {host} takes.',
    steps: [
      'Many registries want a fixed number of parts, or a project that exists, in front of the name.',
      `Change it: kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":{"pushTestRepository":"TEAM/NAME"}}'`,
    ],
  },
  RegistryReadOnly: {
    summary: 'Switch off the read-only mode of {host}, or use a repository that is no mirror.',
    steps: ['A registry in maintenance, a pull-through cache and an archived repository take no pushes.'],
  },
  RepositoryWouldBeCreated: {
    summary: 'Create {repository} at {host} first, or name one that exists.',
    steps: [
      `Use a repository that exists: kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":{"pushTestRepository":"TEAM/NAME"}}'`,
    ],
  },
  QuotaExceeded: {
    summary: 'Free storage for {repository} at {host}, or raise its quota.',
    steps: ['Delete images that nobody needs, then run the garbage collection of the registry.'],
  },
  UnexpectedResponse: {
    summary: 'Find what answers for {host}: the answer is not one of the registry protocol.',
    steps: ['Look into the logs of the registry and of the proxies in front of it.', CURL],
  },
  OperatorResourceExhausted: {
    summary: 'Give the operator more memory or file descriptors; the registry is not at fault.',
    steps: ['Lower concurrency of the operator, or raise its limits.'],
  },
};
