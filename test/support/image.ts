import { chmod, chown, copyFile, cp, lstat, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { copiesOf, isIgnored, parseDockerfile, textsOf, type Copy, type Stage } from './dockerfile.ts';
import { runProcess, type Command } from './processes.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What the Dockerfile would make an image of, as files of this machine: no engine is needed, and none is proven to work. */
export interface Image {
  /** The root of its file system, as far as the Dockerfile fills it. Nobody may write there. */
  readonly root: string;
  /** The entry point with these arguments, as the image's user, in its folder and with its environment. */
  command(...args: readonly string[]): Command;
  /** Gives a file to the image's user, who alone can then read it. */
  own(file: string): Promise<void>;
  /** Makes the tree writable again, to remove it. */
  unlock(): Promise<void>;
}

/**
 * Does by hand what the Dockerfile says, below the folder `dir`: copies into the build stage what it copies (and the context
 * lets in), builds there with the packages of this repository, and copies into the final stage. Only root can change users:
 * for everybody else it runs as they are, still without the right to write.
 */
export async function assembleImage(dir: string): Promise<Image> {
  const { stages } = parseDockerfile(await readFile(join(ROOT, 'Dockerfile'), 'utf8'));
  const [build, final] = stages;
  if (build === undefined || final === undefined) throw new Error('the Dockerfile has not two stages');
  const folders = { build: join(dir, 'build'), final: join(dir, 'root') };
  await fill(folders.build, build, ROOT);
  await symlink(join(ROOT, 'node_modules'), join(folders.build, workdir(build), 'node_modules'));
  await runBuild(join(folders.build, workdir(build)));
  await fill(folders.final, final, ROOT, folders.build);
  await setMode(folders.final, { folder: 0o555, file: 0o444 });
  // The user of the image can neither enter a home of root nor run a Node that lies there.
  const node = join(dir, 'node');
  await copyFile(process.execPath, node);
  await chmod(node, 0o555);
  await chmod(dir, 0o755);
  const user = process.getuid?.() === 0 ? userOf(final) : undefined;
  const environment = textsOf(final, 'ENV').map((text) => text.split('=', 2) as [string, string]);
  return {
    root: folders.final,
    command: (...args) => ({
      name: `image ${args.join(' ')}`,
      file: node,
      args: [...entryPoint(final, folders.final), ...args],
      env: { ...Object.fromEntries(environment), PATH: '/usr/local/bin:/usr/bin:/bin' },
      cwd: join(folders.final, workdir(final)),
      ...user,
    }),
    own: async (file) => {
      if (user !== undefined) await chown(file, user.uid, user.gid);
      await chmod(file, 0o400);
    },
    unlock: () => setMode(folders.final, { folder: 0o755, file: 0o644 }),
  };
}

function workdir(stage: Stage): string {
  return textsOf(stage, 'WORKDIR')[0] ?? '/';
}

function userOf(stage: Stage): { readonly uid: number; readonly gid: number } {
  const [uid = Number.NaN, gid = Number.NaN] = (textsOf(stage, 'USER')[0] ?? '').split(':').map(Number);
  return { uid, gid };
}

/** Node's own flags and the file, which lies below `root` here. */
function entryPoint(stage: Stage, root: string): readonly string[] {
  const [program, ...args] = JSON.parse(textsOf(stage, 'ENTRYPOINT')[0] ?? '[]') as readonly string[];
  if (program !== 'node') throw new Error('the entry point is not node');
  return args.map((arg) => (arg.startsWith('/') ? join(root, arg) : arg));
}

async function fill(folder: string, stage: Stage, context: string, built = ''): Promise<void> {
  await mkdir(join(folder, workdir(stage)), { recursive: true });
  for (const copy of copiesOf(stage)) {
    await copyInto(join(folder, workdir(stage)), copy, copy.from === undefined ? context : built);
  }
}

/** As Docker does: of a folder its content, of a file the file itself. */
async function copyInto(folder: string, { from, sources, target }: Copy, root: string): Promise<void> {
  const ignore = from === undefined ? await readFile(join(root, '.dockerignore'), 'utf8') : '';
  for (const source of sources) {
    const path = join(root, source);
    const isFolder = (await lstat(path)).isDirectory();
    const to = isFolder ? join(folder, target) : join(folder, target, basename(source));
    await mkdir(dirname(to), { recursive: true });
    const filter = async (file: string): Promise<boolean> =>
      (await lstat(file)).isDirectory() || !isIgnored(ignore, file.slice(root.length + 1));
    await cp(path, to, { recursive: true, filter });
  }
}

/** What `npm run build` does; a test of the Dockerfile holds that it is this. */
async function runBuild(cwd: string): Promise<void> {
  const args = ['scripts/build.ts'];
  const done = await runProcess({ name: 'build stage', file: process.execPath, args, cwd });
  if (done.code !== 0) throw new Error(`The build stage lacks something:\n${done.stderr.trim()}`);
}

async function setMode(
  folder: string,
  mode: { readonly folder: number; readonly file: number },
): Promise<void> {
  await chmod(folder, mode.folder | 0o200);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? setMode(path, mode) : chmod(path, mode.file));
  }
  await chmod(folder, mode.folder);
}
