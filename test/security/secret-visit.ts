import { expect } from 'chai';
import type { RegistryPushCheckSpec, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { probe, type ProbeWorld } from '../../src/check/probe.ts';
import type { SecretContent } from '../../src/check/secret-content.ts';
import { find } from '../../src/controller/conditions.ts';
import { readSecret, type ConsentOf, type SecretRead } from '../../src/controller/secrets.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { aCheck, aRegistry, NOW_MS } from '../support/builders.ts';
import { createAuthority } from '../support/certificates.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { scriptedClient } from '../support/scripted-client.ts';
import { startScriptedRegistry, type ScriptedRegistry, type Turn } from '../support/scripted-registry.ts';
import { visit, type Told } from '../controller/world.ts';

const NOBODY: ReturnType<ConsentOf> = { installed: [], trusted: [] };
const { signal } = new AbortController();

/** What differs from the first visit of a check of `team/app` at reg.example, with the Secret `push`. */
export interface VisitOptions {
  readonly spec?: Partial<RegistryPushCheckSpec>;
  /** What an earlier visit left. */
  readonly status?: RegistryPushCheckStatus | undefined;
  /** How long after NOW_MS the visit takes place. */
  readonly afterMs?: number;
}

/** A visit and what the Secret gave it. */
export interface SecretVisit extends Told {
  /** Undefined where the API server did not answer the question. */
  readonly read: SecretRead | undefined;
}

/** Whole visits of a check, against one registry: reg.example, with a certificate for that name. */
export interface SecretVisits {
  readonly listener: ScriptedRegistry;
  /**
   * A visit that reads this Secret (or gets this error of the API server) and probes with it.
   * @param turns what the registry is to be asked
   */
  visit(secret: SecretContent | Error, turns?: readonly Turn[], options?: VisitOptions): Promise<SecretVisit>;
  stop(): Promise<void>;
}

/** Starts the registry. Every connection of a probe, to whatever name, arrives there: what is not sent cannot hide. */
export async function openSecretVisits(): Promise<SecretVisits> {
  const authority = await createAuthority('test registries');
  const { certPem: cert, keyPem: key } = await authority.issue({
    commonName: 'registry',
    dnsNames: ['reg.example'],
  });
  const listener = await startScriptedRegistry({ cert, key });
  const port = Number(new URL(listener.url).port);
  const guard = createGuard(['127.0.0.0/8']);
  const contexts = createContexts(authority.pem);
  const open: ProbeWorld['open'] = (_registry, tls) => {
    const connection = openConnection({ guard, ...contexts(tls) });
    for (const agent of [connection.http, connection.https]) {
      const connect = agent.createConnection.bind(agent);
      agent.createConnection = (args, ...more) =>
        connect({ ...args, port, lookup: (_name, _options, found) => found(null, [LOOPBACK]) }, ...more);
    }
    return connection;
  };
  return {
    listener,
    visit: async (secret, turns = [], options = {}) => {
      listener.play(turns);
      const answer = secret instanceof Error ? secret : asObject(secret);
      const spec = { registryUrl: 'https://reg.example', existingSecret: 'push', ...options.spec };
      const registry = aRegistry(spec.registryUrl);
      const question = { namespace: 'team', name: 'push', registry, repository: 'team/app' };
      const { client } = scriptedClient(answer);
      const nowMs = NOW_MS + (options.afterMs ?? 0);
      const read = await readSecret(client, question, () => NOBODY, nowMs, signal).catch(
        (error: unknown) => error as Error,
      );
      const world: ProbeWorld = { open, clock: createFakeClock(), tokenHosts: [] };
      const told = await visit({
        check: aCheck({ spec, ...(options.status === undefined ? {} : { status: options.status }) }),
        secret: read,
        afterMs: options.afterMs ?? 0,
        versionThen: '7',
        asks: async (job, stop) => ({ kind: 'answered', probed: await probe(job, world, stop) }),
      });
      return { ...told, read: read instanceof Error ? undefined : read };
    },
    stop: () => listener.stop(),
  };
}

const LOOPBACK = { address: '127.0.0.1', family: 4 } as const;

/** A Secret as the API server gives it. */
function asObject({ type, data, annotations }: SecretContent): unknown {
  return { type, data, metadata: { resourceVersion: '7', annotations } };
}

/** One condition of a status as `status reason`. */
export function conditionOf({ status }: Told, type: string): string {
  const found = find(status?.conditions, type) ?? expect.fail(`no condition ${type}`);
  return `${found.status} ${found.reason}`;
}

/** How long after the visit the next one is due, in milliseconds. */
export function dueInMs({ outcome }: Told): number | undefined {
  if (outcome instanceof Error) throw outcome;
  return outcome.requeueAfterMs;
}
