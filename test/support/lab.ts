import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools, type Report, type ToolName } from '../../scripts/tools.ts';
import { createAuthority, type Authority } from './certificates.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { stopLeftovers } from './processes.ts';

/** The programs that tests run. What no test needs is not built for them. */
const PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kubectl',
  'registry',
  'htpasswd',
  'crane',
  'helm',
  'helm3',
  'promtool',
  'readiness',
  'goproxy',
] as const satisfies readonly ToolName[];

/** What all tests against real servers share. */
export interface Lab {
  /** Paths of the programs. */
  readonly tools: Readonly<Record<(typeof PROGRAMS)[number], string>>;
  /** One for all tests of the run: take a namespace of your own. */
  readonly controlPlane: ControlPlane;
  /** Issues certificates for registries and token servers. */
  readonly authority: Authority;
  /** Path of the authority's certificate, for `SSL_CERT_FILE` and `NODE_EXTRA_CA_CERTS`. */
  readonly authorityFile: string;
  /** A folder that is removed at the end of the run: take a sub-folder of your own. */
  readonly dir: string;
}

let current: Lab | undefined;

/** The lab of this run. Throws when the run was started without the global set-up. */
export function lab(): Lab {
  if (current === undefined) {
    throw new Error('This test needs real servers: run it by "npm test -- FILE", which starts them first.');
  }
  return current;
}

/** Builds the programs that are missing and starts the control plane. Throws a sentence for the user. */
export async function openLab(report: Report): Promise<void> {
  const tools = await ensureTools(PROGRAMS, report);
  const dir = await mkdtemp(join(tmpdir(), 'registry-push-check-'));
  try {
    const authority = await createAuthority('test registries');
    const authorityFile = join(dir, 'authority.crt');
    await writeFile(authorityFile, authority.pem);
    const controlPlane = await startControlPlane({ dir: join(dir, 'control-plane'), tools });
    current = { tools, controlPlane, authority, authorityFile, dir };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Stops the control plane, whatever else tests left running, and removes the folder. */
export async function closeLab(): Promise<void> {
  if (current === undefined) return;
  const { controlPlane, dir } = current;
  current = undefined;
  await controlPlane.stop();
  await stopLeftovers();
  await rm(dir, { recursive: true, force: true });
}
