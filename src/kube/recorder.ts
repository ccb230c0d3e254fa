import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { describeError, type Log } from './log.ts';

/** The object an event is about. `namespace` is empty for cluster-scoped objects. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What goes on, and is told again while it does: stored once, and counted. */
export interface Series {
  /** When it began, in milliseconds since the epoch: another beginning is another series. */
  readonly sinceMs: number;
  /** How often it was to be told by now, this time included. */
  readonly count: number;
}

/** Something worth telling a person who runs `kubectl describe`. */
export interface KubeEvent {
  readonly regarding: ObjectReference;
  /** Another object that has to do with it, such as the cause. */
  readonly related?: Omit<ObjectReference, 'uid'> | undefined;
  readonly type: 'Normal' | 'Warning';
  /** Why, for machines: CamelCase, 128 characters at most. */
  readonly reason: string;
  /** What was done, for machines: CamelCase, 128 characters at most. */
  readonly action: string;
  /** For people; what is over 1 kB is cut off. */
  readonly note: string;
  /** Events that agree in it, in their object, type, reason and note are one. */
  readonly series?: Series | undefined;
}

/** Writes events, within a budget for each object. */
export interface Recorder {
  /**
   * Never rejects: an event that cannot be written is logged, and changes nothing else. One over the budget of its
   * object is dropped.
   */
  record(event: KubeEvent, signal: AbortSignal): Promise<void>;
}

/** Who reports. */
export interface RecorderOptions {
  readonly client: KubeClient;
  /** The controller's name, a qualified name (`example.com/some-controller`). */
  readonly component: string;
  /** The process, for example the pod's name. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The length limits are those of the API server (pkg/apis/core/validation/events.go). */
const NOTE_BYTES = 1024;
const WORD_CHARS = 128;
const NAME_CHARS = 253;
/** client-go's event spam filter has the burst and the rate (tools/record/events_cache.go). */
const BURST = 10;
const REFILL_MS = 300_000;
const TIMEOUT_MS = 10_000;

/** A recorder for `events.k8s.io/v1`. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { clock, log } = options;
  const budget = createBudget(clock);
  let count = 0;
  return {
    async record(event, signal) {
      const { namespace, name, uid } = event.regarding;
      if (!budget(uid)) return;
      count += 1;
      try {
        await send(event, options, count, signal);
      } catch (error) {
        if (signal.aborted) return;
        log('warn', 'an event could not be written', {
          key: `${namespace}/${name}`,
          reason: event.reason,
          error: describeError(error),
        });
      }
    },
  };
}

/** The first time creates and the others update; where the guess is wrong (the event has run out, or is there), the other way. */
async function send(
  event: KubeEvent,
  options: RecorderOptions,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const { client } = options;
  const { series } = event;
  const body = eventObject(event, options, count);
  const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(body.metadata.namespace)}/events`;
  const common = { timeoutMs: TIMEOUT_MS };
  const create = (): Promise<unknown> => client.request({ method: 'POST', path, body, ...common }, signal);
  if (series === undefined) return void (await create());
  const update = (): Promise<unknown> => {
    const repeated = { series: seriesObject(Math.max(2, series.count), options.clock.now()) };
    const named = `${path}/${encodeURIComponent(body.metadata.name)}`;
    const contentType = 'application/merge-patch+json';
    return client.request({ method: 'PATCH', path: named, body: repeated, contentType, ...common }, signal);
  };
  if (series.count < 2) await orElse(create, 409, update);
  else await orElse(update, 404, create);
}

/** The one request, or where the answer to it is that status, the other. */
async function orElse(
  first: () => Promise<unknown>,
  status: number,
  second: () => Promise<unknown>,
): Promise<void> {
  try {
    await first();
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== status) throw error;
    await second();
  }
}

interface EventObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly [field: string]: unknown;
}

/** After this was written, the API server lets nothing but `series` change (pkg/apis/core/validation/events.go). */
function eventObject(
  { regarding, related, type, reason, action, note, series }: KubeEvent,
  { component, instance, clock }: RecorderOptions,
  count: number,
): EventObject {
  const now = clock.now();
  const unique =
    series === undefined
      ? [instance, regarding.uid, String(now), String(count)]
      : [regarding.uid, type, reason, note, String(series.sinceMs)];
  const isRepeated = series !== undefined && series.count > 1;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      name: eventName(regarding.name, unique),
      namespace: regarding.namespace === '' ? 'default' : regarding.namespace,
    },
    eventTime: microTime(isRepeated ? series.sinceMs : now),
    ...(isRepeated ? { series: seriesObject(series.count, now) } : {}),
    reportingController: component.slice(0, WORD_CHARS),
    reportingInstance: instance.slice(0, WORD_CHARS),
    type,
    reason: reason.slice(0, WORD_CHARS),
    action: action.slice(0, WORD_CHARS),
    note: cutNote(note),
    regarding,
    ...(related === undefined ? {} : { related }),
  };
}

/** The API server takes no count under 2. */
function seriesObject(count: number, nowMs: number): Readonly<Record<string, unknown>> {
  return { count, lastObservedTime: microTime(nowMs) };
}

/** MicroTime: the API server takes six decimals and no others. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** `<name>.<hash>`: a DNS subdomain of at most 253 characters, whatever the name's length. */
export function eventName(name: string, unique: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(unique)).digest('hex').slice(0, 16);
  const kept = name.slice(0, NAME_CHARS - hash.length - 1).replace(/[^a-z0-9]+$/, '');
  return kept === '' ? hash : `${kept}.${hash}`;
}

/** At most 1024 bytes of UTF-8, cut between code points, with an ellipsis where something is missing. */
export function cutNote(note: string): string {
  const text = note.toWellFormed();
  if (Buffer.byteLength(text) <= NOTE_BYTES) return text;
  const ellipsis = '…';
  let room = NOTE_BYTES - Buffer.byteLength(ellipsis);
  let kept = '';
  for (const point of text) {
    room -= Buffer.byteLength(point);
    if (room < 0) break;
    kept += point;
  }
  return kept + ellipsis;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** A token bucket for each object, kept for as long as it is not full. */
function createBudget(clock: Clock): (uid: string) => boolean {
  const buckets = new Map<string, Bucket>();
  return (uid) => {
    const now = clock.monotonic();
    // The map is in the order of use: the full ones come first.
    for (const [oldest, bucket] of buckets) {
      if (filled(bucket, now) < BURST) break;
      buckets.delete(oldest);
    }
    const known = buckets.get(uid);
    const tokens = known === undefined ? BURST : filled(known, now);
    const allowed = tokens >= 1;
    buckets.delete(uid);
    buckets.set(uid, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  };
}

function filled({ tokens, at }: Bucket, now: number): number {
  return Math.min(BURST, tokens + (now - at) / REFILL_MS);
}
