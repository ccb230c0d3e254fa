import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess, type RunningProcess } from './processes.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The flags that the operator runs with where it is installed: small heap, no prototype or inspector back door. */
export const NODE_FLAGS = [
  '--optimize-for-size',
  '--max-semi-space-size=2',
  '--max-old-space-size=96',
  '--disable-proto=delete',
  '--disable-sigusr1',
];

/** How an operator is started. */
export interface OperatorOptions {
  /** Is created; the configuration file is written here. */
  readonly dir: string;
  readonly kubeconfig: string;
  /** The configuration file's content, as an object. Unless it says otherwise, nothing is served: several run at once. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Folder of the bundle; the repository's `dist` by default. */
  readonly dist?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built operator as a child process, with an environment of its own. */
export async function startOperator({
  dir,
  kubeconfig,
  config,
  dist,
  env = {},
}: OperatorOptions): Promise<RunningProcess> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'config.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ server: { port: 0 }, ...config }, undefined, 2));
  const entry = join(dist ?? join(ROOT, 'dist'), 'cli.js');
  return startProcess({
    name: 'operator',
    file: process.execPath,
    args: [...NODE_FLAGS, entry, 'controller', '--config', file, '--kubeconfig', kubeconfig],
    env: { HOME: dir, PATH: '/usr/bin:/bin', ...env },
    cwd: dir,
  });
}
