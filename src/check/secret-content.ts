import { isHostName, isPlainKey } from '../registry/key.ts';
import { sanitise } from '../text.ts';

/** A Secret as the API gives it, without anything of Kubernetes in it: values are base64. */
export interface SecretContent {
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is wrong, as a sentence of ours that goes on after "Secret NAME: ": names and lengths, never values. */
export interface Problem {
  readonly problem: string;
}

/** Annotations of a Secret that say where its login may go and how long it lives. Part of the API. */
export const SECRET_ANNOTATION = {
  /** `host[:port][/path]`, comma separated: where a login without a registry of its own may be sent. */
  registries: 'doctor.stella-ops.org/registries',
  /** `host[:port]`, comma separated: token services that may get the login, besides those that the rules allow. */
  tokenHosts: 'doctor.stella-ops.org/token-hosts',
  /** RFC 3339. */
  expiresAt: 'doctor.stella-ops.org/expires-at',
} as const;

/** How a Secret holds its login, for the command that writes another one: `other` where its content is better left alone. */
export type SecretForm = 'docker' | 'password' | 'token' | 'other';

/** What is wrong in a Secret, for the commands that mend this and nothing else. */
export type SecretPart =
  | 'login'
  | 'both-logins'
  | 'docker-and-plain'
  | 'wrong-key'
  | 'ca.crt'
  | 'client-certificate'
  | 'registry'
  | 'registries'
  | 'token-hosts';

/** A {@link Problem} and where it is. */
export type PartProblem = Problem & { readonly part: SecretPart };

/** How a Secret holds its login, or would if it had one. */
export function formOf(secret: SecretContent): SecretForm {
  if (secret.type === 'kubernetes.io/dockerconfigjson') return 'docker';
  const plain = ['', 'Opaque', 'kubernetes.io/basic-auth'].includes(secret.type);
  if (!plain || hasKey(secret, '.dockerconfigjson')) return 'other';
  return hasKey(secret, 'token') && !hasKey(secret, 'username') ? 'token' : 'password';
}

/** Largest value that is read, in bytes. */
const MAX_BYTES = 256 * 1024;

/** Whether the Secret has a key, empty or not. */
export function hasKey({ data }: SecretContent, key: string): boolean {
  return Object.hasOwn(data, key);
}

/** The names of the Secret's keys, ten at most, as they may be shown. */
export function keysOf({ data }: SecretContent): string {
  const keys = Object.keys(data).slice(0, 10);
  return keys.map((key) => sanitise(key, 64)).join(', ') || 'none';
}

/** The value of a key, undefined where it is not there. */
export function bytesOf(
  secret: SecretContent,
  key: string,
): { readonly bytes: Buffer | undefined } | Problem {
  const base64 = hasKey(secret, key) ? secret.data[key] : undefined;
  if (base64 === undefined) return { bytes: undefined };
  // Before anything is decoded: a Secret may have a megabyte.
  return base64.length > Math.ceil(MAX_BYTES / 3) * 4
    ? { problem: `its key ${key} is larger than ${MAX_BYTES / 1024} KiB` }
    : { bytes: Buffer.from(base64, 'base64') };
}

/** The value of a key as text, undefined where it is not there. Nothing is trimmed. */
export function textOf(secret: SecretContent, key: string): { readonly text: string | undefined } | Problem {
  const read = bytesOf(secret, key);
  if ('problem' in read || read.bytes === undefined) return 'problem' in read ? read : { text: undefined };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(read.bytes) };
  } catch {
    return { problem: `its key ${key} is not UTF-8 text` };
  }
}

/** An annotation of the Secret, undefined where it is not there. */
export function annotationOf({ annotations }: SecretContent, name: string): string | undefined {
  return Object.hasOwn(annotations, name) ? annotations[name] : undefined;
}

/** More entries in one annotation are a mistake. */
const MAX_ENTRIES = 100;

/** The token services that the Secret's annotation names. */
export function tokenHostsOf(secret: SecretContent): { readonly list: readonly string[] } | Problem {
  const name = SECRET_ANNOTATION.tokenHosts;
  const read = listOf(secret, name, isHostName, 'token services as host or host:port');
  return 'problem' in read ? read : { list: read.list.map((host) => host.toLowerCase()) };
}

/** The registries that the Secret says its login is for, by its key `registry` and by its annotation. */
export function statedRegistries(secret: SecretContent): { readonly list: readonly string[] } | PartProblem {
  const key = textOf(secret, 'registry');
  if ('problem' in key) return { ...key, part: 'registry' };
  const { text } = key;
  if (text !== undefined && !isPlainKey(text)) {
    const length = text === '' ? 'it is empty' : `its ${text.length} characters are none`;
    const what = /[\r\n]$/.test(text) ? 'it ends with a line break' : length;
    const problem = `its key registry must be host, host:port or host/path, without wildcards; ${what}`;
    return { problem, part: 'registry' };
  }
  const words = 'registries as host, host:port or host/path, without wildcards';
  const annotated = listOf(secret, SECRET_ANNOTATION.registries, isPlainKey, words);
  if ('problem' in annotated) return { ...annotated, part: 'registries' };
  return { list: text === undefined ? annotated.list : [text, ...annotated.list] };
}

function listOf(
  secret: SecretContent,
  name: string,
  isGood: (entry: string) => boolean,
  words: string,
): { readonly list: readonly string[] } | Problem {
  const entries = (annotationOf(secret, name) ?? '').split(',').map((entry) => entry.trim());
  const list = entries.filter((entry) => entry !== '');
  if (list.length > MAX_ENTRIES)
    return { problem: `its annotation ${name} has ${list.length} entries, more than ${MAX_ENTRIES}` };
  const bad = list.findIndex((entry) => !isGood(entry));
  return bad < 0
    ? { list }
    : { problem: `its annotation ${name} must list ${words}; entry ${bad + 1} is none` };
}
