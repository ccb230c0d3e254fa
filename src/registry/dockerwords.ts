import { isObject, parseJson } from '../json.ts';
import { covers, hostOfKey, isWildcard, parseKey, shownKey, type RegistryKey } from './key.ts';
import type { Registry } from './origin.ts';

/** The keys of a Secret that hold a docker configuration: the file of today, and the older one, which is its `auths` alone. */
export type DockerConfigKey = '.dockerconfigjson' | '.dockercfg';

const INSTEAD = 'use "kubectl create secret docker-registry"';

/** Why a text is no docker configuration, without a word of it. */
export function explainUnreadable(text: string, name: DockerConfigKey): string {
  const size = `${name} is not valid JSON (${text.length} characters)`;
  const shape =
    name === '.dockercfg'
      ? `${name} must be a JSON object of registry hosts`
      : `${name} must be a JSON object with "auths"`;
  if (text.trim() === '') return `${name} is empty`;
  if (text.startsWith('\u{FEFF}')) return `${size}: it starts with a byte-order mark`;
  if (isBase64OfJson(text)) return `${size}: it was encoded twice, put the JSON itself into stringData`;
  if (/^\s*[[{"]/.test(text)) return isJson(text) ? shape : `${size}: it is cut off or has a syntax error`;
  if (/^[^\s:]+:[^\s:]+\s*$/.test(text)) return `${size}: it looks like user:password; ${INSTEAD}`;
  if (/^\s*auths\s*:/.test(text)) return `${size}: it looks like YAML`;
  return isJson(text) ? shape : size;
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

/** What is wrong where the file of a workstation was taken, whose logins its credential helper keeps (Docker Desktop's, for one). */
export function explainHelper(parsed: Readonly<Record<string, unknown>>): string | undefined {
  const named = ['credsStore', 'credHelpers'].find((name) => Object.hasOwn(parsed, name));
  return named === undefined
    ? undefined
    : `.dockerconfigjson names a credential helper of a workstation (${named}), which keeps the login, and holds none itself; ${INSTEAD}`;
}

/** What a `.dockerconfigjson` without `auths` is instead. */
export function explainWithoutAuths(parsed: Readonly<Record<string, unknown>>): string {
  const helper = explainHelper(parsed);
  if (helper !== undefined) return helper;
  const older = Object.values(parsed).some(
    (value) => isObject(value) && (Object.hasOwn(value, 'auth') || Object.hasOwn(value, 'username')),
  );
  return older
    ? '.dockerconfigjson has no "auths": this is the older .dockercfg form, wrap it as {"auths": …}'
    : '.dockerconfigjson has no "auths"';
}

/** Why none of these keys is for the registry: the hosts that they name, and the nearest one with what keeps it apart. */
export function explainUnmatched(
  keys: readonly string[],
  where: string,
  registry: Registry,
  repository: string,
): string {
  const near = keys.find((key) => nearness(parseKey(key), registry, repository) !== undefined);
  const hint = near === undefined ? undefined : nearness(parseKey(near), registry, repository);
  const listed = keys.slice(0, 5).map(shownKey).join(', ');
  const more = keys.length > 5 ? ` and ${keys.length - 5} more` : '';
  const base = `${where} has no entry for ${registry.host}; it has ${listed}${more}`;
  return near === undefined ? base : `${base}; ${shownKey(near)} ${String(hint)}`;
}

/** Why a key that looks right does not match, or undefined where it does not look right. */
function nearness(key: RegistryKey, registry: Registry, repository: string): string | undefined {
  if (isWildcard(key) && covers({ ...key, path: '', scheme: undefined }, registry, repository))
    return anotherPart(key, registry);
  const domain = domainOf(key);
  if (domain !== undefined && `.${registry.host.replace(/:\d+$/, '')}`.endsWith(domain))
    return 'has a wildcard, which stands for letters within one part of a host name, between two dots';
  if (key.host.replace(/:\d+$/, '') !== registry.host.replace(/:\d+$/, '')) return undefined;
  if (hostOfKey(key, registry) !== registry.host) return 'has another port';
  return anotherPart(key, registry);
}

function anotherPart(key: RegistryKey, { origin }: Registry): string {
  return key.scheme === 'https' && origin.protocol === 'http:' ? 'is for https only' : 'is for another path';
}

/** What follows the last wildcard of a key, where that begins with a whole part. */
function domainOf({ host }: RegistryKey): string | undefined {
  const rest = host.slice(host.lastIndexOf('*') + 1).replace(/:\d+$/, '');
  return rest !== host && /^\../.test(rest) ? rest : undefined;
}
