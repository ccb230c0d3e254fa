import { hostname } from 'node:os';
import { CRD_NAME, GROUP, listPath, type RegistryPushCheck } from './api/registrypushcheck.ts';
import { version } from './cli/version.ts';
import { systemClock as clock } from './clock.ts';
import type { Config } from './config.ts';
import { createInterrupts } from './controller/interrupt.ts';
import { isAnotherQuestion, matters, readCheck } from './controller/object.ts';
import { createRecent } from './controller/recent.ts';
import { reconcile } from './controller/reconcile.ts';
import { createRefusals } from './controller/refusals.ts';
import { createReminders } from './controller/reminders.ts';
import { watchServedSchema } from './controller/served-schema.ts';
import { createUnwritten } from './controller/unwritten.ts';
import { createKubeClient, KubeError, type KubeClient } from './kube/client.ts';
import { runController } from './kube/controller.ts';
import { createInformer } from './kube/informer.ts';
import { describeError, type Log } from './kube/log.ts';
import { createRecorder } from './kube/recorder.ts';
import { createWorkqueue } from './kube/workqueue.ts';
import { createMetrics } from './metrics.ts';
import { createWorld, openProber } from './operator-world.ts';
import { readProxy, unusedProxy, type Proxy } from './registry/proxy.ts';
import { reservedHosts } from './reserved.ts';
import { startServer, type RunningServer, type ServerOptions } from './server.ts';

/** Name under which the operator writes and reports. */
const COMPONENT = `${GROUP}/registry-push-check`;

/** Time that writes under way get after the signal to stop, in milliseconds. */
const FLUSH_MS = 10_000;

/**
 * Runs the operator until the signal aborts: informer → queue → reconcile. Probes under way are ended, upload sessions that
 * were opened are cancelled, results that are there are written.
 * @throws Error with one sentence where it cannot start
 */
export async function runOperator(
  config: Config,
  kubeconfig: string | undefined,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const client = createKubeClient({
    kubeconfig,
    clock,
    limits: config.kubeApi,
    userAgent: 'registry-push-check',
    onAnswer: (address) => own.learn(address),
  });
  const own = reservedHosts(client.server, process.env);
  const flush = new AbortController();
  const recorder = createRecorder({ client, component: COMPONENT, instance: hostname(), clock, log });
  const queue = createWorkqueue(clock);
  const interrupts = createInterrupts();
  const memory = { unwritten: createUnwritten(), recent: createRecent(), reminders: createReminders() };
  const refusals = createRefusals();
  const checks = createInformer<RegistryPushCheck>({
    client,
    path: listPath,
    namespaces: config.watchNamespaces,
    labelSelector: config.watchLabelSelector === '' ? undefined : config.watchLabelSelector,
    trim: readCheck,
    onChange: (key, before, after) => {
      if (before !== undefined && isAnotherQuestion(before, after)) interrupts.interrupt(key);
      if (after === undefined) {
        queue.remove(key);
        memory.unwritten.forget(key);
        memory.recent.forget(key);
        memory.reminders.forget(key);
        refusals.forget(key);
      } else if (matters(before, after)) queue.add(key);
    },
    log,
    clock,
    random: Math.random,
  });
  const proxy = readProxy(process.env, config.egress.allowCIDRs);
  const prober = openProber(config, own.reserved, proxy, log);
  const metrics = createMetrics(version, clock);
  const schema = watchServedSchema(client, log, clock);
  const world = createWorld({
    config,
    client,
    checks,
    prober,
    recorder,
    memory,
    refusals,
    metrics,
    log,
    flush: flush.signal,
  });
  const unready = (): string | undefined => {
    if (signal.aborted) return 'stopping';
    return checks.synced ? undefined : 'starting';
  };
  const expose = (): AsyncIterable<string> =>
    metrics.expose({
      checks: checks.list(),
      inFlight: prober.inFlight,
      queueDepth: queue.depth(),
      heardMs: checks.heardMs,
      crdOutdated: schema.outdated,
    });
  await using server = await openServer(config, { unready, metrics: expose, log });
  log('info', 'started', {
    server: client.server,
    namespaces: config.watchNamespaces,
    concurrency: config.concurrency,
  });
  if (server !== undefined) log('info', 'metrics and health are served', { url: server.url });
  tellOfProxy(proxy, log);
  await explainMissingCrd(client, config, log, signal);
  await Promise.all([
    checks.run(signal),
    schema.run(signal),
    runController({
      queue,
      workers: config.concurrency,
      reconcile: async (key, stop) =>
        (await interrupts.guard(key, stop, (until) => reconcile(key, world, until))) ?? {},
      log,
      clock,
      random: Math.random,
      signal,
    }),
    giveTimeToFlush(signal, flush),
  ]);
  log('info', 'stopped');
}

/** Behind a proxy the address guard sees nothing but literals: who installs has to know that. */
function tellOfProxy(proxy: Proxy | undefined, log: Log): void {
  if (proxy !== undefined) {
    log(
      'warn',
      'https registries are asked through a proxy, less what NO_PROXY exempts: it looks up names and decides what is reached, the address guard judges only addresses in URLs and the names of the API server',
      { proxy: proxy.origin },
    );
    return;
  }
  const unused = unusedProxy(process.env);
  if (unused !== undefined) log('warn', unused);
}

/** Metrics and health, where the configuration wants them. */
async function openServer(
  { server: { address, port } }: Config,
  shown: Pick<ServerOptions, 'unready' | 'metrics' | 'log'>,
): Promise<RunningServer | undefined> {
  return port === 0 ? undefined : startServer({ ...shown, address, port, clock });
}

/** Without the kind, or the right to list it, the informer only tries again: say once what is missing. */
async function explainMissingCrd(
  client: KubeClient,
  config: Config,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    const [namespace] = config.watchNamespaces;
    await client.request({ method: 'GET', path: listPath(namespace), query: { limit: '1' } }, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof KubeError && error.status === 404) {
      log(
        'error',
        `the CustomResourceDefinition ${CRD_NAME} is not installed: run "registry-push-check crds apply" as somebody who may, or kubectl apply --server-side -f crds/`,
      );
    } else if (error instanceof KubeError && error.status === 403) {
      log(
        'error',
        'the identity of the operator may not list registrypushchecks: deploy/install.yaml has the roles it needs',
      );
    } else {
      log('warn', 'the API server does not answer yet', { error: describeError(error) });
    }
  }
}

/** Ends what still writes some time after the signal to stop; the timer keeps nothing alive. */
async function giveTimeToFlush(signal: AbortSignal, flush: AbortController): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  setTimeout(() => flush.abort(new Error('the operator stopped')), FLUSH_MS).unref();
}
