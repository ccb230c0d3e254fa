// Runs the probe many times against one registry and says what it cost, as one line of JSON: see tools/ggcr, which does the same.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { diagnose } from '../../../src/check/diagnose.ts';
import { probe, type ProbeJob, type ProbeWorld } from '../../../src/check/probe.ts';
import { systemClock } from '../../../src/clock.ts';
import { createTrust, openConnection, type Connection } from '../../../src/registry/connection.ts';
import { createGuard } from '../../../src/registry/egress.ts';
import { parseRegistryUrl } from '../../../src/registry/origin.ts';
import { Secret } from '../../../src/registry/secret.ts';
import type { Cost } from '../cost.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    url: text,
    authority: text,
    connections: text,
    probes: text,
    'warm-up': text,
    concurrency: text,
  },
});
const registry = parseRegistryUrl(values.url ?? '');
if ('problem' in registry) throw new Error(registry.problem);
const concurrency = Number(values.concurrency);
const password = new Secret(readFileSync(0, 'utf8'));
const job: ProbeJob = {
  registry,
  repository: 'team/app',
  credential: {
    login: { kind: 'password', username: 'ci', password },
    isFor: () => true,
    matchedKey: registry.host,
    tls: undefined,
    tokenHosts: [],
    expiry: undefined,
    findings: [],
  },
  pull: undefined,
  timeoutMs: 30_000,
};
const guard = createGuard(['127.0.0.0/8', '::1']);
const secureContext = createTrust(readFileSync(values.authority ?? '', 'utf8'));
const open = (): Connection => openConnection({ guard, secureContext });

/** The world of one of the probes that run at once: with `kept`, which nothing but this does, its sockets outlive a probe. */
function worldOf(): ProbeWorld {
  const common = { clock: systemClock, tokenHosts: [] };
  if (values.connections !== 'kept') return { ...common, open };
  const kept = { ...open(), close: (): void => {} };
  return { ...common, open: () => kept };
}

const worlds = Array.from({ length: concurrency }, worldOf);

async function run(probes: number): Promise<{ readonly times: readonly number[]; readonly failed: number }> {
  const times: number[] = [];
  let failed = 0;
  let started = 0;
  const subject = { host: job.registry.host, repository: job.repository, secret: undefined };
  await Promise.all(
    worlds.map(async (world) => {
      while (started < probes) {
        started += 1;
        const start = performance.now();
        const { observation } = await probe(job, world, AbortSignal.timeout(60_000));
        if (diagnose(observation, subject).reason !== 'PushAuthorized') failed += 1;
        times.push(performance.now() - start);
      }
    }),
  );
  return { times: times.toSorted((a, b) => a - b), failed };
}

await run(Number(values['warm-up']));
const before = process.cpuUsage();
const start = performance.now();
const probes = Number(values.probes);
const { times, failed } = await run(probes);
const wallMs = performance.now() - start;
// As long as the other one waits for its cancels.
await sleep(300);
const { user, system } = process.cpuUsage(before);
const quantile = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
const cost: Cost = {
  probes,
  failed,
  cpuMs: (user + system) / 1000,
  wallMs,
  p50Ms: quantile(0.5),
  p95Ms: quantile(0.95),
};
process.stdout.write(`${JSON.stringify(cost)}\n`, () => process.exit());
