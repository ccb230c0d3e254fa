import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One test of a run. */
export interface TestResult {
  /** The titles of its `describe`s and its own, joined by spaces. */
  readonly fullTitle: string;
  /** Absolute path of its file. */
  readonly file: string;
  readonly failed: boolean;
}

/** How a run of mocha ended: `output` is what it printed. */
export interface TestRun {
  readonly code: number | undefined;
  readonly tests: readonly TestResult[];
  readonly output: string;
}

/** What to run. */
export interface TestRunOptions {
  /** The root of the tree that is tested. */
  readonly root: string;
  readonly files: readonly string[];
  /** `--dry-run`, `--bail`, `--grep` and its pattern, …. */
  readonly args: readonly string[];
  /** A run that takes longer is killed, in milliseconds; its code is undefined. */
  readonly limitMs: number;
}

/** Runs tests that need no servers in a process of their own and reads mocha's JSON report; no tests where there is none. */
export async function runMocha({ root, files, args, limitMs }: TestRunOptions): Promise<TestRun> {
  const dir = await mkdtemp(join(tmpdir(), 'registry-push-check-mocha-'));
  const report = join(dir, 'report.json');
  try {
    const { code, output } = await finish(
      ['--no-config', '--extension', 'ts', '--exit', '--timeout', '20000', '--reporter', 'json'],
      ['--reporter-option', `output=${report}`, ...args, ...files],
      root,
      limitMs,
    );
    const text = await readFile(report, 'utf8').catch(() => '{"tests":[]}');
    const { tests } = JSON.parse(text) as {
      readonly tests: readonly (TestResult & { readonly err: object })[];
    };
    return {
      code,
      tests: tests.map(({ fullTitle, file, err }) => ({
        fullTitle,
        file,
        failed: Object.keys(err).length > 0,
      })),
      output,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function finish(
  settings: readonly string[],
  rest: readonly string[],
  cwd: string,
  limitMs: number,
): Promise<{ readonly code: number | undefined; readonly output: string }> {
  const mocha = join(cwd, 'node_modules', 'mocha', 'bin', 'mocha.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mocha, ...settings, ...rest], { cwd, detached: true });
    let output = '';
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-20_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const timer = setTimeout(() => {
      // The whole group: tests start processes, too.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, output });
    });
  });
}
