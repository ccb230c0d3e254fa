import { isIP } from 'node:net';
import { isDockerHub, type Registry } from './origin.ts';

/** A name for registries, taken apart: `https://host:port/path` → scheme, host and path without the docker client's /v1/ and /v2/. */
export interface RegistryKey {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly path: string;
}

/** Takes a key of `auths`, or another name for registries, apart. Any text is one: what is no host matches nothing. */
export function parseKey(key: string): RegistryKey {
  const [, scheme, rest = ''] = /^(?:(https?):\/\/)?(.*)$/is.exec(key) ?? [];
  const slash = rest.indexOf('/');
  const host = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? '' : rest.slice(slash).replace(/^\/v[12](?=\/|$)/, '');
  return { scheme: scheme?.toLowerCase(), host, path: withoutSlashesAtEnd(path) };
}

/** Not by an expression: `/\/+$/` takes quadratic time for slashes that are not at the end. */
function withoutSlashesAtEnd(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** The host of a key, without the port where that is the default of the registry's scheme. */
export function hostOfKey({ host }: RegistryKey, { origin }: Registry): string {
  return host.replace(origin.protocol === 'https:' ? /:443$/ : /:80$/, '');
}

/** Whether a key has a wildcard in its host. */
export function isWildcard({ host }: RegistryKey): boolean {
  return host.includes('*');
}

/**
 * Whether a key names a repository of a registry: same host and port, case apart, all names of Docker Hub being one; a path ends
 * at a path segment. A `*` of the host stands for any letters within one label, as it does for the kubelet, and for no part
 * of an address. How much a wildcard may cover is not judged here.
 */
export function covers(key: RegistryKey, registry: Registry, repository: string): boolean {
  // A key that says https binds the login to https.
  if (key.scheme === 'https' && registry.origin.protocol === 'http:') return false;
  const host = hostOfKey(key, registry);
  const sameHost =
    host === registry.host ||
    (isDockerHub(host) && isDockerHub(registry.host)) ||
    (isWildcard(key) && hostFits(host, registry));
  const path = `${registry.prefix}/${repository}`;
  return sameHost && (key.path === '' || path === key.path || path.startsWith(`${key.path}/`));
}

function hostFits(pattern: string, { host, origin }: Registry): boolean {
  if (host.startsWith('[') || isIP(origin.hostname) !== 0) return false;
  const wanted = split(host);
  const given = split(pattern);
  return (
    wanted.port === given.port &&
    wanted.labels.length === given.labels.length &&
    given.labels.every((label, at) => labelFits(label, wanted.labels[at] ?? ''))
  );
}

function split(host: string): { readonly labels: readonly string[]; readonly port: string } {
  const colon = host.lastIndexOf(':');
  const name = colon < 0 ? host : host.slice(0, colon);
  return { labels: name.split('.'), port: colon < 0 ? '' : host.slice(colon) };
}

/** A pattern with `*` against one label, from left to right: no expression is made of a user's text. */
export function labelFits(pattern: string, label: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === label;
  const end = label.length - last.length;
  if (end < first.length || !label.startsWith(first) || !label.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = label.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Orders keys, the most specific one first: no wildcard before one, then the longer host, then the longer path. */
export function bySpecificity(a: RegistryKey, b: RegistryKey): number {
  return (
    Number(isWildcard(a)) - Number(isWildcard(b)) ||
    (isWildcard(a) ? literals(b) - literals(a) : 0) ||
    b.path.length - a.path.length
  );
}

function literals({ host }: RegistryKey): number {
  return host.replaceAll('*', '').length;
}

/** A key as it may be shown: its host alone, and only where it is one. Keys hold what people put into them, passwords too. */
export function shownKey(key: string): string {
  const { host } = parseKey(key);
  const name = host.slice(host.lastIndexOf('@') + 1);
  const known =
    /^(?:localhost|\*|[a-z0-9*-]+(?:\.[a-z0-9*-]+)+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(name) &&
    name.length <= 253;
  return known ? JSON.stringify(name) : `a key that is no host name (${key.length} characters)`;
}

const HOST = /^(?:[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?$/;

/** Whether a text is `host` or `host:port` (capitals allowed, no wildcard). */
export function isHostName(text: string): boolean {
  return text.length <= 260 && HOST.test(text.toLowerCase());
}

/** Whether a text is `host[:port][/path]`, with a scheme or without: what a Secret may say of where its login goes. */
export function isPlainKey(text: string): boolean {
  const { host, path } = parseKey(text);
  return isHostName(host) && /^[\x21-\x7e]*$/.test(path);
}
