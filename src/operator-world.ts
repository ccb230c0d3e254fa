import { readFileSync } from 'node:fs';
import { API_VERSION, KIND, type RegistryPushCheck } from './api/registrypushcheck.ts';
import { probe, type ProbeWorld } from './check/probe.ts';
import { systemClock as clock } from './clock.ts';
import type { Config } from './config.ts';
import { readSecret, secretVersion, type ConsentOf } from './controller/secrets.ts';
import type { World } from './controller/world.ts';
import { expiredAt } from './controller/used-login.ts';
import { writeStatus, type Written } from './controller/write.ts';
import type { KubeClient } from './kube/client.ts';
import { createIdentity } from './kube/identity.ts';
import type { Informer } from './kube/informer.ts';
import type { Log } from './kube/log.ts';
import type { Recorder } from './kube/recorder.ts';
import type { Metrics, WriteResult } from './metrics.ts';
import { createProber, type Prober } from './probing/prober.ts';
import { openConnection } from './registry/connection.ts';
import { createGuard } from './registry/egress.ts';
import { isNamedBy, type Registry } from './registry/origin.ts';
import { createContexts } from './registry/trust.ts';

/** The parts of the operator that a world is made of. */
export interface Parts {
  readonly config: Config;
  readonly client: KubeClient;
  readonly checks: Informer<RegistryPushCheck>;
  readonly prober: Prober;
  readonly recorder: Recorder;
  readonly memory: Pick<World, 'unwritten' | 'recent' | 'reminders'>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Ends what still writes during a shutdown. */
  readonly flush: AbortSignal;
}

/** The prober of this installation. @throws Error with one sentence where the bundle of authorities cannot be used */
export function openProber(config: Config): Prober {
  const guard = createGuard(config.egress.allowCIDRs);
  const contexts = trust(config);
  const open: ProbeWorld['open'] = ({ origin }, tls) => {
    const { secureContext, ownContext } = contexts(tls);
    return openConnection({ guard, secureContext, registry: { origin, secureContext: ownContext } });
  };
  const probing: ProbeWorld = { clock, open, tokenHosts: config.tokenHosts };
  return createProber((job, signal) => probe(job, probing, signal), config.concurrency);
}

/** The world of a reconcile: the operator's parts as functions, with what is counted on the way. */
export function createWorld(parts: Parts): World {
  const { config, client, checks, prober, recorder, memory, metrics, log, flush } = parts;
  return {
    get: (key) => checks.get(key),
    readSecret: (namespace, name, registry, repository, signal) => {
      const question = { namespace, name, registry, repository };
      return readSecret(client, question, consentOf(config), clock.now(), signal);
    },
    secretVersion: (...args) => secretVersion(client, ...args),
    identity: createIdentity(client),
    ask: async (job, signal) => {
      const answer = await prober.ask(job, signal);
      if (answer.kind === 'answered') {
        metrics.probed(job.registry.host, answer.probed, expiredAt(job.credential, clock.now()));
      }
      return answer;
    },
    write: async (check, rebase) => {
      const written = await counted(metrics, () => writeStatus(client, check, rebase, flush));
      const now = written.kind === 'written' ? written.check : written.by;
      const { namespace, name } = check.metadata;
      log('debug', `status ${written.kind}`, { check: `${namespace}/${name}`, ...now?.status?.lastProbe });
      if (now !== undefined) checks.put(now);
      return written;
    },
    record: async ({ metadata: { namespace, name, uid } }, { secret, ...event }) => {
      log('info', event.note, { check: `${namespace}/${name}`, reason: event.reason });
      const regarding = { apiVersion: API_VERSION, kind: KIND, namespace, name, uid };
      const related =
        secret === undefined ? undefined : { apiVersion: 'v1', kind: 'Secret', namespace, name: secret };
      await recorder.record({ ...event, regarding, related, action: 'Probe' }, flush);
    },
    forbids: (registry) => forbids(config, registry),
    showPrincipal: config.status.showPrincipal,
    ...memory,
    defaults: config.defaults,
    clock,
  };
}

async function counted(metrics: Metrics, write: () => Promise<Written>): Promise<Written> {
  let result: WriteResult = 'failed';
  try {
    const written = await write();
    result = written.kind;
    return written;
  } finally {
    metrics.wrote(result);
  }
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

/** What the installer declares is consent: of one Secret for one registry, or of any Secret for some registries. */
export function consentOf({ bindings, policy }: Config): ConsentOf {
  return (namespace, name) => ({
    installed: bindings
      .filter((one) => one.namespace === namespace && one.secret === name)
      .map(({ registry }) => registry),
    trusted: policy.trustedRegistries,
  });
}

/** The trusted authorities; what is wrong with the file is said under its key. */
function trust({ caBundle: path }: Config): ReturnType<typeof createContexts> {
  if (path === '') return createContexts(undefined);
  try {
    return createContexts(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error && !('code' in error) ? error.message : 'it cannot be read';
    throw new Error(`caBundle ${JSON.stringify(path)}: ${why}`, { cause: error });
  }
}
