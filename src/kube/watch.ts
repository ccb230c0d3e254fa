import { fieldsOf, parseJson } from '../json.ts';
import type { KubeClient } from './client.ts';
import { KubeNetworkError, statusError } from './errors.ts';

/** Which objects: the path of their collection, and what narrows or reshapes them. */
export interface Collection {
  readonly path: string;
  readonly labelSelector?: string | undefined;
  /** For example PartialObjectMetadata instead of whole objects. */
  readonly accept?: string | undefined;
}

/** One page of a list. */
export interface Page {
  readonly items: readonly unknown[];
  /** The state of the whole list, from which a watch goes on; the same on every page. */
  readonly resourceVersion: string;
}

/** One line of a watch. `malformed` is a line that may have been a change. */
export type WatchEvent =
  | { readonly kind: 'changed'; readonly object: unknown; readonly resourceVersion: string }
  | { readonly kind: 'deleted'; readonly object: unknown; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'malformed' };

/** Largest page that is read, in bytes: an object has at most 1.5 MiB (etcd), so one always fits. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** Objects in a page. Some may be large: where a page is over the cap of an answer, its size is halved, down to one object. */
const PAGE_SIZE = 500;
const DEADLINE_AFTER_TIMEOUT_MS = 5000;

/**
 * All objects, page by page, as they are now (no resourceVersion is asked for: a cached answer could be older than
 * what we have seen). Throws what the client throws; a 410 means that the pages took too long: begin again.
 */
export async function* list(
  client: KubeClient,
  collection: Collection,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let next = '';
  let size = PAGE_SIZE;
  for (;;) {
    const query = { limit: String(size), ...(next === '' ? {} : { continue: next }) };
    const request = { method: 'GET', maxBytes: PAGE_BYTES, ...asked(collection, query) } as const;
    let answer: Readonly<Record<string, unknown>>;
    try {
      answer = fieldsOf(await client.request<unknown>(request, signal));
    } catch (error) {
      if (size === 1 || !isTooLarge(error)) throw error;
      size = Math.ceil(size / 2);
      continue;
    }
    const { resourceVersion, continue: token } = fieldsOf(answer['metadata']);
    const items: unknown = answer['items'] ?? [];
    if (!Array.isArray(items) || typeof resourceVersion !== 'string' || resourceVersion === '') {
      throw new KubeNetworkError('INVALID_RESPONSE', `GET ${collection.path}: the answer is no list`);
    }
    yield { items, resourceVersion };
    next = typeof token === 'string' ? token : '';
    if (next === '') return;
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof KubeNetworkError && error.code === 'RESPONSE_TOO_LARGE';
}

/**
 * What changes after `resourceVersion`, until the server ends the watch after `timeoutSeconds`, which is no error.
 * Throws what the client throws, and a `KubeError` for an ERROR event (410: the version is too old, list again).
 */
export async function* watch(
  client: KubeClient,
  collection: Collection,
  from: { readonly resourceVersion: string; readonly timeoutSeconds: number },
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const { resourceVersion, timeoutSeconds } = from;
  const lines = await client.stream(
    {
      method: 'GET',
      ...asked(collection, {
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(timeoutSeconds),
      }),
      timeoutMs: timeoutSeconds * 1000 + DEADLINE_AFTER_TIMEOUT_MS,
      limited: false,
    },
    signal,
  );
  for await (const line of lines) yield parseLine(line, collection.path);
}

function asked(
  { path, labelSelector, accept }: Collection,
  query: Readonly<Record<string, string>>,
): { path: string; query: Record<string, string>; accept?: string } {
  return {
    path,
    query: labelSelector === undefined ? query : { ...query, labelSelector },
    ...(accept === undefined ? {} : { accept }),
  };
}

function parseLine(line: string, path: string): WatchEvent {
  const { type, object } = parseJson(line) ?? {};
  if (type === 'ERROR') {
    const { code } = fieldsOf(object);
    throw statusError(`watch ${path}`, typeof code === 'number' ? code : 500, object);
  }
  const { resourceVersion } = fieldsOf(fieldsOf(object)['metadata']);
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return { kind: 'malformed' };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'changed', object, resourceVersion };
    case 'DELETED':
      return { kind: 'deleted', object, resourceVersion };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion };
    default:
      return { kind: 'malformed' };
  }
}
