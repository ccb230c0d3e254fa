import type { FailureReason } from '../check/reason.ts';
import type { ProductId } from '../check/products/all.gen.ts';
import { quote, type Remediation } from '../check/remediation/remedy.ts';
import { adviceAtProduct } from './check-product.ts';

/** What advice about a typed URL is filled with. */
export interface Ground {
  readonly host: string;
  /** Scheme, host and path prefix that `/v2/` follows. */
  readonly url: string;
  /** What `docker login` takes for it. */
  readonly server: string;
  readonly hostname: string;
  /** Path in the URL, with a slash in front; empty where there is none. */
  readonly prefix: string;
  readonly repository: string;
  /** What product the registry is; undefined where it is not known. */
  readonly product?: ProductId | undefined;
  /** The name of the login for people; undefined where none was given. */
  readonly login: string | undefined;
  /** The Secret of --secret. */
  readonly secret: { readonly namespace: string; readonly name: string } | undefined;
  /** A repository was named on the command line. */
  readonly chosen: boolean;
  /** What the answer says of the URL besides its reason. */
  readonly sign?: Sign | undefined;
}

/** The port speaks no TLS; it may speak nothing else; nothing is under the path of the URL. */
export type Sign = 'plain-http' | 'https' | 'path';

const SIGNS: Readonly<Record<Sign, (on: Ground) => string>> = {
  'plain-http': () =>
    'A registry that speaks plain http only: type the URL with http:// (the login can then be read on the way).',
  https: ({ url }) => `This port may speak https: type ${url.replace(/^http:/, 'https:')}`,
  path: ({ prefix, repository, chosen }) => {
    const whole = `${prefix.slice(1)}${chosen ? `/${repository}` : ''}`;
    return `The path of a repository belongs into --repository: leave ${prefix} out of the URL, and give --repository ${quote(whole)}`;
  },
};

type Advice = (on: Ground) => readonly [summary: string, ...steps: readonly string[]];

const curl = ({ url }: Ground): string => `See from here what answers: curl -sSi ${quote(`${url}/v2/`)}`;
const byHand = ({ server }: Ground): string => `Try the login by hand: docker login ${quote(server)}`;
const another = ({ chosen }: Ground): string =>
  chosen
    ? 'Or name another repository (no image is uploaded): --repository TEAM/IMAGE'
    : 'No repository was named, and the default one exists almost nowhere. Name yours, to which no image is uploaded: --repository TEAM/IMAGE';
const giveLogin =
  'Give one by --username and --password-stdin, by --docker-config, or by --secret NAMESPACE/NAME.';
const DESCRIBE = 'See what it has, without the values: kubectl describe secret {name} -n {namespace}';
/** A step about a Secret of the cluster; none where it is not one. */
const inCluster = (secret: Ground['secret'], step: string): readonly string[] =>
  secret === undefined
    ? []
    : [step.replace('{name}', quote(secret.name)).replace('{namespace}', quote(secret.namespace))];
const logs = 'Look into the logs of the registry and of the proxies in front of it.';

/** One entry for each reason that needs a fix, in the words of somebody who typed a URL; the compiler refuses a missing one. */
const ADVICE: Readonly<Record<FailureReason, Advice>> = {
  InvalidSpec: () => ['Correct what the message names.'],
  DNSLookupFailed: ({ host, hostname }) => [
    `Make ${host} resolvable from here, or correct the URL.`,
    `See what the name resolves to: getent hosts ${quote(hostname)}`,
  ],
  ConnectionRefused: (on) => [
    `Start the registry at ${on.host}, or correct host and port in the URL.`,
    curl(on),
  ],
  ConnectionTimedOut: (on) => [
    `Open the network from here to ${on.host}.`,
    'Check firewalls, security groups and VPN between this machine and the registry.',
    curl(on),
  ],
  ConnectionReset: (on) => [`Find what cuts connections to ${on.host}.`, logs, curl(on)],
  ProxyFailed: () => [
    'Correct the proxy of HTTPS_PROXY, or exempt the host in the message from it.',
    'It wants a login (407): put it into the URL, percent-encoded: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT',
    'It allows no connection, or cannot reach the registry: ask its administrator to let you through by CONNECT.',
    'TLS with it fails: trust its authority with --ca-file.',
    "Ask without it: NO_PROXY='*', before the same command.",
  ],
  RegistryTimeout: (on) => [`Find out why ${on.host} is slow, or raise --timeout.`, logs, curl(on)],
  TLSVerificationFailed: ({ host, hostname }) => [
    `Give ${host} a certificate that verifies, or trust its authority with --ca-file.`,
    `See the certificate: openssl s_client -connect ${quote(host.includes(':') ? host : `${host}:443`)} -servername ${quote(hostname)} -showcerts </dev/null`,
    'A private authority, or that of a proxy which breaks TLS open: --ca-file FILE with its certificate as PEM.',
  ],
  NotARegistry: (on) => [
    `Correct the URL: no registry answers at ${on.host}.`,
    'Give the address that "docker login" takes, not that of the web interface; the repository goes into --repository.',
    curl(on),
  ],
  RegistryUnavailable: (on) => [
    `Bring the registry at ${on.host} back, then ask again.`,
    'Look at the status page or the logs of the registry.',
    curl(on),
  ],
  RegistryProtocolError: (on) => [
    `Find what answers at ${on.host}: it does not speak valid HTTP.`,
    'Check that the port is that of the registry, and the proxies in front of it.',
    curl(on),
  ],
  RateLimited: ({ host }) => [`Ask ${host} less often: wait, then ask again.`],
  EgressDenied: ({ host }) => [
    `Find out why ${host} leads to an address of another machine that no registry should have.`,
    'Only the host of the URL may have a loopback, link-local or metadata address; its token service may not, unless it is on the same host.',
  ],
  InsecureTransportNotAllowed: ({ host }) => [`Use https for ${host}.`],
  RedirectedElsewhere: (on) => [
    `Type the address that ${on.host} redirects to, its path included.`,
    'The message names the address. Check that it belongs to your registry before you use it.',
    curl(on),
  ],
  AccessBlocked: ({ host }) => [
    `Let this network through to ${host}.`,
    'Check the firewall and allow list of the registry, and whether this address was banned after failed logins.',
  ],
  RegistryNotAllowed: ({ host }) => [`Use another registry than ${host}.`],
  SecretNotFound: ({ login, secret }) => [
    `Correct --secret: there is no ${login ?? 'such Secret'}.`,
    `See which there are: kubectl get secrets -n ${secret?.namespace ?? 'NAMESPACE'}`,
  ],
  SecretForbidden: ({ login, secret }) => [
    `Allow the identity of the kubeconfig to get ${login ?? 'the Secret'}.`,
    ...inCluster(secret, 'See whether it may: kubectl auth can-i get secrets/{name} -n {namespace}'),
  ],
  SecretTypeUnsupported: () => ['Name a Secret of a type that can hold a login.', giveLogin],
  SecretInvalid: ({ login, secret }) => [
    `Correct in ${login ?? 'the login'} what the message names.`,
    ...inCluster(secret, DESCRIBE),
  ],
  CredentialsNotMatched: ({ host, login, server, secret }) => [
    `Use a login for ${host}: ${login ?? 'what was given'} has none that it takes.`,
    ...(secret === undefined
      ? [`Write one into the docker configuration: docker login ${quote(server)}`]
      : inCluster(secret, DESCRIBE)),
    'Or give one by --username and --password-stdin.',
  ],
  CredentialsNotBound: ({ login, host }) => [
    `Say in ${login ?? 'the Secret'} that its login is for ${host}.`,
  ],
  CredentialsTooBroad: ({ login, host }) => [
    `Name ${host} in ${login ?? 'the login'} instead of a wildcard.`,
  ],
  CredentialsRejected: (on) => [
    `Give a login that ${on.host} accepts.`,
    byHand(on),
    'If it still fails, let the registry issue a new password or access token.',
  ],
  CredentialsExpired: (on) => [
    `Renew ${on.login ?? 'the login'}.`,
    'Let the registry issue a new password or access token.',
    byHand(on),
  ],
  LoginLocked: ({ host }) => [
    `Unlock the login at ${host}, and find who uses a wrong password.`,
    'Wait until the lock ends or ask the administrator of the registry to lift it.',
  ],
  CredentialsRequired: ({ host }) => [`Give a login for ${host}.`, giveLogin],
  TokenRefused: ({ host }) => [
    `Make ${host} and its token service agree: it is not the login.`,
    'Compare signing key (or JWKS and kid), issuer, service name and clocks of the registry and its token service.',
  ],
  TokenServiceFailed: (on) => [
    `Bring the token service of ${on.host} back.`,
    'See which token service the registry names (the realm of WWW-Authenticate), and look into its logs.',
    curl(on),
  ],
  TokenRealmNotTrusted: ({ host }) => [
    `Find out whether the token service in the message is that of ${host}; if not, do not allow it.`,
    `Ask the administrator of ${host} whether it is theirs: who allows it gives it the login.`,
    `Only if it is: --token-host ${quote(host)}=HOST:PORT, with the host (and the port, where there is one) as the message shows it.`,
    'Plain http, or no valid URL: correct realm or external URL in the configuration of the registry; this cannot be allowed.',
  ],
  UnsupportedAuthScheme: (on) => [
    `Make ${on.host} offer Bearer or Basic logins to clients that push.`,
    curl(on),
  ],
  PushDenied: (on) => [
    `Give the user of ${on.login ?? 'the login'} the right to pull and push ${on.repository} at ${on.host}.`,
    'Also check that the project exists and takes pushes (no mirror, no read-only mode, quota left).',
    another(on),
  ],
  PushUnauthorized: (on) => [
    `Check ${on.login ?? 'the login'} first, then its right to push ${on.repository}.`,
    byHand(on),
    another(on),
  ],
  RepositoryNotFound: (on) => [
    `Create ${on.repository} (or the project it is in) at ${on.host}, or name another one.`,
    another(on),
  ],
  RepositoryInvalid: (on) => [
    `Name a repository that ${on.host} takes.`,
    'Many registries want a fixed number of parts, or a project that exists, in front of the name.',
    another(on),
  ],
  RegistryReadOnly: (on) => [
    `Switch off the read-only mode of ${on.host}, or use a repository that is no mirror.`,
    'A registry in maintenance, a pull-through cache and an archived repository take no pushes.',
    another(on),
  ],
  RepositoryWouldBeCreated: (on) => [
    `Create ${on.repository} at ${on.host} first, or name one that exists.`,
    another(on),
  ],
  QuotaExceeded: ({ repository, host }) => [
    `Free storage for ${repository} at ${host}, or raise its quota.`,
    'Delete images that nobody needs, then run the garbage collection of the registry.',
  ],
  UnexpectedResponse: (on) => [
    `Find what answers for ${on.host}: the answer is not one of the registry protocol.`,
    logs,
    curl(on),
  ],
  OperatorResourceExhausted: () => [
    'Give this machine more memory or file descriptors; the registry is not at fault.',
  ],
};

/** What to do about a failure where a URL was typed; the last step, which verifies, is added by who knows the command. */
export function adviceFor(reason: FailureReason, ground: Ground): Remediation {
  const [summary, ...steps] = ADVICE[reason](ground);
  const { sign } = ground;
  const words = { summary, steps, giveLogin, byHand: byHand(ground), another: another(ground) };
  const plain = { summary, steps: [...(sign === undefined ? [] : [SIGNS[sign](ground)]), ...steps] };
  return adviceAtProduct(reason, ground, words) ?? plain;
}

/** What advice about a check of a file is filled with. */
export interface FileGround {
  readonly host: string;
  readonly namespace: string;
  readonly secret: string | undefined;
  /** --trust-registry names the registry. */
  readonly typed: boolean;
  /** The Secret is not in the file, and no cluster was asked. */
  readonly isAbsent: boolean;
}

/** What to do about a failure that the command line can do something about, other than the operator; undefined for all others. */
export function fileAdviceFor(
  reason: FailureReason,
  { host, namespace, secret, typed, isAbsent }: FileGround,
): Remediation | undefined {
  const trust = `--trust-registry ${quote(host)}`;
  if (reason === 'SecretNotFound' && isAbsent)
    return {
      summary: `Add Secret ${namespace}/${secret ?? ''} to the file, or let it be read from the cluster.`,
      steps: [
        'If it is in the cluster, ask with --from-cluster (and --kubeconfig FILE, where that is another one).',
      ],
    };
  if (reason === 'InsecureTransportNotAllowed')
    return {
      summary: `Use https for ${host}, or allow plain http for it on the command line.`,
      steps: [
        'If the registry speaks https, say so in spec.registryUrl.',
        `If it does not, ask with ${trust} (the login can then be read on the way).`,
      ],
    };
  if (reason !== 'EgressDenied') return undefined;
  return {
    summary: `Find out why ${host} leads to an address that checks must not reach.`,
    steps: [
      typed
        ? 'Only the host of --trust-registry may have a loopback, link-local or metadata address; its token service may not, unless it is on the same host.'
        : `Only if the registry really lives there, ask with ${trust}`,
    ],
  };
}
