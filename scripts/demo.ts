import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { progressOn } from './tools.ts';
import { swapRights, USERS, type UserName } from './demo/scenario.ts';
import { mismatches, readVerdicts } from './demo/verdicts.ts';
import { NAMESPACE, openWorld, type World } from './demo/world.ts';
import { runProcess } from '../test/support/processes.ts';

const USAGE = `usage: npm run demo [-- --once] [-- --swap-rights USER,USER]
  --once         print the table once, compare it with what the servers' configuration says, exit 0 or 1
  --swap-rights  swap the rights of two users (${Object.keys(USERS).join(', ')}): --once must then exit 1
`;

/** Longest wait for all verdicts with --once, in milliseconds. */
const ONCE_LIMIT_MS = 90_000;

/** The red row that is shown in full. */
const DESCRIBED = 'puller';

function tell(line: string): void {
  process.stderr.write(`demo: ${line}\n`);
}

async function table({ controlPlane }: World): Promise<string> {
  const { stdout, stderr } = await controlPlane.kubectl(['get', 'registrypushchecks', '-n', NAMESPACE]);
  return stdout === '' ? stderr : stdout;
}

async function describe({ controlPlane }: World): Promise<string> {
  const { stdout } = await controlPlane.kubectl([
    'describe',
    'registrypushcheck',
    DESCRIBED,
    '-n',
    NAMESPACE,
  ]);
  return stdout;
}

/** Waits until every check has a verdict, or the time is over. */
async function once(world: World, signal: AbortSignal): Promise<number> {
  const deadline = performance.now() + ONCE_LIMIT_MS;
  let seen = await readVerdicts(world.controlPlane);
  while (seen.size < world.checks.length && performance.now() < deadline) {
    await sleep(250, undefined, { signal });
    seen = await readVerdicts(world.controlPlane);
  }
  process.stdout.write(
    `\n${await table(world)}\n$ kubectl describe registrypushcheck ${DESCRIBED} -n ${NAMESPACE}\n${await describe(world)}\n`,
  );
  const wrong = mismatches(world.checks, seen);
  for (const line of wrong) process.stdout.write(`MISMATCH ${line}\n`);
  process.stdout.write(
    wrong.length === 0
      ? `all ${world.checks.length} verdicts are as expected\n`
      : `${wrong.length} of ${world.checks.length} verdicts differ\n`,
  );
  if (wrong.length > 0)
    process.stdout.write(`the operator's log:\n${world.operator.output().slice(-4000)}\n`);
  return wrong.length === 0 ? 0 : 1;
}

/** Redraws the table until Ctrl-C; the red row is described as soon as it is there. */
async function live(world: World, signal: AbortSignal): Promise<number> {
  const clear = process.stdout.isTTY ? '\u{1B}[H\u{1B}[2J' : '';
  const hint = `Another terminal can look at it too:\n  export KUBECONFIG=${world.controlPlane.kubeconfig}\n  kubectl get registrypushchecks -n ${NAMESPACE} --watch\nCtrl-C stops everything.\n`;
  let last = '';
  while (!signal.aborted) {
    const rows = await table(world);
    const seen = await readVerdicts(world.controlPlane);
    const details = seen.has(DESCRIBED)
      ? `\n$ kubectl describe registrypushcheck ${DESCRIBED} -n ${NAMESPACE}\n${await describe(world)}`
      : '';
    const screen = `${rows}${details}\n${hint}`;
    if (screen !== last) process.stdout.write(`${clear}${screen}`);
    last = screen;
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
  return 0;
}

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { once: { type: 'boolean' }, 'swap-rights': { type: 'string' } } });
  const swapped = values['swap-rights']?.split(',');
  if (
    swapped !== undefined &&
    (swapped.length !== 2 || !swapped.every((name) => Object.hasOwn(USERS, name)))
  ) {
    process.stderr.write(USAGE);
    return 2;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const build = await runProcess({ name: 'build', file: process.execPath, args: ['scripts/build.ts'] });
  if (build.code !== 0) throw new Error(`npm run build failed:\n${build.stderr}`);
  const users = swapped === undefined ? USERS : swapRights(swapped[0] as UserName, swapped[1] as UserName);
  const report = progressOn(process.stderr);
  const world = await openWorld({ users, tell, report, signal: stop.signal });
  try {
    return values.once === true ? await once(world, stop.signal) : await live(world, stop.signal);
  } finally {
    await world.close();
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError && 'code' in error ? 2 : 1;
}
