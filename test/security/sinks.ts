import { inspect } from 'node:util';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { probe, type ProbeWorld } from '../../src/check/probe.ts';
import type { Probed } from '../../src/check/observation.ts';
import type { SecretContent } from '../../src/check/secret-content.ts';
import { conclude } from '../../src/cli/check-answer.ts';
import { questionOfCheck } from '../../src/cli/check-question.ts';
import { dataOf, render } from '../../src/cli/check-table.ts';
import { paintFor, serialise } from '../../src/cli/output.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { parseConfig } from '../../src/config.ts';
import { createRecent } from '../../src/controller/recent.ts';
import { reconcile } from '../../src/controller/reconcile.ts';
import { createRefusals } from '../../src/controller/refusals.ts';
import { createReminders } from '../../src/controller/reminders.ts';
import { createUnwritten } from '../../src/controller/unwritten.ts';
import { fieldsOf } from '../../src/json.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/client.ts';
import type { Informer } from '../../src/kube/informer.ts';
import { describeError, type Log } from '../../src/kube/log.ts';
import { createRecorder } from '../../src/kube/recorder.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createWorld } from '../../src/operator-world.ts';
import { createProber } from '../../src/probing/prober.ts';
import { aCheck } from '../support/builders.ts';

/** Everything that anybody can read of a visit, as text, by where it is read. */
export type Sinks = Readonly<Record<string, string>>;

/** What a visit asks. */
export interface VisitOptions {
  readonly registryUrl: string;
  /** Where the probe's sockets and time come from. */
  readonly world: ProbeWorld;
  /** The Secret that the check names. */
  readonly secret: SecretContent;
  /** Whether user names may be shown. */
  readonly showPrincipal?: boolean;
  readonly timeout?: string;
  /** Stands in for the probe. */
  readonly instead?: (probed: Probed) => Probed;
}

/** An API server with one check and one Secret, which keeps the text of everything that is written to it. */
function apiWith(check: RegistryPushCheck, secret: SecretContent): { client: KubeClient; writes: string[] } {
  const writes: string[] = [];
  const answerTo = ({ method, path, body }: KubeRequest): unknown => {
    if (method === 'GET' && path.includes('/secrets/')) {
      const { annotations } = secret;
      return { type: secret.type, data: secret.data, metadata: { resourceVersion: '7', annotations } };
    }
    writes.push(`${path} ${JSON.stringify(body)}`);
    const { status } = fieldsOf(body);
    return path.endsWith('/status') ? { ...check, status } : {};
  };
  const client: KubeClient = {
    server: 'https://api',
    request: async <T>(request: KubeRequest) => answerTo(request) as T,
    stream: () => Promise.reject(new Error('nobody expected a stream')),
  };
  return { client, writes };
}

function mirrorOf(check: RegistryPushCheck): Informer<RegistryPushCheck> {
  let now = check;
  return {
    get: () => now,
    list: () => [now],
    put: (object) => void (now = object),
    run: async () => undefined,
    synced: true,
    heardMs: 0,
  };
}

/** One visit of one check by the operator's own parts, on an API server in memory, and what it leaves to read. */
export async function visit(options: VisitOptions): Promise<Sinks> {
  const { registryUrl, secret, world: probing, instead = (probed) => probed } = options;
  const spec = {
    registryUrl,
    pushTestRepository: 'team/app',
    existingSecret: 'login',
    timeout: options.timeout ?? '30s',
    failureThreshold: 1,
    pull: { repository: 'team/app', reference: 'latest' },
  };
  const check = aCheck({ spec });
  const { client, writes } = apiWith(check, secret);
  const lines: string[] = [];
  const log: Log = (level, message, fields) => void lines.push(JSON.stringify({ level, message, ...fields }));
  const { signal } = new AbortController();
  const checks = mirrorOf(check);
  const metrics = createMetrics('1.0.0', clock);
  let last: Probed | undefined;
  const ask: typeof probe = async (...args) => (last = instead(await probe(...args)));
  const world = createWorld({
    config: parseConfig(JSON.stringify({ status: { showPrincipal: options.showPrincipal ?? false } })),
    client,
    checks,
    prober: createProber((job, stop) => ask(job, probing, stop), 1),
    recorder: createRecorder({ client, component: 'x/y', instance: 'pod', clock, log }),
    memory: { unwritten: createUnwritten(), recent: createRecent(), reminders: createReminders() },
    refusals: createRefusals(),
    metrics,
    log,
    flush: signal,
  });
  await reconcile('team/mirror', world, signal).catch((error: unknown) =>
    log('warn', 'a turn failed', { error: describeError(error) }),
  );
  let shown = '';
  const gauges = { checks: checks.list(), inFlight: 0, queueDepth: 0, heardMs: 0, crdOutdated: false };
  for await (const piece of metrics.expose(gauges)) shown += piece;
  return {
    status: writes.filter((line) => line.includes('/status ')).join('\n'),
    events: writes.filter((line) => line.includes('/events')).join('\n'),
    log: lines.join('\n'),
    metrics: shown,
    observation: inspect(last, { depth: 20, showHidden: true }),
    ...(last === undefined ? {} : await commandLine(spec, last)),
  };
}

/** What the command line says of the same probe, in each of its formats. */
async function commandLine(
  spec: Readonly<Record<string, unknown>>,
  probed: Probed,
): Promise<Readonly<Record<string, string>>> {
  const question = { ...questionOfCheck('team', 'mirror', spec, 'x'), given: {}, typed: false };
  const answers = [conclude(question, probed.observation, probed, 'Check again: x', clock.now())];
  return {
    table: render(answers, paintFor({}, {})),
    json: await serialise(dataOf(answers), 'json'),
    yaml: await serialise(dataOf(answers), 'yaml'),
  };
}
