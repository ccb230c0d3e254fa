import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildFlags, linkerFlags, requiredVersion, TOOL_NAMES, TOOLS, type ToolName } from './recipes.ts';

export type { ToolName };

/** The tools that a `KUBEBUILDER_ASSETS` folder holds (the envtest convention of controller-runtime). */
const ASSETS: readonly ToolName[] = ['etcd', 'kube-apiserver', 'kubectl'];

/** What finding and building tools needs to know of the machine. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** Operating system and processor, for example `linux-x64`. */
  readonly platform: string;
  /** The folder with one room per go.mod. */
  readonly rooms: string;
}

/** This machine, and the `tools/` folder beside this script. */
export function thisMachine(): Machine {
  return {
    env: process.env,
    home: homedir(),
    platform: `${process.platform}-${process.arch}`,
    rooms: join(import.meta.dirname, '..', 'tools'),
  };
}

/** Where a tool is, or would be once built. */
export interface Place {
  readonly name: ToolName;
  /** From go.mod; `given` for a file of `KUBEBUILDER_ASSETS`, whose version nobody pinned. */
  readonly version: string;
  readonly path: string;
  readonly present: boolean;
}

/** A step of a build, for whoever shows progress. */
export interface BuildStep {
  readonly kind: 'started' | 'running' | 'done';
  readonly name: ToolName;
  readonly version: string;
  readonly seconds: number;
}

/** Is told of every step of a build, while it runs once a second. */
export type Report = (step: BuildStep) => void;

/** Where the cache keeps a tool: whatever changes the binary changes the folder's name. */
async function cachePlace(name: ToolName, machine: Machine): Promise<{ version: string; path: string }> {
  const recipe = TOOLS[name];
  const room = join(machine.rooms, recipe.room);
  const version = requiredVersion(await readFile(join(room, 'go.mod'), 'utf8'), recipe.module);
  const digest = createHash('sha256').update(`${linkerFlags(recipe, version)}\n${machine.platform}\n`);
  if (recipe.cgoTags !== undefined) digest.update(`cgo ${recipe.cgoTags.join(',')}\n`);
  const sources = (await readdir(room)).filter((file) => /\.go$|^go\.(mod|sum)$/.test(file)).toSorted();
  for (const file of sources) digest.update(await readFile(join(room, file)));
  const folder = `${name}-${version}-${digest.digest('hex').slice(0, 10)}`;
  return { version, path: join(cacheRoot(machine), folder, name) };
}

/** The folder outside the repository that keeps built tools (XDG Base Directory Specification). */
export function cacheRoot({ env, home }: Machine): string {
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'registry-push-check', 'tools');
}

/** Finds a tool without building it: first in `KUBEBUILDER_ASSETS`, then in the cache. */
export async function findTool(name: ToolName, machine: Machine = thisMachine()): Promise<Place> {
  const assets = machine.env['KUBEBUILDER_ASSETS'];
  if (assets && ASSETS.includes(name)) {
    const path = join(assets, name);
    if (await isExecutable(path)) return { name, version: 'given', path, present: true };
  }
  const { version, path } = await cachePlace(name, machine);
  return { name, version, path, present: await isExecutable(path) };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * The paths of the named tools; the missing ones are built first, one after the other.
 * Throws an Error whose message is one sentence for the user, or a sentence and the end of Go's output.
 */
export async function ensureTools<N extends ToolName>(
  names: readonly N[],
  report: Report,
  machine: Machine = thisMachine(),
): Promise<Readonly<Record<N, string>>> {
  const places = await Promise.all(names.map((name) => findTool(name, machine)));
  const missing = places.filter(({ present }) => !present);
  if (missing.length > 0) {
    const problem = noGo(
      await goVersion(machine),
      missing.map(({ name }) => name),
    );
    if (problem !== undefined) throw new Error(problem);
  }
  for (const place of missing) await build(place, machine, report);
  return Object.fromEntries(places.map(({ name, path }) => [name, path])) as Record<N, string>;
}

/** Why Go cannot build these tools, in one sentence; `undefined` when it can. `version` as in `go1.26.8`. */
export function noGo(version: string | undefined, missing: readonly ToolName[]): string | undefined {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (Number(major) > 1 || (major === '1' && Number(minor) >= 26)) return undefined;
  const found = version === undefined ? '' : ` (this one is ${version})`;
  const instead = missing.every((name) => ASSETS.includes(name)) ? ' or set KUBEBUILDER_ASSETS' : '';
  return `Go 1.26 or newer is needed once to build ${missing.join(', ')}${found}: install it from https://go.dev/dl/${instead}.`;
}

async function goVersion(machine: Machine): Promise<string | undefined> {
  const { code, output } = await go(['env', 'GOVERSION'], machine.rooms, machine);
  return code === 0 ? output.trim() : undefined;
}

/** Builds beside the place and renames, so that of two builds at once neither breaks the other. */
async function build(place: Place, machine: Machine, report: Report): Promise<void> {
  const { name, version, path } = place;
  const recipe = TOOLS[name];
  const started = performance.now();
  const step = (kind: BuildStep['kind']): void =>
    report({ kind, name, version, seconds: Math.round((performance.now() - started) / 1000) });

  await mkdir(cacheRoot(machine), { recursive: true });
  const staging = await mkdtemp(join(cacheRoot(machine), '.build-'));
  step('started');
  const heartbeat = setInterval(() => step('running'), 1000);
  try {
    const args = ['build', ...buildFlags(recipe, version), '-o', join(staging, name), recipe.package];
    const cgo = recipe.cgoTags !== undefined;
    const { code, output } = await go(args, join(machine.rooms, recipe.room), machine, cgo);
    if (code !== 0) throw new Error(`${name} ${version} could not be built:\n${lastLines(output, 20)}`);
    await mkdir(join(path, '..'), { recursive: true });
    await rename(join(staging, name), path);
  } finally {
    clearInterval(heartbeat);
    await rm(staging, { recursive: true, force: true });
  }
  step('done');
}

/** Runs Go as it is installed: no other toolchain, go.mod as committed, and a C compiler only where one is needed. */
function go(
  args: readonly string[],
  cwd: string,
  machine: Machine,
  cgo = false,
): Promise<{ code: number; output: string }> {
  const settings = {
    CGO_ENABLED: cgo ? '1' : '0',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOWORK: 'off',
  };
  return new Promise((resolve) => {
    const child = spawn('go', args, { cwd, env: { ...machine.env, ...settings } });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-64 * 1024);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', () => resolve({ code: 127, output }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** Shows builds on a stream: one line that is redrawn on a terminal, elsewhere a line every 15 s. */
export function progressOn(stream: { readonly isTTY?: boolean; write(text: string): unknown }): Report {
  return ({ kind, name, version, seconds }) => {
    const what = `${name} ${version}:`;
    const redraw = stream.isTTY === true ? '\r\u001b[K' : '';
    if (kind === 'started') stream.write(`${what} building, ${TOOLS[name].cost} the first time\n`);
    else if (kind === 'done') stream.write(`${redraw}${what} built in ${seconds} s\n`);
    else if (redraw !== '') stream.write(`${redraw}${what} building, ${seconds} s`);
    else if (seconds % 15 === 0) stream.write(`${what} building, ${seconds} s\n`);
  };
}

/** Lines of `name  version  path`, in columns. */
export function table(places: readonly Place[]): string {
  const width = (column: 'name' | 'version'): number =>
    Math.max(...places.map((place) => place[column].length));
  const [names, versions] = [width('name'), width('version')];
  return places
    .map(({ name, version, path }) => `${name.padEnd(names)}  ${version.padEnd(versions)}  ${path}\n`)
    .join('');
}

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.filter((arg) => !Object.hasOwn(TOOLS, arg));
  if (unknown.length > 0)
    throw new Error(`No tool is called ${unknown.join(', ')}: there are ${TOOL_NAMES.join(', ')}.`);
  const names = args.length > 0 ? (args as ToolName[]) : TOOL_NAMES;
  await ensureTools(names, progressOn(process.stderr));
  process.stdout.write(table(await Promise.all(names.map((name) => findTool(name)))));
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
