import type { Clock } from '../clock.ts';
import type { KubeClient } from './client.ts';
import type { Log } from './log.ts';
import { reflect } from './reflector.ts';
import { type KubeObject, Store } from './store.ts';

export type { KubeObject } from './store.ts';

/** A mirror of the objects of one kind, kept current by list and watch. */
export interface Informer<T> {
  /** By `namespace/name`. */
  get(key: string): T | undefined;
  /** Everything that is there now. */
  list(): readonly T[];
  /** Whether the first list of every namespace has been read. */
  readonly synced: boolean;
  /**
   * When the API server was last heard of, by a list or an event (bookmarks come once a minute), in milliseconds since the
   * epoch; of several namespaces, that of the one that has been silent longest. Undefined until `synced`.
   */
  readonly heardMs: number | undefined;
  /**
   * Takes an object that we just wrote, so that the next read is not stale; ignored where the object is gone or newer.
   * `onChange` hears of it as of any change: what others changed in between comes with it.
   */
  put(object: T): void;
  /** Keeps the mirror current; resolves after the abort, never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** What to mirror, and how. */
export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  /** The path of the collection in a namespace, or in all. */
  path(namespace?: string): string;
  /** One list and watch each; empty for one over all namespaces. */
  readonly namespaces: readonly string[];
  readonly labelSelector?: string | undefined;
  readonly accept?: string | undefined;
  /** Keeps what is needed of an object from outside; what it throws leaves out that object alone. */
  trim(raw: unknown): T;
  /** Hears of each change after it happened. Only enqueue here; what it throws is logged. */
  onChange(key: string, before: T | undefined, after: T | undefined): void;
  readonly log: Log;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** An informer that survives whatever the API server does; nothing is sent before `run`. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, labelSelector, accept, log, clock, random } = options;
  const store = new Store<T>(options);
  const scopes = options.namespaces.length === 0 ? [undefined] : [...new Set(options.namespaces)];

  /** By namespace: when it was last heard of. A list comes first, so who is in here has been listed. */
  const heard = new Map<string | undefined, number>();

  const mirror = (namespace: string | undefined, signal: AbortSignal): Promise<void> => {
    const collection = { path: options.path(namespace), labelSelector, accept };
    const hear = (): void => void heard.set(namespace, clock.now());
    return reflect({ client, collection, namespace, store, heard: hear, log, clock, random }, signal);
  };

  return {
    get: (key) => store.get(key),
    list: () => store.list(),
    get synced() {
      return heard.size === scopes.length;
    },
    get heardMs() {
      return heard.size === scopes.length ? Math.min(...heard.values()) : undefined;
    },
    put: (object) => store.put(object),
    async run(signal) {
      await Promise.all(scopes.map((namespace) => mirror(namespace, signal)));
    },
  };
}
