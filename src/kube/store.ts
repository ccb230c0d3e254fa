import { fieldsOf } from '../json.ts';
import { describeError, type Log } from './log.ts';

/** What every object of the API has, as far as a controller needs it. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** How a store is filled and who hears of it. */
export interface StoreOptions<T> {
  /** Keeps what is needed of an object from outside; may throw, then that object alone is left out. */
  trim(raw: unknown): T;
  /** Hears of each change after it happened; an exception is logged and goes no further. */
  onChange(key: string, before: T | undefined, after: T | undefined): void;
  readonly log: Log;
}

/** Of which state a list is. */
export interface ListState {
  readonly resourceVersion: string;
  /** It is older than what was seen before: the cluster was restored, and what we hold is of a lost past. */
  readonly restored: boolean;
}

/** The objects as last seen, by `namespace/name`. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #options: StoreOptions<T>;

  constructor(options: StoreOptions<T>) {
    this.#options = options;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /**
   * Takes an object from a watch, if it is newer than what we hold, or from a `list`, which is the truth about
   * everything up to its own version. Answers its key, or undefined where it has no usable metadata.
   */
  apply(raw: unknown, list?: ListState): string | undefined {
    const identity = identify(raw);
    if (identity === undefined) {
      this.#options.log('warn', 'an object without name, uid or version was left out');
      return undefined;
    }
    const known = this.#objects.get(identity.key);
    // Most of a repeated list is known already: do not trim it again.
    if (
      known?.metadata.uid === identity.uid &&
      !replaces(identity.resourceVersion, known.metadata.resourceVersion, list)
    )
      return identity.key;
    try {
      this.#replace(identity.key, known, this.#options.trim(raw));
    } catch (error) {
      this.#options.log('warn', 'an object could not be read and was left out', {
        key: identity.key,
        error: describeError(error),
      });
    }
    return identity.key;
  }

  /** Takes an object that we wrote, if the object it replaces is still here and older. */
  put(object: T): void {
    const key = keyOf(object.metadata);
    const known = this.#objects.get(key);
    // Unknown or another uid: deleted meanwhile. Taking it would bring it back to life until the next list.
    if (known?.metadata.uid !== object.metadata.uid) return;
    if (isNewer(object.metadata.resourceVersion, known.metadata.resourceVersion))
      this.#replace(key, known, object);
  }

  /** Takes the news of a deletion; that of an earlier object of the same name is ignored. */
  remove(raw: unknown): void {
    const identity = identify(raw);
    if (identity === undefined) return;
    const known = this.#objects.get(identity.key);
    if (known?.metadata.uid === identity.uid) this.#drop(identity.key, known);
  }

  /** After a full list of `namespace` (undefined: of all): what was not in it has been deleted. */
  retain(seen: ReadonlySet<string>, namespace: string | undefined): void {
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    for (const [key, known] of this.#objects) {
      if (key.startsWith(prefix) && !seen.has(key)) this.#drop(key, known);
    }
  }

  #replace(key: string, known: T | undefined, object: T): void {
    this.#objects.set(key, object);
    if (known === undefined || known.metadata.uid === object.metadata.uid) {
      this.#notify(key, known, object);
    } else {
      // Deleted and created again between two looks: two changes, so that nothing of the old one lives on.
      this.#notify(key, known, undefined);
      this.#notify(key, undefined, object);
    }
  }

  #drop(key: string, known: T): void {
    this.#objects.delete(key);
    this.#notify(key, known, undefined);
  }

  #notify(key: string, before: T | undefined, after: T | undefined): void {
    try {
      this.#options.onChange(key, before, after);
    } catch (error) {
      this.#options.log('error', 'a change handler failed', { key, error: describeError(error) });
    }
  }
}

/** `namespace/name`; the namespace of cluster-scoped objects is empty. */
export function keyOf({
  namespace = '',
  name,
}: {
  readonly namespace?: string;
  readonly name: string;
}): string {
  return `${namespace}/${name}`;
}

interface Identity {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

function identify(raw: unknown): Identity | undefined {
  const { namespace = '', name, uid, resourceVersion } = fieldsOf(fieldsOf(raw)['metadata']);
  if (typeof namespace !== 'string' || typeof name !== 'string' || name === '') return undefined;
  if (typeof uid !== 'string' || uid === '') return undefined;
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return undefined;
  return { key: keyOf({ namespace, name }), uid, resourceVersion };
}

/** Only what we wrote while a list was read is newer than the list itself, and stays; of a lost past, nothing does. */
function replaces(offered: string, held: string, list: ListState | undefined): boolean {
  // A restored cluster gives versions a second time.
  if (isNewer(offered, held) || list?.restored === true) return true;
  return offered !== held && list !== undefined && !isNewer(held, list.resourceVersion);
}

/**
 * Whether a version is later than another. Versions of one kind are decimal numbers that grow (Kubernetes KEP-5504,
 * "comparable resource version"). Should a server not keep to that, any other version counts as newer.
 */
export function isNewer(version: string, old: string): boolean {
  if (version === old) return false;
  if (!/^\d+$/.test(version) || !/^\d+$/.test(old)) return true;
  return version.length === old.length ? version > old : version.length > old.length;
}
