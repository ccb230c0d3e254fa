import { isIP } from 'node:net';
import { formatDuration, parseDuration } from './api/duration.ts';
import { isObject } from './json.ts';
import type { TokenHost } from './registry/binding.ts';
import { createGuard } from './registry/egress.ts';

/** Reads one value of the configuration: what it means, or a sentence that says what is right. */
export type Reader<T> = (value: unknown) => { readonly value: T } | { readonly expected: string };

/** Any text. */
export const string: Reader<string> = (value) =>
  typeof value === 'string' ? { value } : { expected: 'a string' };

/** True or false. */
export const boolean: Reader<boolean> = (value) =>
  typeof value === 'boolean' ? { value } : { expected: 'true or false' };

/** An address to listen on. */
export const address: Reader<string> = (value) =>
  typeof value === 'string' && isIP(value) !== 0
    ? { value }
    : { expected: 'an IP address, such as 0.0.0.0 or 127.0.0.1' };

/** A whole number between two bounds, both included. */
export const wholeNumber =
  (least: number, most: number): Reader<number> =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? { value }
      : { expected: `a whole number from ${least} to ${most}` };

/** One of some words. */
export const oneOf =
  <T extends string>(...words: readonly T[]): Reader<T> =>
  (value) => {
    const found = words.find((word) => word === value);
    return found === undefined ? { expected: `one of ${words.join(', ')}` } : { value: found };
  };

/** A Go duration between two bounds (milliseconds, both included), read into milliseconds. */
export const duration =
  (leastMs: number, mostMs: number): Reader<number> =>
  (value) => {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    return ms !== undefined && ms >= leastMs && ms <= mostMs
      ? { value: ms }
      : { expected: `a duration from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}, such as 10m` };
  };

/** A list of texts, each read by `item`; `expected` says what they are. */
export const listOf =
  <T>(item: (text: string) => T | undefined, expected: string): Reader<readonly T[]> =>
  (value) => {
    const items = Array.isArray(value)
      ? value.map((one) => (typeof one === 'string' ? item(one) : undefined))
      : [undefined];
    return items.every((one) => one !== undefined) ? { value: items } : { expected: `a list of ${expected}` };
  };

/** A list of maps, each read by `item`; `expected` says what they are. */
export const listOfMaps =
  <T>(
    item: (map: Readonly<Record<string, unknown>>) => T | undefined,
    expected: string,
  ): Reader<readonly T[]> =>
  (value) => {
    const items = Array.isArray(value)
      ? value.map((one) => (isObject(one) ? item(one) : undefined))
      : [undefined];
    return items.every((one) => one !== undefined) ? { value: items } : { expected: `a list of ${expected}` };
  };

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?$/;

/** `host[:port]` in the one form that a parsed URL has, since that is what it is compared with. */
function isHost(text: string): boolean {
  const url = `http://${text}`;
  return HOST.test(text) && URL.canParse(url) && new URL(url).hostname === text.replace(/:\d+$/, '');
}

/** A list of registries as `host` or `host:port`. */
export const hosts = listOf(
  (text) => (isHost(text) ? text : undefined),
  'registries as host or host:port, in lower case',
);

const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SECRET_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Names of namespaces (RFC 1123 labels). */
export const namespaces = listOf((text) => (NAMESPACE.test(text) ? text : undefined), 'namespace names');

/** The installer's word that a Secret's login is meant for a registry. */
export interface Binding {
  readonly namespace: string;
  readonly secret: string;
  /** `host` or `host:port`. */
  readonly registry: string;
}

/** A binding, or undefined where the map is none: each of its keys once, and no other. */
export function binding(map: Readonly<Record<string, unknown>>): Binding | undefined {
  const { namespace, secret, registry, ...more } = map;
  if (typeof namespace !== 'string' || typeof secret !== 'string' || typeof registry !== 'string')
    return undefined;
  const right =
    NAMESPACE.test(namespace) && secret.length <= 253 && SECRET_NAME.test(secret) && isHost(registry);
  return right && Object.keys(more).length === 0 ? { namespace, secret, registry } : undefined;
}

/** `registry=tokenHost`, or undefined where it is none. */
export function tokenHost(text: string): TokenHost | undefined {
  const [registry = '', tokenHostName = '', ...more] = text.split('=');
  return more.length === 0 && isHost(registry) && isHost(tokenHostName)
    ? { registry, tokenHost: tokenHostName }
    : undefined;
}

/** An address range as it stands, or undefined where it is none (RFC 4632, section 3.1). */
export function cidr(text: string): string | undefined {
  try {
    createGuard([text]);
    return text;
  } catch {
    return undefined;
  }
}
