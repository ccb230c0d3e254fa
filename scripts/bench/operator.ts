import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { listPath, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { readCheck } from '../../src/controller/object.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { createInformer } from '../../src/kube/informer.ts';
import { check, login, namespace, type Manifest } from '../../test/support/manifests.ts';
import { freePort } from '../../test/support/processes.ts';
import type { Stage } from '../stage.ts';

const NAMESPACE = 'bench';
const ONE_BY_ONE = 50;
const AT_ONCE = 1000;
/** Checks that are probed once more, by annotation, for the cost of a repeated probe. */
const REPEATED = 200;

/** What was measured. */
export interface Figures {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly checks: number;
  readonly allS: number;
  readonly rssMiB: number;
  readonly cpuMs: number;
  readonly steadyCpuMs: number;
}

/** Runs the operator through its load and reads its CPU and memory from the kernel. */
export async function measure(
  stage: Stage,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Figures> {
  const { controlPlane, registry } = stage;
  await stage.apply([namespace(NAMESPACE), login(NAMESPACE, 'login', registry.host, 'ci', 'bench-password')]);
  const operator = await stage.startOperator({
    log: { level: 'warn', format: 'json' },
    server: { address: '127.0.0.1', port: await freePort() },
  });
  const stop = new AbortController();
  const client = createKubeClient({
    kubeconfig: controlPlane.kubeconfig,
    clock,
    limits: { qps: 10_000, burst: 10_000 },
  });
  const verdicts = watchVerdicts(client, AbortSignal.any([signal, stop.signal]));
  const create = (name: string): Promise<unknown> =>
    client.request(
      { method: 'POST', path: listPath(NAMESPACE), body: benchCheck(name, registry.url) },
      signal,
    );
  try {
    await create('warm-up');
    await verdicts.of('warm-up', 'True');
    tell(`${ONE_BY_ONE} checks, one after the other`);
    const times: number[] = [];
    for (let index = 0; index < ONE_BY_ONE; index += 1) {
      const start = performance.now();
      await create(`one-${index}`);
      await verdicts.of(`one-${index}`, 'True');
      times.push(performance.now() - start);
    }
    tell(`${AT_ONCE} checks at once`);
    const cpuBefore = await cpuMs(operator.pid);
    const start = performance.now();
    const names = Array.from({ length: AT_ONCE }, (_, index) => `many-${index}`);
    for (let at = 0; at < names.length; at += 50) await Promise.all(names.slice(at, at + 50).map(create));
    await Promise.all(names.map((name) => verdicts.of(name, 'True')));
    const allS = (performance.now() - start) / 1000;
    await sleep(1000);
    const cpuAfter = await cpuMs(operator.pid);
    tell(`${REPEATED} of them once more`);
    await sleep(15_000, undefined, { signal });
    const cpuIdle = await cpuMs(operator.pid);
    for (let at = 0; at < REPEATED; at += 50)
      await Promise.all(
        names.slice(at, Math.min(at + 50, REPEATED)).map((name) => request(client, name, signal)),
      );
    await Promise.all(names.slice(0, REPEATED).map((name) => verdicts.handled(name)));
    await sleep(1000);
    const steady = (await cpuMs(operator.pid)) - cpuIdle;
    const sorted = times.toSorted((a, b) => a - b);
    const round = (ms: number): number => Math.round(ms * 10) / 10;
    return {
      p50Ms: Math.round(sorted[Math.floor(sorted.length * 0.5)] ?? 0),
      p95Ms: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? 0),
      checks: AT_ONCE,
      allS: round(allS),
      rssMiB: Math.round(await peakRssMiB(operator.pid)),
      cpuMs: round((cpuAfter - cpuBefore) / AT_ONCE),
      steadyCpuMs: round(steady / REPEATED),
    };
  } finally {
    stop.abort(new Error('measured'));
    await operator.stop();
  }
}

interface Verdicts {
  /** Resolves when the check has this Ready status. */
  of(name: string, ready: string): Promise<void>;
  /** Resolves when the check has answered the request for a probe. */
  handled(name: string): Promise<void>;
}

function watchVerdicts(client: ReturnType<typeof createKubeClient>, signal: AbortSignal): Verdicts {
  const waiting = new Set<{
    readonly name: string;
    readonly wanted: (check: RegistryPushCheck) => boolean;
    readonly resolve: () => void;
  }>();
  const informer = createInformer<RegistryPushCheck>({
    client,
    path: listPath,
    namespaces: [NAMESPACE],
    trim: readCheck,
    onChange: (_, __, after) => {
      if (after === undefined) return;
      for (const one of waiting) {
        if (one.name !== after.metadata.name || !one.wanted(after)) continue;
        waiting.delete(one);
        one.resolve();
      }
    },
    log: () => {},
    clock,
    random: Math.random,
  });
  void informer.run(signal);
  const until = (name: string, wanted: (check: RegistryPushCheck) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const now = informer.get(`${NAMESPACE}/${name}`);
      if (now !== undefined && wanted(now)) resolve();
      else waiting.add({ name, wanted, resolve });
    });
  return {
    of: (name, ready) =>
      until(
        name,
        ({ status }) =>
          status?.conditions?.some((one) => one.type === 'Ready' && one.status === ready) === true,
      ),
    handled: (name) => until(name, ({ status }) => status?.lastHandledReconcileAt === 'again'),
  };
}

function request(
  client: ReturnType<typeof createKubeClient>,
  name: string,
  signal: AbortSignal,
): Promise<unknown> {
  const body = { metadata: { annotations: { 'doctor.stella-ops.org/requestedAt': 'again' } } };
  const path = `${listPath(NAMESPACE)}/${name}`;
  return client.request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, signal);
}

function benchCheck(name: string, registryUrl: string): Manifest {
  return check(NAMESPACE, name, { registryUrl, pushTestRepository: 'team/app', existingSecret: 'login' });
}

/** User and system time of a process so far, in milliseconds (proc(5): fields 14 and 15, 100 ticks a second). */
async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Highest resident memory of a process so far (proc(5): VmHWM). */
async function peakRssMiB(pid: number): Promise<number> {
  const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
