import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Metadata, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import type { Config } from '../../src/config.ts';
import { find } from '../../src/controller/conditions.ts';
import { readCheck } from '../../src/controller/object.ts';
import { createRecent } from '../../src/controller/recent.ts';
import { reconcile, type Outcome } from '../../src/controller/reconcile.ts';
import { createRefusals } from '../../src/controller/refusals.ts';
import { createReminders } from '../../src/controller/reminders.ts';
import { createUnwritten } from '../../src/controller/unwritten.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/client.ts';
import type { KubeEvent } from '../../src/kube/recorder.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createWorld, openProber } from '../../src/operator-world.ts';
import type { Prober } from '../../src/probing/prober.ts';
import { aCheck, NOW_MS } from '../support/builders.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { kubeError } from '../support/scripted-client.ts';
import { merge } from '../controller/one-check-api.ts';

const { signal } = new AbortController();
const KEY = 'team/mirror';

/** An object as it is stored: nothing of it is sure but what the API server itself writes. */
export interface Raw {
  readonly metadata: Metadata;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** A check that is stored, and an operator that visits it. */
export interface Stored {
  /** One turn, by the operator's whole path: object → spec → Secret → probe → status. */
  visit(): Promise<Outcome>;
  readonly status: RegistryPushCheckStatus | undefined;
  /** `False InvalidSpec`, or `none`. */
  condition(type: string): string;
  readonly events: readonly KubeEvent[];
  /** What the API server was asked, in order. */
  readonly requests: readonly KubeRequest[];
  /** Somebody writes the object. */
  change(change: (raw: Raw) => Raw): void;
  /** Lets this time pass. */
  later(ms: number): void;
}

/** What a check meets besides itself. */
export interface Surroundings {
  readonly config: Config;
  readonly prober?: Prober;
  /** By name; what is not here does not exist. */
  readonly secrets?: Readonly<Record<string, unknown>>;
}

/** Stores `team/mirror` with this spec, status and metadata, whatever they are, as an older CRD would. */
export function storeCheck(
  over: { readonly metadata?: object; readonly spec?: unknown; readonly status?: unknown },
  { config, secrets = {}, prober = openProber(config, [], undefined) }: Surroundings,
): Stored {
  let raw: Raw = { ...aCheck(), ...over, metadata: { ...aCheck().metadata, ...over.metadata } };
  const events: KubeEvent[] = [];
  const requests: KubeRequest[] = [];
  const clock = createFakeClock();
  clock.jump(NOW_MS - clock.now());
  const change = (edit: (raw: Raw) => Raw): void => {
    const next = edit(raw);
    const resourceVersion = String(Number(raw.metadata.resourceVersion) + 1);
    raw = { ...next, metadata: { ...next.metadata, resourceVersion } };
  };
  const answer = ({ method, path, body }: KubeRequest): unknown => {
    const [, secret] = /\/secrets\/([^/]+)$/.exec(path) ?? [];
    if (secret !== undefined) {
      if (!Object.hasOwn(secrets, secret)) throw kubeError(404);
      return secrets[secret];
    }
    if (method !== 'PATCH') return structuredClone(raw);
    const { status } = body as { readonly status: unknown };
    change((now) => ({ ...now, status: merge(now.status ?? {}, status) }));
    return structuredClone(raw);
  };
  const client: KubeClient = {
    server: 'https://stored.invalid',
    request: async <T>(request: KubeRequest): Promise<T> => {
      requests.push(request);
      return answer(request) as T;
    },
    stream: () => Promise.reject(new Error('nobody watches')),
  };
  const world = createWorld({
    config,
    client,
    checks: {
      get: (key) => (key === KEY ? readCheck(structuredClone(raw)) : undefined),
      list: () => [],
      synced: true,
      heardMs: undefined,
      put: () => undefined,
      run: () => Promise.resolve(),
    },
    prober,
    recorder: { record: async (event) => void events.push(event) },
    memory: { unwritten: createUnwritten(), recent: createRecent(), reminders: createReminders() },
    refusals: createRefusals(),
    metrics: createMetrics('0.0.0', clock),
    log: () => undefined,
    flush: signal,
  });
  return {
    visit: () => reconcile(KEY, { ...world, clock }, signal),
    get status() {
      return readCheck(structuredClone(raw)).status;
    },
    condition(type) {
      const found = find(this.status?.conditions, type);
      return found === undefined ? 'none' : `${found.status} ${found.reason}`;
    },
    events,
    requests,
    change,
    later: (ms) => clock.jump(ms),
  };
}

/** How many connections this process begins while `act` runs, to whatever host: none of them goes by another way. */
export async function connectionsOf(act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const counted = (): void => void (count += 1);
  subscribe('net.client.socket', counted);
  try {
    await act();
    return count;
  } finally {
    unsubscribe('net.client.socket', counted);
  }
}
