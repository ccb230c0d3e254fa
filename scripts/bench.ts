import { readFile } from 'node:fs/promises';
import { runProcess } from '../test/support/processes.ts';
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

function print(table: readonly (readonly string[])[]): void {
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  for (const row of table) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd()}\n`,
    );
  }
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
const build = await runProcess({ name: 'build', file: process.execPath, args: ['scripts/build.ts'] });
if (build.code !== 0) throw new Error(`npm run build failed:\n${build.stderr}`);
const users = {
  ci: { password: 'bench-password', grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] }] },
} as const;
const stage = await openStage({ users, tell, report: progressOn(process.stderr), signal: stop.signal });
try {
  const start = performance.now();
  print(rows(await measure(stage, tell, stop.signal)));
  const [, model = 'unknown processor'] =
    /^model name\s*: (.*)$/m.exec(await readFile('/proc/cpuinfo', 'utf8').catch(() => '')) ?? [];
  process.stdout.write(
    `\nThe bundle as a child process with the flags of the image and the default limits (200 requests/s, burst 400), over TLS;\n` +
      `etcd, kube-apiserver, registry and token server on the same machine: ${model}, node ${process.version}; ${((performance.now() - start) / 1000).toFixed(0)} s in all.\n`,
  );
} finally {
  await stage.close();
}
