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
import { createRecent } from './controller/recent.ts';
import { reconcile } from './controller/reconcile.ts';
import { readSecret, secretVersion } from './controller/secrets.ts';
import { createUnwritten } from './controller/unwritten.ts';
import type { World } from './controller/world.ts';
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
  const memory = { unwritten: createUnwritten(), recent: createRecent() };
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
      } else if (matters(before, after)) queue.add(key);
    },
    log,
    clock,
    random: Math.random,
  });
  const world = createWorld(config, client, checks, recorder, memory, log, flush.signal);
  log('info', 'started', {
    server: client.server,
    namespaces: config.watchNamespaces,
    concurrency: config.concurrency,
  });
  warnAboutProxies(log);
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
  memory: Pick<World, 'unwritten' | 'recent'>,
  log: Log,
  flush: AbortSignal,
): World {
  const policy = {
    guard: createGuard(config.egress.allowCIDRs),
    secureContext: trust(config),
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
      const now = written.kind === 'written' ? written.check : written.by;
      const { namespace, name } = check.metadata;
      log('debug', `status ${written.kind}`, { check: `${namespace}/${name}`, ...now?.status?.lastProbe });
      if (now !== undefined) checks.put(now);
      return written;
    },
    record: async ({ metadata: { namespace, name, uid } }, { type, reason, note }) => {
      log('info', note, { check: `${namespace}/${name}`, reason });
      const regarding = { apiVersion: API_VERSION, kind: KIND, namespace, name, uid };
      await recorder.record({ regarding, type, reason, note, action: 'Probe' }, flush);
    },
    forbids: (registry) => forbids(config, registry),
    ...memory,
    defaults: config.defaults,
    clock,
  };
}

function forbids(config: Config, registry: Registry): ReturnType<World['forbids']> {
  const { allowedRegistries } = config.policy;
  if (allowedRegistries.length > 0 && !allowedRegistries.some((name) => isNamedBy(registry, name))) {
    return { kind: 'NotAllowed', rule: 'registry-not-listed' };
  }
  const insecure =
    registry.origin.protocol === 'http:' &&
    !config.insecureRegistries.some((name) => isNamedBy(registry, name));
  return insecure ? { kind: 'NotAllowed', rule: 'insecure-transport' } : undefined;
}

/** The trusted authorities; what is wrong with the file is said under its key. */
function trust({ caBundle: path }: Config): ReturnType<typeof createTrust> {
  if (path === '') return createTrust(undefined);
  try {
    return createTrust(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error && !('code' in error) ? error.message : 'it cannot be read';
    throw new Error(`caBundle ${JSON.stringify(path)}: ${why}`, { cause: error });
  }
}

/** The address guard could not see behind a proxy, so none is used; without a word, that would look like a dead registry. */
function warnAboutProxies(log: Log): void {
  const set = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].filter((name) => process.env[name]);
  if (set.length > 0)
    log('warn', 'registries are asked directly: proxies are not supported yet', { ignored: set });
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
      log(
        'error',
        'the identity of the operator may not list registrypushchecks: deploy/rbac.yaml has the role it needs',
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
