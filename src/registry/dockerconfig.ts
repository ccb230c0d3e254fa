import { isObject, parseJson } from '../json.ts';
import { sanitise } from '../text.ts';
import type { Login } from './login.ts';
import { isDockerHub, type Registry } from './origin.ts';
import { Secret } from './secret.ts';

/** Largest text and highest number of entries that are read. */
const LIMITS = { bytes: 256 * 1024, entries: 1000 } as const;

/** The login for a registry, or why there is none. `detail` is a sentence of ours: names and lengths, never values. */
export type DockerConfigEntry =
  | { readonly kind: 'found'; readonly key: string; readonly login: Login }
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'unmatched'; readonly detail: string };

/**
 * Finds the entry of a `.dockerconfigjson` for `repository` at `registry`. Matching follows the kubelet, with the host
 * in lower case and default ports dropped: a key is a host, optionally with a path that ends at a path segment;
 * the most specific one wins, and only that one is used.
 * @param text the decoded content of the Secret's key
 */
export function readDockerConfig(text: string, registry: Registry, repository: string): DockerConfigEntry {
  if (text.length > LIMITS.bytes)
    return invalid(`.dockerconfigjson is larger than ${LIMITS.bytes / 1024} KiB`);
  const parsed = parseJson(text);
  if (parsed === undefined) return invalid(explainUnreadable(text));
  if (!Object.hasOwn(parsed, 'auths')) return invalid(explainWithoutAuths(parsed));
  const auths = parsed['auths'];
  if (!isObject(auths)) return invalid('"auths" in .dockerconfigjson must be an object of registry hosts');
  const keys = Object.keys(auths);
  if (keys.length === 0) return unmatched(`"auths" is empty: no entry for ${registry.host}`);
  if (keys.length > LIMITS.entries)
    return invalid(`"auths" has ${keys.length} entries, more than ${LIMITS.entries}`);
  const key = mostSpecific(keys, registry, repository);
  if (key === undefined) return unmatched(explainUnmatched(keys, registry));
  const login = readEntry(auths[key]);
  return typeof login === 'string'
    ? invalid(`the entry ${shown(key)} ${login}`)
    : { kind: 'found', key: matchedKey(key), login };
}

/** The key that matched, with its path, which is part of the repository's name; without a user name or password. */
function matchedKey(key: string): string {
  const { host, path } = parseKey(key);
  return sanitise(`${host}${path}`, 512);
}

function invalid(detail: string): DockerConfigEntry {
  return { kind: 'invalid', detail };
}

function unmatched(detail: string): DockerConfigEntry {
  return { kind: 'unmatched', detail };
}

/** A key taken apart: `https://host:port/path` → scheme, host and path without the docker client's /v1/ and /v2/. */
interface Key {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly path: string;
}

function parseKey(key: string): Key {
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

function withoutDefaultPort(host: string, protocol: string): string {
  return host.replace(protocol === 'https:' ? /:443$/ : /:80$/, '');
}

function mostSpecific(keys: readonly string[], registry: Registry, repository: string): string | undefined {
  let best: { readonly key: string; readonly length: number } | undefined;
  for (const key of keys) {
    const parsed = parseKey(key);
    if (matches(parsed, registry, repository) && parsed.path.length > (best?.length ?? -1)) {
      best = { key, length: parsed.path.length };
    }
  }
  return best?.key;
}

function matches(key: Key, registry: Registry, repository: string): boolean {
  const { protocol } = registry.origin;
  // A key that says https binds the login to https.
  if (key.scheme === 'https' && protocol === 'http:') return false;
  const host = withoutDefaultPort(key.host, protocol);
  const sameHost = host === registry.host || (isDockerHub(host) && isDockerHub(registry.host));
  const path = `${registry.prefix}/${repository}`;
  return sameHost && (key.path === '' || path === key.path || path.startsWith(`${key.path}/`));
}

/** The login of one entry, or what is wrong with it (the sentence goes on after "the entry KEY"). */
function readEntry(entry: unknown): Login | string {
  if (!isObject(entry)) return 'must be an object with auth, or with username and password';
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(entry, name) ? entry[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  for (const name of ['auth', 'username', 'password', 'identitytoken', 'registrytoken']) {
    if (Object.hasOwn(entry, name) && text(name) === undefined)
      return `has a field "${name}" that is not a string`;
  }
  const auth = text('auth') ?? '';
  if (auth !== '') return decodeAuth(auth);
  const username = text('username') ?? '';
  const password = text('password') ?? '';
  if (username === '' && password === '') {
    if (text('identitytoken') || text('registrytoken'))
      return 'has only an identity or registry token; a user name with a password or access token is needed';
    return 'has neither auth nor username and password';
  }
  return checkLogin(username, password, 'username and password');
}

/**
 * `auth` is base64 of `username:password`, split at the first colon; strict, padding included: the container runtimes
 * refuse anything else, and a repaired text misleads.
 */
function decodeAuth(auth: string): Login | string {
  if (/\s/.test(auth)) return 'has an "auth" with white space or a line break in it';
  const bytes = Buffer.from(auth, 'base64');
  if (bytes.toString('base64') !== auth) return 'has an "auth" that is not base64';
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'has an "auth" that does not decode to UTF-8 text';
  }
  const colon = decoded.indexOf(':');
  if (colon < 0) return 'has an "auth" without a colon: it must be base64 of username:password';
  return checkLogin(decoded.slice(0, colon), decoded.slice(colon + 1), '"auth"');
}

function checkLogin(username: string, password: string, where: string): Login | string {
  if (username === '') return `has an empty user name in ${where}`;
  if (password === '') return `has an empty password in ${where}`;
  if (/[\r\n]$/.test(password))
    return `has a password in ${where} that ends with a line break: encode it with printf, not echo`;
  if (!username.isWellFormed() || !password.isWellFormed()) return `has broken Unicode in ${where}`;
  if (/\p{Cc}/u.test(username) || /\p{Cc}/u.test(password)) return `has a control character in ${where}`;
  if (username.includes(':')) return `has a colon in the user name in ${where}`;
  return { username, password: new Secret(password) };
}

/** A key as it may be shown: its host alone, and only where it is one. Keys hold what people put into them, passwords too. */
function shown(key: string): string {
  const { host } = parseKey(key);
  const name = host.slice(host.lastIndexOf('@') + 1);
  const known =
    /^(?:localhost|[a-z0-9*-]+(?:\.[a-z0-9*-]+)+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(name) &&
    name.length <= 253;
  return known ? JSON.stringify(name) : `a key that is no host name (${key.length} characters)`;
}

function explainUnreadable(text: string): string {
  const size = `.dockerconfigjson is not valid JSON (${text.length} characters)`;
  if (text.trim() === '') return '.dockerconfigjson is empty';
  if (text.startsWith('\u{FEFF}')) return `${size}: it starts with a byte-order mark`;
  if (isBase64OfJson(text)) {
    return `${size}: it was encoded twice, put the JSON itself into stringData`;
  }
  if (/^\s*[[{"]/.test(text)) {
    return isJson(text)
      ? '.dockerconfigjson must be a JSON object with "auths"'
      : `${size}: it is cut off or has a syntax error`;
  }
  if (/^[^\s:]+:[^\s:]+\s*$/.test(text))
    return `${size}: it looks like user:password; use "kubectl create secret docker-registry"`;
  if (/^\s*auths\s*:/.test(text)) return `${size}: it looks like YAML`;
  return isJson(text) ? '.dockerconfigjson must be a JSON object with "auths"' : size;
}

function isBase64OfJson(text: string): boolean {
  const compact = text.replace(/\s/g, '');
  return (
    /^[A-Za-z0-9+/]+={0,2}$/.test(compact) &&
    parseJson(Buffer.from(compact, 'base64').toString('utf8')) !== undefined
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function explainWithoutAuths(parsed: Readonly<Record<string, unknown>>): string {
  if (Object.hasOwn(parsed, 'credsStore') || Object.hasOwn(parsed, 'credHelpers')) {
    return '.dockerconfigjson names a credential helper of a workstation and holds no login itself; use "kubectl create secret docker-registry"';
  }
  if (
    Object.values(parsed).some(
      (value) => isObject(value) && (Object.hasOwn(value, 'auth') || Object.hasOwn(value, 'username')),
    )
  ) {
    return '.dockerconfigjson has no "auths": this is the older .dockercfg form, wrap it as {"auths": …}';
  }
  return '.dockerconfigjson has no "auths"';
}

function explainUnmatched(keys: readonly string[], registry: Registry): string {
  const wanted = registry.host;
  const near = keys.find((key) => nearness(parseKey(key), registry) !== undefined);
  const hint = near === undefined ? undefined : nearness(parseKey(near), registry);
  const listed = keys.slice(0, 5).map(shown).join(', ');
  const more = keys.length > 5 ? ` and ${keys.length - 5} more` : '';
  const base = `"auths" has no entry for ${wanted}; it has ${listed}${more}`;
  return near === undefined ? base : `${base}; ${shown(near)} ${String(hint)}`;
}

/** Why a key that looks right does not match, or undefined where it does not look right. */
function nearness(key: Key, registry: Registry): string | undefined {
  const { protocol } = registry.origin;
  const hostname = registry.host.replace(/:\d+$/, '');
  if (key.host.includes('*')) return 'has a wildcard, which is not used here: write the host in full';
  if (key.host.replace(/:\d+$/, '') !== hostname) return undefined;
  if (withoutDefaultPort(key.host, protocol) !== registry.host) return 'has another port';
  if (key.scheme === 'https' && protocol === 'http:') return 'is for https only';
  return 'is for another path';
}
