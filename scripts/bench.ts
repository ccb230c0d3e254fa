import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { runProcess } from '../test/support/processes.ts';
import { agreement } from './bench/agreement.ts';
import { cost } from './bench/cost.ts';
import { alignedLines } from './bench/lines.ts';
import { measure, type Figures } from './bench/operator.ts';
import { openStage } from './stage.ts';
import { progressOn } from './tools.ts';

/** What the figures are held against. */
const AIMS = { p50Ms: 100, allS: 8, rssMiB: 120, cpuMs: 5 } as const;

function tell(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

function rows({
  p50Ms,
  p95Ms,
  allS,
  checks,
  rssMiB,
  cpuMs,
  steadyCpuMs,
}: Figures): readonly (readonly string[])[] {
  return [
    ['figure', 'measured', 'aim'],
    ['create to verdict, p50 of 50', `${p50Ms} ms`, `< ${AIMS.p50Ms} ms`],
    ['create to verdict, p95 of 50', `${p95Ms} ms`, ''],
    [`${checks} checks at once until all have a verdict`, `${allS} s`, `< ${AIMS.allS} s`],
    ['peak resident memory', `${rssMiB} MiB`, `< ${AIMS.rssMiB} MiB`],
    [`CPU per check, first ${checks}`, `${cpuMs} ms`, `< ${AIMS.cpuMs} ms`],
    ['CPU per check, repeated probes', `${steadyCpuMs} ms`, ''],
  ];
}

function print(text: string): void {
  process.stdout.write(text);
}

/** Where and for how long a benchmark ran: figures say little without it. */
function place(startMs: number): string {
  const [{ model } = { model: 'unknown processor' }] = cpus();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  return `${cpus().length} × ${model}, node ${process.version}; ${seconds} s in all`;
}

async function operator(): Promise<boolean> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const build = await runProcess({ name: 'build', file: process.execPath, args: ['scripts/build.ts'] });
  if (build.code !== 0) throw new Error(`npm run build failed:\n${build.stderr}`);
  const users = {
    ci: {
      password: 'bench-password',
      grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] }],
    },
  } as const;
  const stage = await openStage({ users, tell, report: progressOn(process.stderr), signal: stop.signal });
  try {
    const start = performance.now();
    print(alignedLines(rows(await measure(stage, tell, stop.signal))));
    print(
      `\nThe bundle as a child process with the flags of the image and the default limits (200 requests/s, burst 400), over TLS;\n` +
        `etcd, kube-apiserver, registry and token server on the same machine: ${place(start)}.\n`,
    );
    return true;
  } finally {
    await stage.close();
  }
}

/** The benchmarks by name: each prints its figures and says whether they are as they must be. */
const BENCHMARKS: Readonly<Record<string, (only: readonly string[]) => Promise<boolean>>> = {
  operator,
  agreement: async (only) => {
    const start = performance.now();
    const agrees = await agreement({ only, tell, report: progressOn(process.stderr), print });
    print(`\nEvery server over TLS, on the same machine: ${place(start)}.\n`);
    return agrees;
  },
  cost: async () => {
    const start = performance.now();
    const isGood = await cost({ tell, report: progressOn(process.stderr), print });
    print(
      `\nThe registry is a process of its own that answers at once, over TLS, on the same machine: ${place(start)}.\n` +
        `Node with the flags of the image. The peer does not wait for its cancel, so its times are those of three requests.\n`,
    );
    return isGood;
  },
};

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { only: { type: 'string', multiple: true } },
    allowPositionals: true,
  });
  const [name = 'operator'] = positionals;
  const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (benchmark === undefined || positionals.length > 1)
    throw new Error(`usage: npm run bench -- [${Object.keys(BENCHMARKS).join(' | ')}] [--only SERVER]…`);
  if (!(await benchmark(values.only ?? []))) process.exitCode = 1;
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
