import { isIP } from 'node:net';
import { parse } from 'tldts';
import { covers, isWildcard, parseKey } from './key.ts';
import { isHost, isNamedBy, sameOrigin, type Registry } from './origin.ts';

/** A token service that the installation trusts with the credentials of one registry, both as `host[:port]`. */
export interface TokenHost {
  readonly registry: string;
  readonly tokenHost: string;
}

/** Token services on another domain that are known to belong to the registry. */
const BUILT_IN: readonly TokenHost[] = [
  { registry: 'docker.io', tokenHost: 'auth.docker.io' },
  { registry: 'registry.gitlab.com', tokenHost: 'gitlab.com' },
];

/** Domains under which every customer has a host of his own: here another host is another customer. */
const SHARED_DOMAINS = [
  'aliyuncs.com',
  'azure.com',
  'azurecr.cn',
  'azurecr.io',
  'azurecr.us',
  'cloud.sap',
  'cloudsmith.io',
  'container-registry.com',
  'docker.io',
  'icr.io',
  'jfrog.io',
  'myhuaweicloud.com',
  'nip.io',
  'ocir.io',
  'ovh.net',
  'sslip.io',
  'tencentcloudcr.com',
  'traefik.me',
];

/**
 * Why a token service must not get a login.
 * - `malformed`: not an absolute http(s) URL, one with user information, or one whose host ends with a dot.
 * - `insecure`: http, for a registry that is asked over https.
 * - `address`: an address literal that is not the registry's own.
 * - `other-host`: another host, which neither a rule nor the installation pairs with the registry.
 */
export type RealmProblem = 'malformed' | 'insecure' | 'address' | 'other-host';

/**
 * May the credential that is bound to `registry` be sent to `realm`, the token service that the registry names? The
 * registry chooses the realm, so it must not decide this. Undefined (yes) for (1) the registry's own origin, (2) an https
 * host under the same registrable domain, (3) a known pair, (4) a pair of the installation (`tokenHosts`). Never http for an
 * https registry.
 */
export function realmProblem(
  registry: Registry,
  realm: URL,
  tokenHosts: readonly TokenHost[],
): RealmProblem | undefined {
  if (realm.username !== '' || realm.password !== '' || realm.hostname.endsWith('.')) return 'malformed';
  if (sameOrigin(registry.origin, realm)) return undefined;
  if (realm.protocol !== 'https:' && realm.protocol !== registry.origin.protocol) return 'insecure';
  const paired = [...BUILT_IN, ...tokenHosts].some(
    (pair) => isNamedBy(registry, pair.registry) && isHost(realm, pair.tokenHost),
  );
  if (paired) return undefined;
  if (isAddress(realm.hostname)) return 'address';
  // Over http anybody on the way could name the realm: then only a pair counts.
  const related =
    registry.origin.protocol === 'https:' && sameDomain(registry.origin.hostname, realm.hostname);
  return related ? undefined : 'other-host';
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || isIP(hostname) !== 0;
}

/** Same registrable domain by the public suffix list, its private section included (publicsuffix.org). */
function sameDomain(a: string, b: string): boolean {
  const one = parse(a, { allowPrivateDomains: true });
  const other = parse(b, { allowPrivateDomains: true });
  if (one.domain === null || one.domain !== other.domain) return false;
  if (one.isIcann !== true && one.isPrivate !== true) return false;
  // Under a cluster's own domain (service.namespace.svc.…) another host is another namespace.
  if ([a, b].some((name) => name.split('.').includes('svc'))) return a === b;
  return a === b || !SHARED_DOMAINS.includes(one.domain);
}

/**
 * Where the login of a Secret that is no docker configuration may go. The check that names the Secret has no word in it: whoever
 * may write checks need not be allowed to read the Secret.
 */
export interface Consent {
  /** What the Secret itself says, each as `host[:port][/path]`: the word of whoever may write the Secret. */
  readonly stated: readonly string[];
  /** Registries, as `host[:port]`, that the installation names for this very Secret. */
  readonly installed: readonly string[];
  /** Registries, as `host[:port]`, that the installation trusts with the login of any Secret that says nothing itself. */
  readonly trusted: readonly string[];
}

/**
 * May the login be sent to `registry` for `repository`? Yes if the Secret says so, if the installation says so of this Secret, or
 * if the Secret says nothing and the installation trusts the registry. Nothing else makes it a yes.
 */
export function mayGoTo(registry: Registry, repository: string, consent: Consent): boolean {
  const { stated, installed, trusted } = consent;
  const byName = stated.length === 0 ? [...installed, ...trusted] : installed;
  return (
    stated.some((name) => covers(parseKey(name), registry, repository) && !isWildcard(parseKey(name))) ||
    byName.some((name) => isNamedBy(registry, name))
  );
}

/**
 * Whether the host of a key has a wildcard that would send the login to anyone: one that has not at least two literal labels to
 * its right, or whose literal part is a public suffix, a domain that customers share, or all of a cluster's namespaces.
 */
export function isTooBroad(host: string): boolean {
  if (!host.includes('*')) return false;
  const literal = literalLabels(host);
  if (literal.length < 2 || literal[0] === 'svc') return true;
  const suffix = literal.join('.');
  return parse(suffix, { allowPrivateDomains: true }).domain === null || SHARED_DOMAINS.includes(suffix);
}

/**
 * Whether a wildcard of a key stands for a part of the name by which `host`, a registry that the key covers, belongs to somebody: its
 * registrable domain, or in a cluster its namespace. `*.*.amazonaws.com` would send the login to any customer's bucket.
 */
export function spansOwners(key: string, host: string): boolean {
  return key.includes('*') && literalLabels(key).length < ownedLabels(host.replace(/:\d+$/, ''));
}

/** The labels of a key's host after the last wildcard. */
function literalLabels(host: string): readonly string[] {
  const labels = host.replace(/:\d+$/, '').split('.');
  return labels.slice(labels.findLastIndex((label) => label.includes('*')) + 1);
}

/** How many labels, from the right, say whose host it is. */
function ownedLabels(host: string): number {
  const labels = host.split('.');
  const service = labels.indexOf('svc');
  if (service > 0) return labels.length - service + 1;
  const { domain } = parse(host, { allowPrivateDomains: true });
  if (domain === null) return labels.length;
  return domain.split('.').length + (SHARED_DOMAINS.includes(domain) ? 1 : 0);
}
