import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  API_VERSION,
  CRD_NAME,
  GROUP,
  KIND,
  listPath,
  type RegistryPushCheck,
} from './api/registrypushcheck.ts';
import { probe, type ProbeWorld } from './check/probe.ts';
import { systemClock as clock } from './clock.ts';
import type { Config } from './config.ts';
import { createInterrupts } from './controller/interrupt.ts';
import { isAnotherQuestion, matters, readCheck } from './controller/object.ts';
import { reconcile, type Reconciling } from './controller/reconcile.ts';
import { readSecret, secretVersion } from './controller/secrets.ts';
import { writeStatus } from './controller/write.ts';
import { createKubeClient, KubeError, type KubeClient } from './kube/client.ts';
import { runController } from './kube/controller.ts';
import { createInformer, type Informer } from './kube/informer.ts';
import { describeError, type Log } from './kube/log.ts';
import { createRecorder, type Recorder } from './kube/recorder.ts';
import { createWorkqueue } from './kube/workqueue.ts';
import { createProber } from './probing/prober.ts';
import { createTrust, openConnection } from './registry/connection.ts';
import { createGuard } from './registry/egress.ts';
import { isNamedBy, type Registry } from './registry/origin.ts';

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
  });
  const flush = new AbortController();
  const recorder = createRecorder({ client, component: COMPONENT, instance: hostname(), clock, log });
  const queue = createWorkqueue(clock);
  const interrupts = createInterrupts();
  const checks = createInformer<RegistryPushCheck>({
    client,
    path: listPath,
    namespaces: config.watchNamespaces,
    labelSelector: config.watchLabelSelector === '' ? undefined : config.watchLabelSelector,
    trim: readCheck,
    onChange: (key, before, after) => {
      if (before !== undefined && isAnotherQuestion(before, after)) interrupts.interrupt(key);
      if (after === undefined) queue.remove(key);
      else if (matters(before, after)) queue.add(key);
    },
    log,
    clock,
    random: Math.random,
  });
  const world = createWorld(config, client, checks, recorder, flush.signal);
  log('info', 'started', {
    server: client.server,
    namespaces: config.watchNamespaces,
    concurrency: config.concurrency,
  });
  await explainMissingCrd(client, config, log, signal);
  await Promise.all([
    checks.run(signal),
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

function createWorld(
  config: Config,
  client: KubeClient,
  checks: Informer<RegistryPushCheck>,
  recorder: Recorder,
  flush: AbortSignal,
): Reconciling {
  const policy = {
    guard: createGuard(config.egress.allowCIDRs),
    secureContext: createTrust(caBundle(config)),
  };
  const probing: ProbeWorld = { clock, open: () => openConnection(policy), tokenHosts: config.tokenHosts };
  const prober = createProber((job, signal) => probe(job, probing, signal), config.concurrency);
  return {
    get: (key) => checks.get(key),
    readSecret: (...args) => readSecret(client, ...args),
    secretVersion: (...args) => secretVersion(client, ...args),
    ask: (job, signal) => prober.ask(job, signal),
    write: async (check, rebase) => {
      const written = await writeStatus(client, check, rebase, flush);
      if (written !== 'stale') checks.put(written);
      return written;
    },
    record: ({ metadata: { namespace, name, uid } }, { type, reason, note }) =>
      recorder.record(
        {
          regarding: { apiVersion: API_VERSION, kind: KIND, namespace, name, uid },
          type,
          reason,
          note,
          action: 'Probe',
        },
        flush,
      ),
    forbids: (registry) => forbids(config, registry),
    defaults: config.defaults,
    clock,
  };
}

function forbids(config: Config, registry: Registry): ReturnType<Reconciling['forbids']> {
  const { allowedRegistries } = config.policy;
  if (allowedRegistries.length > 0 && !allowedRegistries.some((name) => isNamedBy(registry, name))) {
    return { kind: 'NotAllowed', rule: 'registry-not-listed' };
  }
  const insecure =
    registry.origin.protocol === 'http:' &&
    !config.insecureRegistries.some((name) => isNamedBy(registry, name));
  return insecure ? { kind: 'NotAllowed', rule: 'insecure-transport' } : undefined;
}

function caBundle({ caBundle: path }: Config): string | undefined {
  if (path === '') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Error(`caBundle: cannot read ${JSON.stringify(path)}`);
  }
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
      log('error', `the CustomResourceDefinition ${CRD_NAME} is not installed: kubectl apply -f crds/`);
    } else if (error instanceof KubeError && error.status === 403) {
      log('error', 'the service account may not list registrypushchecks: kubectl apply -f deploy/rbac.yaml');
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
