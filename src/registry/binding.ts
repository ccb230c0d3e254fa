import { isIP } from 'node:net';
import { parse } from 'tldts';
import { hostOf, isDockerHub, isNamedBy, sameOrigin, type Registry } from './origin.ts';

/** A token service that the installation trusts with the credentials of one registry, both as `host[:port]`. */
export interface TokenHost {
  readonly registry: string;
  readonly tokenHost: string;
}

/** Token services on another domain that are known to belong to the registry. */
const BUILT_IN: readonly TokenHost[] = [{ registry: 'registry.gitlab.com', tokenHost: 'gitlab.com' }];

/** Docker Hub's token service. */
const DOCKER_HUB_AUTH = 'auth.docker.io';

/** Domains under which every customer has a host of his own: here another host is another customer. */
const SHARED_DOMAINS = [
  'azurecr.io',
  'azurecr.cn',
  'azurecr.us',
  'cloudsmith.io',
  'jfrog.io',
  'icr.io',
  'ocir.io',
];

/**
 * May the credential that is bound to `registry` be sent to `realm`, the token service that the registry names?
 * Yes for (1) the registry's own origin, (2) an https host under the same registrable domain, (3) a known pair,
 * (4) a pair of the installation (`tokenHosts`). An address literal only as the registry's own origin, and never http
 * for an https registry. The registry chooses the realm, so it must not decide this.
 */
export function realmAllowed(registry: Registry, realm: URL, tokenHosts: readonly TokenHost[]): boolean {
  if (realm.username !== '' || realm.password !== '') return false;
  if (sameOrigin(registry.origin, realm)) return true;
  if (realm.protocol !== 'https:' || isAddress(realm.hostname)) return false;
  if (isDockerHub(registry.origin.hostname)) return hostOf(realm) === DOCKER_HUB_AUTH;
  const paired = [...BUILT_IN, ...tokenHosts].some(
    (pair) => isNamedBy(registry, pair.registry) && pair.tokenHost === hostOf(realm),
  );
  return (
    paired || (registry.origin.protocol === 'https:' && sameDomain(registry.origin.hostname, realm.hostname))
  );
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
  return a === b || !SHARED_DOMAINS.includes(one.domain);
}
