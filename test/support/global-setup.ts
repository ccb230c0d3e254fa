import { join } from 'node:path';
import { progressOn } from '../../scripts/tools.ts';
import { closeLab, openLab } from './lab.ts';
import { runProcess } from './processes.ts';

/** Runs before the first test, outside its timeout: builds the bundle and what servers are missing, starts them. */
export async function mochaGlobalSetup(): Promise<void> {
  try {
    await buildBundle();
    await openLab(progressOn(process.stderr));
  } catch (error) {
    // Mocha would print a stack trace: this is for somebody who lacks a tool, not for somebody with a bug.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** Runs after the last test. */
export async function mochaGlobalTeardown(): Promise<void> {
  await closeLab();
}

/** Some tests run `dist/cli.js` as a child process: what they run is what the sources say now. */
async function buildBundle(): Promise<void> {
  const cwd = join(import.meta.dirname, '..', '..');
  const { code, stderr } = await runProcess({
    name: 'scripts/build.ts',
    file: process.execPath,
    args: ['scripts/build.ts'],
    cwd,
  });
  if (code !== 0) throw new Error(`The bundle could not be built (npm run build):\n${stderr.trim()}`);
}
