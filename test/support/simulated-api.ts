import type { KubeClient, KubeRequest } from '../../src/kube/client.ts';
import { KubeError, KubeNetworkError } from '../../src/kube/errors.ts';
import type { KubeObject } from '../../src/kube/store.ts';

/** An object of the simulation, with one field to tell versions apart. */
export interface SimulatedObject extends KubeObject {
  readonly spec: { readonly value: number };
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: SimulatedObject;
}

interface Line {
  readonly text?: string;
  readonly end?: boolean;
  readonly error?: Error;
}

/**
 * One kind of an API server in memory: lists in pages and watches from a version, as the real one does, with its
 * faults at a test's command. Paths are `/things` and `/ns/<namespace>/things`.
 */
export class SimulatedApi implements KubeClient {
  readonly server = 'https://simulated.invalid';
  /** What was asked, in order: `list a`, `list a continue`, `watch a 12`; `*` for all namespaces. */
  readonly requests: string[] = [];
  pageSize = 500;

  readonly #objects = new Map<string, SimulatedObject>();
  #history: Change[] = [];
  readonly #states = new Map<number, readonly SimulatedObject[]>();
  #version = 100;
  #floor = 0;
  #uids = 0;
  readonly #failures: Error[] = [];
  readonly #watches = new Set<LineQueue>();

  /** Creates or updates an object. */
  put(namespace: string, name: string, value: number): SimulatedObject {
    const known = this.#objects.get(`${namespace}/${name}`);
    const uid = known?.metadata.uid ?? `uid-${String((this.#uids += 1))}`;
    const object = {
      metadata: { namespace, name, uid, resourceVersion: this.#next() },
      spec: { value },
    };
    this.#objects.set(`${namespace}/${name}`, object);
    this.#publish({ type: known === undefined ? 'ADDED' : 'MODIFIED', object });
    return object;
  }

  delete(namespace: string, name: string): void {
    const known = this.#objects.get(`${namespace}/${name}`);
    if (known === undefined) return;
    this.#objects.delete(`${namespace}/${name}`);
    const object = { ...known, metadata: { ...known.metadata, resourceVersion: this.#next() } };
    this.#publish({ type: 'DELETED', object });
  }

  /** All objects, by key. */
  contents(): Record<string, SimulatedObject> {
    return Object.fromEntries(this.#objects);
  }

  /** Takes a backup of what there is. What it answers restores it, version included, as a restored etcd does. */
  backup(): () => void {
    const [objects, version] = [[...this.#objects], this.#version];
    return () => {
      this.#objects.clear();
      for (const [key, object] of objects) this.#objects.set(key, object);
      this.#version = version;
      this.#history = [];
      this.#states.clear();
      this.cutWatches(new KubeNetworkError('ECONNRESET', 'GET /things: no answer'));
    };
  }

  /** The next requests fail so, one each. */
  fail(...errors: Error[]): void {
    this.#failures.push(...errors);
  }

  /** From here on no request fails. */
  heal(): void {
    this.#failures.length = 0;
  }

  /** Forgets the past: older versions and continue tokens answer 410. */
  compact(): void {
    this.#history = [];
    this.#floor = this.#version;
  }

  /** Sends a line to all open watches. */
  send(text: string): void {
    for (const watch of this.#watches) watch.push({ text });
  }

  bookmark(): void {
    this.send(JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: this.#next() } } }));
  }

  /** The open watches end as after their timeout. */
  endWatches(): void {
    for (const watch of this.#watches) watch.push({ end: true });
    this.#watches.clear();
  }

  /** The open watches break; what they have not delivered yet is lost. */
  cutWatches(error: Error): void {
    for (const watch of this.#watches) watch.cut({ error });
    this.#watches.clear();
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  async request<T>(request: KubeRequest, signal: AbortSignal): Promise<T> {
    const namespace = namespaceOf(request);
    const token = request.query?.['continue'] ?? '';
    this.requests.push(`list ${namespace}${token === '' ? '' : ' continue'}`);
    signal.throwIfAborted();
    this.#failIfTold();
    const [version = this.#version, from = 0] = token === '' ? [] : token.split(':').map(Number);
    if (version < this.#floor) throw gone();
    // All pages show the state of the first.
    const state = this.#states.get(version) ?? [...this.#objects.values()];
    this.#states.set(version, state);
    const all = state.filter((object) => matches(namespace, object));
    const next = from + this.pageSize;
    const metadata = {
      resourceVersion: String(version),
      ...(next < all.length ? { continue: `${String(version)}:${String(next)}` } : {}),
    };
    // Time for something to happen between two pages.
    await new Promise((resolve) => setImmediate(resolve));
    return { metadata, items: all.slice(from, next) } as T;
  }

  // oxlint-disable-next-line require-await -- what it throws is a rejection
  async stream(request: KubeRequest, signal: AbortSignal): Promise<AsyncIterable<string>> {
    const namespace = namespaceOf(request);
    const from = Number(request.query?.['resourceVersion']);
    this.requests.push(`watch ${namespace} ${String(from)}`);
    signal.throwIfAborted();
    this.#failIfTold();
    if (from < this.#floor) throw gone();
    if (from > this.#version) {
      throw new KubeError({ status: 504, reason: 'Timeout', message: 'Too large resource version' });
    }
    const queue = new LineQueue(namespace);
    for (const change of this.#history) {
      if (versionOf(change.object) > from) queue.offer(change);
    }
    this.#watches.add(queue);
    return queue.lines(signal, () => this.#watches.delete(queue));
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #publish(change: Change): void {
    this.#history.push(change);
    for (const watch of this.#watches) watch.offer(change);
  }

  #failIfTold(): void {
    const failure = this.#failures.shift();
    if (failure !== undefined) throw failure;
  }
}

/** The lines of one watch, waiting to be read. */
class LineQueue {
  readonly #namespace: string;
  #lines: Line[] = [];
  #wake: () => void = () => undefined;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  offer(change: Change): void {
    if (matches(this.#namespace, change.object)) this.push({ text: JSON.stringify(change) });
  }

  push(line: Line): void {
    this.#lines.push(line);
    this.#wake();
  }

  cut(line: Line): void {
    this.#lines = [];
    this.push(line);
  }

  async *lines(signal: AbortSignal, closed: () => void): AsyncGenerator<string, void, undefined> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        if (signal.aborted) throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
        const line = this.#lines.shift();
        if (line?.error !== undefined) throw line.error;
        if (line?.end === true) return;
        if (line?.text !== undefined) yield line.text;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
      closed();
    }
  }
}

/** The refusal of a version that is too old. */
export function gone(): KubeError {
  return new KubeError({ status: 410, reason: 'Expired', message: 'too old' });
}

function namespaceOf({ path }: KubeRequest): string {
  return /^\/ns\/([^/]+)\//.exec(path)?.[1] ?? '*';
}

function matches(namespace: string, { metadata }: SimulatedObject): boolean {
  return namespace === '*' || metadata.namespace === namespace;
}

function versionOf({ metadata }: SimulatedObject): number {
  return Number(metadata.resourceVersion);
}
