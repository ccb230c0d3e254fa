import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program to run. */
export interface Command {
  /** What messages call it. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the child; that of this process by default. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The user and the group that it runs as; those of this process by default. Only root can change them. */
  readonly uid?: number;
  readonly gid?: number;
}

/** A child that runs until it is stopped, or until this process ends in whatever way. */
export interface RunningProcess {
  readonly pid: number;
  /** Standard output and standard error in order of arrival: the last 256 KiB. */
  output(): string;
  /** How it ended, for example `exit code 1` or `SIGKILL`. Never rejects. */
  readonly exited: Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Sends SIGTERM, after `graceMs` SIGKILL, and waits for the end. Does nothing to a process that has ended. */
  stop(graceMs?: number): Promise<void>;
}

/** What a program that ended by itself left. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_LIMIT = 256 * 1024;
const READY_LIMIT_MS = 60_000;

/** Starts a program that stays. Throws when the file cannot be run. */
export async function startProcess(command: Command): Promise<RunningProcess> {
  const child = spawn(command.file, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...settingsOf(command),
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_LIMIT);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${String(code)}`));
  });
  const pid = await pidOf(child, command);
  const running: RunningProcess = {
    pid,
    output: () => output,
    exited,
    kill: (signal) => void child.kill(signal),
    stop: async (graceMs = 10_000) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(timer);
    },
  };
  children.add(pid, () => running.stop());
  void exited.then(() => children.remove(pid));
  return running;
}

/** Stops every process that is still running, and says how many there were: each is somebody's omission. */
export async function stopLeftovers(): Promise<number> {
  const leftovers = children.stops();
  await Promise.all(leftovers.map((stop) => stop()));
  return leftovers.length;
}

/**
 * Starts a program and waits until `isReady` says true; an `isReady` that throws says "not yet".
 * Throws with the end of its output when it exits first, is not ready within a minute or the signal aborts;
 * then nothing is left running.
 */
export async function startReadyProcess(
  command: Command,
  isReady: (output: string) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<RunningProcess> {
  const child = await startProcess(command);
  let ended: string | undefined;
  void child.exited.then((how) => (ended = how));
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    if (await isReady(child.output()).catch(() => false)) return child;
    const late = performance.now() > deadline ? 'was not ready within a minute' : undefined;
    const problem = ended === undefined ? late : `ended with ${ended}`;
    if (problem === undefined && signal?.aborted !== true) {
      await sleep(50);
      continue;
    }
    await child.stop(0);
    signal?.throwIfAborted();
    throw new Error(`${command.name} ${String(problem)}:\n${child.output().slice(-4000)}`);
  }
}

/** Runs a program to its end. Throws only when it cannot be run; what it says is for the caller to judge. */
export async function runProcess(command: Command, input = ''): Promise<Finished> {
  const child = spawn(command.file, command.args, settingsOf(command));
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  // A program that does not read its input closes the pipe: its exit code says what there is to say.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const closed = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const pid = await pidOf(child, command);
  children.add(pid, async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const code = await closed;
  children.remove(pid);
  return { code, ...texts };
}

/** A port on the loopback that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function settingsOf({
  env = process.env,
  cwd,
  uid,
  gid,
}: Command): Pick<SpawnOptions, 'env' | 'cwd' | 'uid' | 'gid'> {
  return { env, cwd, uid, gid };
}

async function pidOf(child: ChildProcess, { name, file }: Command): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', ({ message }) => reject(new Error(`${name} (${file}) cannot be run: ${message}`)));
  });
  if (child.pid === undefined) throw new Error(`${name} has no process id`);
  return child.pid;
}

/**
 * Kills what runs when this process is gone, even by SIGKILL, which no handler here could see: a shell in a
 * session of its own reads our list of process ids from a pipe, each line replacing the one before, and acts
 * when the pipe ends. Signal handlers here would only take SIGINT from the test runner, which tears down in order.
 */
const WATCHDOG =
  'pids=; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -KILL $pids 2>/dev/null';

/** The children that have not ended, and the shell that outlives this process to kill them. */
class Children {
  readonly #running = new Map<number, () => Promise<void>>();
  #shell: ChildProcess | undefined;

  add(pid: number, stop: () => Promise<void>): void {
    this.#running.set(pid, stop);
    this.#tell();
  }

  remove(pid: number): void {
    this.#running.delete(pid);
    this.#tell();
  }

  stops(): readonly (() => Promise<void>)[] {
    return [...this.#running.values()];
  }

  #tell(): void {
    this.#shell ??= startShell();
    this.#shell.stdin?.write(`${[...this.#running.keys()].join(' ')}\n`);
  }
}

function startShell(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', WATCHDOG], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  // The pipe must not keep this process alive: its end is the very thing that the shell waits for.
  (shell.stdin as unknown as { unref(): void }).unref();
  return shell;
}

const children = new Children();
