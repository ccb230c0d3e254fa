import type { FailureReason } from '../reason.ts';
import { GRANT_READ } from './grant-read.ts';
import { inCluster } from './in-cluster.ts';
import { MEND_SECRET, TRUST, TRY_LOGIN } from './mend-secret.ts';
import { LET_CREATE, OTHER_REPOSITORY } from './other-repository.ts';
import type { Text } from './text.ts';
import { NEW_SECRET, OTHER_SECRET, RENEW_EXPIRY, WRITE_LOGIN } from './write-login.ts';

/**
 * What to do, for any registry. Words in braces are filled in: {host}, {repository}, {secret}, {newsecret}, {namespace},
 * {name}, {hostname}, {hostport}, {url}, {server}. A step is a sentence, or a sentence and a command after ": "; what
 * is imported here under a name in capitals, such as {@link WRITE_LOGIN}, stands for several, or for none.
 */
export interface Advice {
  /** The fix in one sentence. */
  readonly summary: Text;
  /** Steps in order, without the last one: the command that verifies is added to each. */
  readonly steps: readonly Text[];
}

// -k: it sends nothing secret, and what answers is to be seen whatever its certificate.
const CURL = `See from inside the cluster what answers: ${inCluster('curl -sSik -m 20 {url}/v2/')}`;
const EDIT = 'kubectl edit rpc {name} -n {namespace}';
const ASK_ADMIN =
  'Ask the administrator of {host} to allow pull and push on {repository} for the user of the Secret.';

/** One entry for each reason that needs a fix; the compiler refuses a missing one. */
export const GENERIC: Readonly<Record<FailureReason, Advice>> = {
  InvalidSpec: {
    summary: 'Correct the field that the message names.',
    steps: ['See what each field takes: kubectl explain rpc.spec', `Edit the check: ${EDIT}`],
  },
  DNSLookupFailed: {
    summary: 'Make {host} resolvable from the operator, or correct spec.registryUrl.',
    steps: [
      'Check the host name in spec.registryUrl for a typing error.',
      `See what the name resolves to from inside the cluster: ${inCluster('nslookup {hostname}')}`,
      'If it resolves there, check that NetworkPolicies let the operator ask DNS (port 53).',
    ],
  },
  ConnectionRefused: {
    summary: 'Start the registry at {host}, or correct host and port in spec.registryUrl.',
    steps: ['Check that the registry runs and listens on this port.', CURL],
  },
  ConnectionTimedOut: {
    summary: 'Open the network from the operator to {host}.',
    steps: [
      'Something drops the packets: check NetworkPolicies, firewalls and security groups between the cluster and the registry, and the port in spec.registryUrl.',
      CURL,
      'If that is answered, look for a NetworkPolicy that holds back the operator alone.',
    ],
  },
  ConnectionReset: {
    summary: 'Find what cuts connections to {host}.',
    steps: ['Look into the logs of the registry and of the proxies and load balancers in front of it.', CURL],
  },
  ProxyFailed: {
    summary: 'Correct the proxy of the operator, or exempt the host in the message from it.',
    steps: [
      'It wants a login (407): let whoever runs the operator give it one in the URL of HTTPS_PROXY, http://USER:PASSWORD@HOST:PORT, percent-encoded; with the Helm chart, under the key httpsProxy of the Secret that proxy.existingSecret names.',
      'It allows no connection (403), cannot reach the registry or answers otherwise: ask the administrator of the proxy to let the operator through to {hostport} by CONNECT (to the token service, where the message names that).',
      'It cannot be reached or does not answer: check host and port in HTTPS_PROXY, and NetworkPolicies between the operator and the proxy. TLS with it fails: add its authority to the caBundle of the operator.',
      'It has an address that is never reached: correct HTTPS_PROXY, or let whoever runs the operator add that address to egress.allowCIDRs (config.egress.allowCIDRs in the values of its Helm chart).',
      'Where the operator reaches the host in the message without it: add that host to proxy.noProxy in the values of the Helm chart. Without Helm, add it to the list of NO_PROXY: kubectl edit deployment registry-push-check -n registry-push-check-system',
    ],
  },
  RegistryTimeout: {
    summary:
      'Find out why {host} (or its token service, where the message names it) is slow, or raise spec.timeout.',
    steps: [
      'Look into the logs and the load of the server, and of the proxies and load balancers in front of it.',
      CURL,
      `If it is just slow, give it more time: kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":{"timeout":"2m"}}'`,
    ],
  },
  TLSVerificationFailed: {
    summary: 'Give {host} a certificate that verifies, or add its authority to the trusted ones.',
    steps: [
      'See the certificate, on a machine that reaches the registry: openssl s_client -connect {hostport} -servername {hostname} -showcerts </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName',
      `Or from inside the cluster, in case something else answers there: ${inCluster('curl -sSvk -m 20 -o /dev/null {url}/v2/')}`,
      'Expired or for another name: renew it.',
      'Where the message says "through the proxy", the certificate may be that of a proxy that breaks TLS open: then let whoever runs the operator add the authority of the proxy to caBundle.',
      TRUST,
      'A registry that wants a client certificate: it must be in the Secret that the check names, beside the login, under the keys tls.crt and tls.key.',
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
    steps: [
      'Have fewer checks of this registry, or give them longer intervals (spec.interval).',
      'Where the message speaks of failed logins, look for who else uses this login with an old password.',
    ],
  },
  EgressDenied: {
    summary:
      'Use a registry at an address that checks may reach, or allow the address of {host} in the installation.',
    steps: [
      'Loopback, link-local and metadata addresses are denied. If the registry really lives there, let whoever runs the operator add its range to egress.allowCIDRs of its configuration (config.egress.allowCIDRs in the values of its Helm chart). The API server, and the ports of the kubelet and the control plane on the node, need their exact address there (/32, /128): a range does not allow them.',
      'A check without existingSecret reaches public addresses only. Name the Secret to push with, or let whoever runs the operator add {host} to policy.trustedRegistries (config.policy.trustedRegistries), or the range of its address to egress.allowCIDRs.',
    ],
  },
  InsecureTransportNotAllowed: {
    summary: 'Use https for {host}, or allow plain http for it in the installation.',
    steps: [
      `If the registry speaks https, say so in spec.registryUrl: ${EDIT}`,
      'To allow plain http, add {host} to insecureRegistries of the operator: the login will then be readable on the network.',
    ],
  },
  RedirectedElsewhere: {
    summary:
      'Set spec.registryUrl to the address that serves the registry itself, not to one that redirects.',
    steps: [
      `See from inside the cluster where it redirects to, in the header Location: ${inCluster('curl -sSik -m 20 {url}/v2/')}`,
      `If that belongs to your registry, set spec.registryUrl to it, with its path but without /v2/ at the end: ${EDIT}`,
      'If it is the page of a login or of a portal, let the proxy in front of the registry pass /v2/ on to it.',
    ],
  },
  AccessBlocked: {
    summary: 'Let the network of the cluster through to {host}.',
    steps: [
      'Check the firewall and allow list of the registry, and whether the address of the cluster was banned after failed logins.',
      CURL,
    ],
  },
  RegistryNotAllowed: {
    summary: 'Use an allowed registry, or add {host} to policy.allowedRegistries of the operator.',
    steps: [
      'Ask whoever runs the operator to add {host} to policy.allowedRegistries of its configuration (config.policy.allowedRegistries in the values of its Helm chart).',
      `Or name a registry that is allowed in spec.registryUrl: ${EDIT}`,
    ],
  },
  SecretNotFound: {
    summary: 'Create Secret {secret} in namespace {namespace}, or correct spec.existingSecret.',
    steps: [
      'If it exists under another name, set that in spec.existingSecret: kubectl get secrets -n {namespace}',
      ...NEW_SECRET,
    ],
  },
  SecretForbidden: {
    summary: 'Allow the operator to read Secret {secret} in namespace {namespace}.',
    steps: [GRANT_READ],
  },
  SecretTypeUnsupported: {
    summary: 'Store the login in a Secret of a type that can hold one.',
    steps: [OTHER_SECRET],
  },
  SecretInvalid: {
    summary: 'Correct in Secret {secret} what the message names.',
    steps: [MEND_SECRET],
  },
  CredentialsNotMatched: {
    summary: 'Give the check a Secret that has a login for {host}.',
    steps: [OTHER_SECRET],
  },
  CredentialsNotBound: {
    summary: 'Say in Secret {secret} that its login is for {host}.',
    steps: [
      'Only if the login belongs to this registry: kubectl annotate secret {secret} -n {namespace} doctor.stella-ops.org/registries={host}',
    ],
  },
  CredentialsTooBroad: {
    summary: 'Name the host in Secret {secret} instead of a wildcard.',
    steps: [OTHER_SECRET],
  },
  CredentialsRejected: {
    summary: 'Put a login into Secret {secret} that {host} accepts.',
    steps: [
      TRY_LOGIN,
      WRITE_LOGIN,
      'If it still fails, let the registry issue a new password or access token.',
    ],
  },
  CredentialsExpired: {
    summary: 'Renew the login in Secret {secret}.',
    steps: ['Let the registry issue a new password or access token.', WRITE_LOGIN, RENEW_EXPIRY],
  },
  LoginLocked: {
    summary: 'Unlock the login at {host}, and find who uses a wrong password.',
    steps: ['Wait until the lock ends or ask the administrator of the registry to lift it.', WRITE_LOGIN],
  },
  CredentialsRequired: {
    summary: 'Give the check a Secret with a login for {host}.',
    steps: [OTHER_SECRET],
  },
  TokenRefused: {
    summary: 'Make {host} and its token service agree: it is not the login.',
    steps: [
      'Compare signing key (or JWKS and kid), issuer, service name and clocks of the registry and its token service.',
    ],
  },
  TokenServiceFailed: {
    summary: 'Repair the token service that {host} names.',
    steps: [
      'Look into the logs of the token service that the message names. Where it is the wrong one, correct the realm in the configuration of the registry.',
      `See from inside the cluster which one the registry names, in the header WWW-Authenticate: ${inCluster('curl -sSik -m 20 {url}/v2/')}`,
      'Where its certificate does not verify, trust its authority as the next steps say.',
      TRUST,
    ],
  },
  TokenRealmNotTrusted: {
    summary: 'Find out whether the token service in the message is that of {host}; if not, do not allow it.',
    steps: [
      'Ask the administrator of {host} whether the token service in the message is theirs: who allows it gives it the login.',
      'Only if it is: add "{host}=HOST:PORT" to tokenHosts of the operator, or HOST:PORT to the annotation doctor.stella-ops.org/token-hosts of the Secret, with the host (and the port, where there is one) as the message shows it.',
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
      'Or use another login: the next steps, but for the last one, are for that alone.',
      WRITE_LOGIN,
    ],
  },
  PushUnauthorized: {
    summary: 'Check the login in Secret {secret} first, then its right to push {repository}.',
    steps: [TRY_LOGIN, WRITE_LOGIN, ASK_ADMIN],
  },
  RepositoryNotFound: {
    summary:
      'Create {repository} (or the project it is in) at {host}, or name another one in spec.pushTestRepository.',
    steps: [OTHER_REPOSITORY],
  },
  RepositoryInvalid: {
    summary: 'Name a repository in spec.pushTestRepository that {host} takes.',
    steps: [
      OTHER_REPOSITORY,
      'Many registries want a fixed number of parts, or a project that exists, in front of the name.',
    ],
  },
  RegistryReadOnly: {
    summary: 'Switch off the read-only mode of {host}, or use a repository that is no mirror.',
    steps: ['A registry in maintenance, a pull-through cache and an archived repository take no pushes.'],
  },
  RepositoryWouldBeCreated: {
    summary: 'Create {repository} at {host} first, or name one that exists, or let the check create it.',
    steps: [
      'Create it in the registry itself, or push an image to it once; the login must be able to read it.',
      OTHER_REPOSITORY,
      LET_CREATE,
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
