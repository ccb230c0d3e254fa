import { KubeError, KubeNetworkError } from '../../src/kube/errors.ts';
import { createInformer, type Informer, type InformerOptions } from '../../src/kube/informer.ts';
import { createFakeClock, type FakeClock, settle } from './fake-clock.ts';
import { SimulatedApi, type SimulatedObject } from './simulated-api.ts';

/** An informer of a simulated API server, on a clock that stands still. */
export interface Bench {
  readonly api: SimulatedApi;
  readonly clock: FakeClock;
  readonly informer: Informer<SimulatedObject>;
  /** When the clock began, in milliseconds since the epoch. */
  readonly startedMs: number;
  /** `+key`, `~key`, `-key`, in order. */
  readonly changes: readonly string[];
  /** `level: message fields`, in order. */
  readonly logs: readonly string[];
  /** Every object that there is after the changes that were told. */
  mirror(): Record<string, SimulatedObject>;
  /** Resolves when the first list and watch have begun, where nothing fails. */
  start(): Promise<void>;
  /** Aborts, and resolves when the informer has ended. */
  stop(): Promise<void>;
}

/** A bench; nothing is sent before `start`. */
export function aBench(options: Partial<InformerOptions<SimulatedObject>> = {}): Bench {
  const api = new SimulatedApi();
  const clock = createFakeClock();
  const changes: string[] = [];
  const logs: string[] = [];
  const mirror = new Map<string, SimulatedObject>();
  const informer = createInformer<SimulatedObject>({
    client: api,
    path: (namespace) => (namespace === undefined ? '/things' : `/ns/${namespace}/things`),
    namespaces: [],
    trim: (raw) => raw as SimulatedObject,
    onChange: (key, before, after) => {
      const sign = before === undefined ? '+' : '~';
      changes.push(`${after === undefined ? '-' : sign}${key}`);
      if (after === undefined) mirror.delete(key);
      else mirror.set(key, after);
    },
    log: (level, message, fields) => logs.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`),
    clock,
    random: () => 0.5,
    ...options,
  });
  const stop = new AbortController();
  let running = Promise.resolve();
  return {
    api,
    clock,
    informer,
    startedMs: clock.now(),
    changes,
    logs,
    mirror: () => Object.fromEntries(mirror),
    async start() {
      running = informer.run(stop.signal);
      await settle();
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

/** A connection that broke. */
export const reset = (): KubeNetworkError => new KubeNetworkError('ECONNRESET', 'GET /things: no answer');
/** A refusal of the API server. */
export const refused = (status: number, retryAfterMs?: number): KubeError =>
  new KubeError({ status, reason: 'Refused', message: `refused ${String(status)}`, retryAfterMs });
