import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess, type Finished } from '../../../test/support/processes.ts';
import { cacheRoot, thisMachine } from '../../tools.ts';

const PACKAGE = 'docker-registry';

/**
 * The registry of the 2.8 line as Debian ships it, unpacked beside the built tools: it is not installed and nothing is started.
 * @throws Error with a sentence for the user where apt cannot give it
 */
export async function debianRegistry(tell: (line: string) => void): Promise<string> {
  const folder = join(cacheRoot(thisMachine()), `debian-${PACKAGE}-${process.arch}`);
  const file = join(folder, 'usr', 'bin', PACKAGE);
  const present = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!present) {
    tell(`fetching the Debian package ${PACKAGE}`);
    await unpack(folder);
  }
  const { stdout } = await run(file, ['--version']);
  if (!/ v?2\.8\./.test(stdout)) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`The package ${PACKAGE} of this machine is not of the 2.8 line: ${stdout.trim()}`);
  }
  return file;
}

async function unpack(folder: string): Promise<void> {
  const parent = join(folder, '..');
  await mkdir(parent, { recursive: true });
  const staging = await mkdtemp(join(parent, '.debian-'));
  try {
    await run('apt-get', ['-q', 'download', PACKAGE], staging);
    const [archive] = (await readdir(staging)).filter((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get download left no file of ${PACKAGE}`);
    await run('dpkg', ['-x', join(staging, archive), join(staging, 'root')]);
    await rm(folder, { recursive: true, force: true });
    await rename(join(staging, 'root'), folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function run(file: string, args: readonly string[], cwd?: string): Promise<Finished> {
  const command = { name: file, file, args, ...(cwd === undefined ? {} : { cwd }) };
  const finished = await runProcess(command).catch((error: unknown) => missing(String(error)));
  if (finished.code !== 0) return missing(finished.stderr.trim().split('\n').at(-1) ?? '');
  return finished;
}

function missing(why: string): never {
  throw new Error(
    `Registry 2.8 is the Debian package ${PACKAGE}, by "apt-get download" (run "apt-get update" first): ${why}`,
  );
}
