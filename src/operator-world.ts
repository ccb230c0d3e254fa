import { readFileSync } from 'node:fs';
import { API_VERSION, KIND, type RegistryPushCheck } from './api/registrypushcheck.ts';
import { expiredAt } from './check/expiry.ts';
import { probe, type ProbeWorld } from './check/probe.ts';
import { systemClock as clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Refusals } from './controller/refusals.ts';
import { readSecret, secretVersion, type ConsentOf } from './controller/secrets.ts';
import type { World } from './controller/world.ts';
import { writeStatus, type Written } from './controller/write.ts';
import type { KubeClient } from './kube/client.ts';
import { createIdentity } from './kube/identity.ts';
import type { Informer } from './kube/informer.ts';
import { describeError, type Log } from './kube/log.ts';
import type { Recorder } from './kube/recorder.ts';
import type { Metrics, WriteResult } from './metrics.ts';
import { createProber, type Prober } from './probing/prober.ts';
import { openConnection } from './registry/connection.ts';
import { createGuard, type Guard, type Reserved } from './registry/egress.ts';
import { bareHost, isNamedBy, portOf, type Registry } from './registry/origin.ts';
import type { Proxy } from './registry/proxy.ts';
import { createContexts } from './registry/trust.ts';

/** The parts of the operator that a world is made of. */
export interface Parts {
  readonly config: Config;
  readonly client: KubeClient;
  readonly checks: Informer<RegistryPushCheck>;
  readonly prober: Prober;
  readonly recorder: Recorder;
  readonly memory: Pick<World, 'unwritten' | 'recent' | 'reminders'>;
  readonly refusals: Refusals;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Ends what still writes during a shutdown. */
  readonly flush: AbortSignal;
}

/**
 * The prober of this installation.
 * @param reserved what no check may reach, whatever the configuration allows
 * @param at the proxy that https registries are asked through; undefined: directly
 * @param log hears of each probe whether its registry is asked through the proxy
 * @throws Error with one sentence where the bundle of authorities cannot be used
 */
export function openProber(
  config: Config,
  reserved: readonly Reserved[],
  at: Proxy | undefined,
  log?: Log,
): Prober {
  const guardOf = guards(config, reserved);
  const contexts = trust(config);
  const proxy = at && { at, secureContext: contexts(undefined).secureContext };
  const open: ProbeWorld['open'] = (registry, tls, anonymous) => {
    const { origin, host } = registry;
    if (at !== undefined)
      log?.('debug', 'a registry is asked', { registry: host, proxied: leadsTo(at, origin) });
    const guard = guardOf(registry, anonymous);
    const { secureContext, ownContext } = contexts(tls);
    return openConnection({ guard, secureContext, registry: { origin, secureContext: ownContext }, proxy });
  };
  const probing: ProbeWorld = { clock, open, tokenHosts: config.tokenHosts };
  return createProber((job, signal) => probe(job, probing, signal), config.concurrency);
}

/** Whether an origin is asked through the proxy. */
function leadsTo(at: Proxy, origin: URL): boolean {
  return origin.protocol === 'https:' && at.serves(bareHost(origin.hostname), portOf(origin));
}

/** A check without a Secret could be anybody's: it reaches public addresses only, unless the installer trusts its registry. */
function guards(
  { egress: { allowCIDRs }, policy }: Config,
  reserved: readonly Reserved[],
): (registry: Registry, anonymous: boolean) => Guard {
  const guard = createGuard(allowCIDRs, { reserved });
  const publicOnly = createGuard(allowCIDRs, { reserved, publicOnly: true });
  return (registry, anonymous) =>
    anonymous && !policy.trustedRegistries.some((name) => isNamedBy(registry, name)) ? publicOnly : guard;
}

/** The world of a reconcile: the operator's parts as functions, with what is counted on the way. */
export function createWorld(parts: Parts): World {
  const { config, client, checks, prober, recorder, memory, refusals, metrics, log, flush } = parts;
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
      if (
        written.kind === 'written' &&
        refusals.isNews(`${namespace}/${name}`, written.refused !== undefined)
      ) {
        const error = describeError(written.refused);
        log('warn', 'the status was refused: only the verdict is written', {
          check: `${namespace}/${name}`,
          error,
        });
      }
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

/** What the installation says no to before anything is sent: a registry that it does not list, and plain http where it does not list that. */
export function forbids(config: Config, registry: Registry): ReturnType<World['forbids']> {
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
