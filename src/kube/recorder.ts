import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { KubeClient } from './client.ts';
import { describeError, type Log } from './log.ts';

/** The object an event is about. `namespace` is empty for cluster-scoped objects. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Something worth telling a person who runs `kubectl describe`. */
export interface KubeEvent {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** Why, for machines: CamelCase, 128 characters at most. */
  readonly reason: string;
  /** What was done, for machines: CamelCase, 128 characters at most. */
  readonly action: string;
  /** For people; what is over 1 kB is cut off. */
  readonly note: string;
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

/** A recorder for `events.k8s.io/v1`. Events go past the request limiter: they are few, and must not wait. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { client, clock, log } = options;
  const budget = createBudget(clock);
  let count = 0;
  return {
    async record(event, signal) {
      const { namespace, name, uid } = event.regarding;
      if (!budget(uid)) return;
      count += 1;
      try {
        const body = eventObject(event, options, count);
        const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(body.metadata.namespace)}/events`;
        await client.request({ method: 'POST', path, body, timeoutMs: TIMEOUT_MS, limited: false }, signal);
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

function eventObject(
  { regarding, type, reason, action, note }: KubeEvent,
  { component, instance, clock }: RecorderOptions,
  count: number,
): { readonly metadata: { readonly name: string; readonly namespace: string } } & Record<string, unknown> {
  const now = clock.now();
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      name: eventName(regarding.name, [instance, regarding.uid, String(now), String(count)]),
      namespace: regarding.namespace === '' ? 'default' : regarding.namespace,
    },
    // MicroTime: the API server takes six decimals and no others.
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: component.slice(0, WORD_CHARS),
    reportingInstance: instance.slice(0, WORD_CHARS),
    type,
    reason: reason.slice(0, WORD_CHARS),
    action: action.slice(0, WORD_CHARS),
    note: cutNote(note),
    regarding,
  };
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
