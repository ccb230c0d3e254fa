import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { progressOn } from './tools.ts';
import { fit, hint } from './demo/screen.ts';
import { swapRights, USERS, type UserName } from './demo/scenario.ts';
import { mismatches, readVerdicts } from './demo/verdicts.ts';
import { NAMESPACE, openWorld, type World } from './demo/world.ts';
import { runProcess } from '../test/support/processes.ts';
import type { Users } from '../test/support/token-server.ts';

const USAGE = `usage: npm run demo [-- --once] [-- --swap-rights USER,USER]
  --once         print the table once and one red row in full, compare all verdicts with what the servers'
                 configuration says, exit 0 or 1
  --swap-rights  swap the rights of two users (${Object.keys(USERS).join(', ')}): --once must then exit 1
Without --once the table is redrawn until Ctrl-C.
`;

/** Longest wait for all verdicts with --once, in milliseconds. */
const ONCE_LIMIT_MS = 90_000;

/** The red row that is shown in full. */
const DESCRIBED = 'puller';

function tell(line: string): void {
  process.stderr.write(`demo: ${line}\n`);
}

/** Said at once on Ctrl-C: until all servers have ended takes a few seconds. */
const STOPPING = 'stopping…';

/** Columns of the table, for terminals that are too narrow for the printer columns of the CRD. */
const NARROW =
  'custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].status,REASON:.status.conditions[?(@.type=="Ready")].reason,SECRET:.spec.existingSecret';

/** Narrower than this, a row of the whole table would wrap. */
const WIDE = 124;

/** The table, or undefined where kubectl did not get to it: Ctrl-C ends it, too. */
async function table({ controlPlane }: World, columns = WIDE): Promise<string | undefined> {
  const narrow = columns < WIDE ? ['-o', NARROW] : [];
  const args = ['get', 'registrypushchecks', '-n', NAMESPACE, ...narrow];
  const { code, stdout } = await controlPlane.kubectl(args);
  return code === 0 ? stdout : undefined;
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
    await sleep(250);
    signal.throwIfAborted();
    world.ended.throwIfAborted();
    seen = await readVerdicts(world.controlPlane);
  }
  process.stdout.write(
    `\n${(await table(world)) ?? ''}\n$ kubectl describe registrypushcheck ${DESCRIBED} -n ${NAMESPACE}\n${await describe(world)}\n`,
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

/** The terminal's other screen: what was there before comes back at the end. */
const SCREEN = {
  enter: '\u{1B}[?1049h\u{1B}[H',
  home: '\u{1B}[H',
  rest: '\u{1B}[0J',
  leave: '\u{1B}[?1049l',
} as const;

/** Redraws the table until Ctrl-C, and leaves the last one on the screen. */
async function live(world: World, users: Users, signal: AbortSignal): Promise<number> {
  const { stdout } = process;
  const below = hint({ ...world, users, described: DESCRIBED, namespace: NAMESPACE });
  const until = AbortSignal.any([signal, world.ended]);
  if (stdout.isTTY) stdout.write(SCREEN.enter);
  let last = '';
  while (!until.aborted) {
    const rows = await table(world, stdout.isTTY ? stdout.columns : WIDE);
    const screen = rows === undefined ? last : `${rows}\n${below}`;
    if (until.aborted) break;
    if (stdout.isTTY) stdout.write(`${SCREEN.home}${fit(screen, stdout)}${SCREEN.rest}`);
    else if (screen !== last) stdout.write(`${screen}\n`);
    last = screen;
    await sleep(1000, undefined, { signal: until }).catch(() => undefined);
  }
  if (stdout.isTTY) stdout.write(`${SCREEN.leave}${last}`);
  // What was said at once went with the other screen.
  if (stdout.isTTY && signal.aborted) tell(STOPPING);
  if (signal.aborted) return 0;
  throw world.ended.reason;
}

/** What the command line asks for; undefined where it cannot be understood. */
function readArguments():
  | { readonly once: boolean; readonly help: boolean; readonly users: Users }
  | undefined {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        'swap-rights': { type: 'string' },
      },
    });
    const { once: isOnce, help, 'swap-rights': swapped } = values;
    const [one = '', other = '', ...more] = swapped?.split(',') ?? [];
    if (swapped === undefined) return { once: isOnce, help, users: USERS };
    if (!isUser(one) || !isUser(other) || more.length > 0) return undefined;
    return { once: isOnce, help, users: swapRights(one, other) };
  } catch {
    return undefined;
  }
}

function isUser(name: string): name is UserName {
  return Object.hasOwn(USERS, name);
}

async function run(signal: AbortSignal): Promise<number> {
  const wanted = readArguments();
  if (wanted?.help === true) process.stdout.write(USAGE);
  if (wanted === undefined) process.stderr.write(USAGE);
  if (wanted === undefined || wanted.help) return wanted === undefined ? 2 : 0;
  tell('building the operator');
  const build = await runProcess({ name: 'build', file: process.execPath, args: ['scripts/build.ts'] });
  if (build.code !== 0) throw new Error(`npm run build failed:\n${build.stderr}`);
  const report = progressOn(process.stderr);
  const world = await openWorld({ users: wanted.users, tell, report, signal });
  try {
    return wanted.once ? await once(world, signal) : await live(world, wanted.users, signal);
  } finally {
    await world.close();
  }
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    tell(STOPPING);
    stop.abort(new Error(`stopped by ${name}`));
  });
}
try {
  process.exitCode = await run(stop.signal);
} catch (error) {
  // Ctrl-C reaches the children, too: what they say then is not the cause.
  const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
  process.stderr.write(`\ndemo: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
