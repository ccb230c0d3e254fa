import { isObject, parseJson } from '../json.ts';
import { sanitise } from '../text.ts';
import { isTooBroad, spansOwners } from './binding.ts';
import { isWithoutLogin, readEntry } from './dockerentry.ts';
import {
  explainHelper,
  explainUnmatched,
  explainUnreadable,
  explainWithoutAuths,
  type DockerConfigKey,
} from './dockerwords.ts';
import { imageName, kubeletRefuses, kubeletTakes } from './kubelet.ts';
import { bySpecificity, covers, parseKey, shownKey } from './key.ts';
import type { Login } from './login.ts';
import { loginServer, type Registry } from './origin.ts';

/** Largest text and highest number of entries that are read. */
const LIMITS = { bytes: 256 * 1024, entries: 1000 } as const;

/** What a person should know of an entry although its login can be used. */
export interface EntryNote {
  readonly type:
    | 'ConflictingFields'
    | 'IdentityTokenIgnoredByKubelet'
    | 'KubeletWouldNotMatch'
    | 'OtherEntryMalformed'
    | 'RegistryTokenIgnoredByKubelet'
    | 'SeveralEntriesMatch';
  /** A sentence of ours: names and lengths, never values. */
  readonly message: string;
}

/** The login for a registry, or why there is none. `detail` is a sentence of ours: names and lengths, never values. */
export type DockerConfigEntry =
  | {
      readonly kind: 'found';
      readonly key: string;
      readonly login: Login;
      /** Whether the key names another repository of the registry, too. */
      readonly isFor: (repository: string) => boolean;
      readonly notes: readonly EntryNote[];
    }
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'unmatched'; readonly detail: string }
  | { readonly kind: 'too-broad'; readonly detail: string };

/**
 * Finds the entry of a docker configuration for `repository` at `registry`. Matching follows the kubelet, with the host
 * in lower case and default ports dropped: a key is a host, optionally with a path that ends at a path segment, or a wildcard
 * with at least two literal parts to its right. The most specific key wins, and only that one is used.
 * @param text the decoded content of the Secret's key `name`
 */
export function readDockerConfig(
  text: string,
  registry: Registry,
  repository: string,
  name: DockerConfigKey = '.dockerconfigjson',
): DockerConfigEntry {
  if (text.length > LIMITS.bytes) return invalid(`${name} is larger than ${LIMITS.bytes / 1024} KiB`);
  const parsed = parseJson(text);
  if (parsed === undefined) return invalid(explainUnreadable(text, name));
  const auths = authsOf(parsed, name);
  if (typeof auths === 'string') return invalid(auths);
  const where = name === '.dockercfg' ? name : '"auths"';
  const keys = Object.keys(auths);
  // Of the older form, every name is one of a registry.
  const helper = name === '.dockercfg' ? undefined : explainHelper(parsed);
  if (keys.length === 0)
    return helper === undefined
      ? { kind: 'unmatched', detail: `${where} is empty: no entry for ${registry.host}` }
      : invalid(helper);
  if (keys.length > LIMITS.entries)
    return invalid(`${where} has ${keys.length} entries, more than ${LIMITS.entries}`);
  const matching = keys.filter((key) => covers(parseKey(key), registry, repository));
  const [key, ...others] = matching
    .filter((one) => !isTooBroad(parseKey(one).host) && !spansOwners(parseKey(one).host, registry.host))
    .toSorted((a, b) => bySpecificity(parseKey(a), parseKey(b)) || byKubelet(a, b, registry, repository));
  if (key !== undefined)
    return helper !== undefined && isWithoutLogin(auths[key])
      ? invalid(`the entry ${shownKey(key)} is empty: ${helper}`)
      : readKey(auths, key, others, registry, repository);
  const [broad] = matching;
  return broad === undefined
    ? { kind: 'unmatched', detail: explainUnmatched(keys, where, registry, repository) }
    : { kind: 'too-broad', detail: `the key ${shownKey(broad)} would send the login to any such host` };
}

function invalid(detail: string): DockerConfigEntry {
  return { kind: 'invalid', detail };
}

type Auths = Readonly<Record<string, unknown>>;

function authsOf(parsed: Auths, name: DockerConfigKey): Auths | string {
  if (name === '.dockercfg') {
    return Object.hasOwn(parsed, 'auths')
      ? '.dockercfg has "auths": that is the newer form, for a Secret of type kubernetes.io/dockerconfigjson'
      : parsed;
  }
  if (!Object.hasOwn(parsed, 'auths')) return explainWithoutAuths(parsed);
  const auths = parsed['auths'];
  return isObject(auths) ? auths : '"auths" in .dockerconfigjson must be an object of registry hosts';
}

function readKey(
  auths: Auths,
  key: string,
  others: readonly string[],
  registry: Registry,
  repository: string,
): DockerConfigEntry {
  const entry = readEntry(auths[key]);
  if (typeof entry === 'string') return invalid(`the entry ${shownKey(key)} ${entry}`);
  const { login, conflicting } = entry;
  const notes: EntryNote[] = [];
  const note = (type: EntryNote['type'], message: string): void => void notes.push({ type, message });
  if (conflicting)
    note(
      'ConflictingFields',
      `the entry ${shownKey(key)} says one login in "auth" and another one in username and password: "auth" is used`,
    );
  if (login.kind === 'token')
    note(
      'RegistryTokenIgnoredByKubelet',
      `the entry ${shownKey(key)} has a registrytoken, which the kubelet does not use: it pulls without it`,
    );
  else if (login.kind === 'identity')
    note(
      'IdentityTokenIgnoredByKubelet',
      `the entry ${shownKey(key)} has an identitytoken, which the kubelet does not use: it pulls ${login.beside === undefined ? 'without it' : 'with the password beside it'}`,
    );
  else if (!kubeletFinds(key, registry, repository))
    note(
      'KubeletWouldNotMatch',
      `the kubelet would not use the entry ${shownKey(key)} for images of ${registry.host}: write the key as ${loginServer(registry)}`,
    );
  if (others.length > 0)
    note(
      'SeveralEntriesMatch',
      `${others.length + 1} entries are for ${registry.host}: only the most specific one, ${shownKey(key)}, is used`,
    );
  const refused = Object.keys(auths).find((other) => other !== key && kubeletRefuses(auths[other]));
  if (refused !== undefined)
    note(
      'OtherEntryMalformed',
      `the kubelet would refuse the whole Secret for the entry ${shownKey(refused)}, which is malformed`,
    );
  const isFor = (other: string): boolean => covers(parseKey(key), registry, other);
  return { kind: 'found', key: matchedKey(key), login, isFor, notes };
}

/** Of two spellings of the same: the one that the kubelet would take, and never the one that happens to stand first. */
function byKubelet(a: string, b: string, registry: Registry, repository: string): number {
  const taken = (key: string): number => Number(kubeletFinds(key, registry, repository));
  return taken(b) - taken(a) || (a < b ? -1 : 1);
}

/** Images have no name for a registry below a path, and what the kubelet makes of IPv6 addresses is not known here. */
function kubeletFinds(key: string, registry: Registry, repository: string): boolean {
  if (registry.prefix !== '' || registry.host.startsWith('[')) return true;
  return kubeletTakes(key, imageName(registry, repository));
}

/** The key that matched, with its path, which is part of the repository's name; without a user name or password. */
function matchedKey(key: string): string {
  const { host, path } = parseKey(key);
  return sanitise(`${host}${path}`, 512);
}
