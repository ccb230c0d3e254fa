import type { Clock } from '../clock.ts';
import { backoffMs } from './backoff.ts';
import type { KubeClient } from './client.ts';
import { isGone, KubeError } from './errors.ts';
import { describeError, type Log } from './log.ts';
import { isNewer, type KubeObject, type Store } from './store.ts';
import { type Collection, list, watch } from './watch.ts';

/** One collection, mirrored into a store. */
export interface Reflection<T extends KubeObject> {
  readonly client: KubeClient;
  readonly collection: Collection;
  /** The namespace of the collection; undefined for all. */
  readonly namespace: string | undefined;
  readonly store: Store<T>;
  /** Is told of each list that was read to its end, and of each event of the watch, bookmarks included. */
  readonly heard: () => void;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What was seen last, and where the watch goes on. */
interface Cursor {
  resourceVersion: string;
  readonly listedAt: number;
  /** Something was missed, or the version is of no use to the server: only a list helps. */
  torn: boolean;
}

const RELIST_MS = 600_000;
const BACKOFF = { firstMs: 1000, capMs: 60_000 };
/** A watch that lasted this long was a good one. */
const SOUND_MS = 1000;
/** After this many failures in a row the version may be the cause (a restored or replaced cluster): list again. */
const DISTRUST_AFTER = 3;

/**
 * Lists, then watches, until the signal aborts; then it resolves. Every error is waited out (1 s to 60 s, full jitter,
 * never less than the server's Retry-After), the first 410 leads to a new list at once. A watch that ends by itself is
 * opened again where it stopped, and every 10 minutes a full list replaces what watching may have missed.
 */
export async function reflect<T extends KubeObject>(
  reflection: Reflection<T>,
  signal: AbortSignal,
): Promise<void> {
  let cursor: Cursor | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const { problem, ...round } = await listAndWatch(reflection, cursor, signal);
    // An abort can look like any error: only the signal tells.
    if (signal.aborted) return;
    const healthy = round.lasted && problem === undefined;
    failures = healthy ? 0 : (round.lasted || round.moved ? 0 : failures) + 1;
    cursor = round.cursor;
    if (cursor !== undefined && (isGone(problem) || failures >= DISTRUST_AFTER)) cursor.torn = true;
    if (problem !== undefined) report(reflection, problem, failures);
    const waitMs = isGone(problem) && failures === 1 ? 0 : waitAfter(problem, failures, reflection.random);
    await reflection.clock.sleep(waitMs, signal).catch(() => undefined);
  }
}

/** One list, where it is due, and one watch. */
interface Round {
  readonly cursor: Cursor | undefined;
  /** The watch was open for a second or more. */
  readonly lasted: boolean;
  /** The watch brought something. */
  readonly moved: boolean;
  readonly problem: unknown;
}

async function listAndWatch<T extends KubeObject>(
  reflection: Reflection<T>,
  known: Cursor | undefined,
  signal: AbortSignal,
): Promise<Round> {
  const { clock } = reflection;
  let cursor = known;
  let opened: { readonly at: number; readonly version: string } | undefined;
  let problem: unknown;
  try {
    if (cursor === undefined || cursor.torn || clock.monotonic() - cursor.listedAt >= RELIST_MS) {
      cursor = await relist(reflection, cursor?.resourceVersion, signal);
    }
    opened = { at: clock.monotonic(), version: cursor.resourceVersion };
    await follow(reflection, cursor, signal);
  } catch (error) {
    problem = error;
  }
  const lasted = opened !== undefined && clock.monotonic() - opened.at >= SOUND_MS;
  const moved = opened !== undefined && cursor?.resourceVersion !== opened.version;
  return { cursor, lasted, moved, problem };
}

async function relist<T extends KubeObject>(
  { client, clock, collection, heard, namespace, store }: Reflection<T>,
  lastSeen: string | undefined,
  signal: AbortSignal,
): Promise<Cursor> {
  const listedAt = clock.monotonic();
  const seen = new Set<string>();
  let resourceVersion = '';
  for await (const page of list(client, collection, signal)) {
    resourceVersion = page.resourceVersion;
    // A list is never older than what was seen before it, except of a cluster that was restored from a backup.
    const restored = lastSeen !== undefined && isNewer(lastSeen, resourceVersion);
    for (const item of page.items) {
      const key = store.apply(item, { resourceVersion, restored });
      if (key !== undefined) seen.add(key);
    }
  }
  store.retain(seen, namespace);
  heard();
  return { resourceVersion, listedAt, torn: false };
}

async function follow<T extends KubeObject>(
  { client, collection, heard, log, random, store }: Reflection<T>,
  cursor: Cursor,
  signal: AbortSignal,
): Promise<void> {
  const from = { resourceVersion: cursor.resourceVersion, timeoutSeconds: 25 + Math.floor(random() * 11) };
  for await (const event of watch(client, collection, from, signal)) {
    if (signal.aborted) return;
    if (event.kind === 'malformed') {
      log('warn', 'a line of a watch could not be read', { path: collection.path });
      cursor.torn = true;
      continue;
    }
    if (event.kind === 'changed') store.apply(event.object);
    if (event.kind === 'deleted') store.remove(event.object);
    cursor.resourceVersion = event.resourceVersion;
    heard();
  }
}

function waitAfter(problem: unknown, failures: number, random: () => number): number {
  const waitMs = backoffMs(failures, BACKOFF, random);
  const asked = problem instanceof KubeError ? problem.retryAfterMs : undefined;
  return asked === undefined ? waitMs : Math.max(waitMs, asked + random() * BACKOFF.firstMs);
}

/** A connection that breaks now and then is everyday life; a refusal or a row of failures is not. */
function report<T extends KubeObject>(
  { collection, log }: Reflection<T>,
  problem: unknown,
  failures: number,
): void {
  const serious = (problem instanceof KubeError && !isGone(problem)) || failures >= DISTRUST_AFTER;
  log(serious ? 'warn' : 'info', 'watching was interrupted', {
    path: collection.path,
    failures,
    error: describeError(problem),
  });
}
