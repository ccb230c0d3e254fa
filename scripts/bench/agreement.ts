import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, type Authority } from '../../test/support/certificates.ts';
import { stopLeftovers } from '../../test/support/processes.ts';
import { ensureTools, type Report } from '../tools.ts';
import { ask } from './agreement/ask.ts';
import {
  SERVERS,
  SITUATIONS,
  type Asked,
  type Cell,
  type Server,
  type Situation,
} from './agreement/causes.ts';
import { debianRegistry } from './agreement/debian.ts';
import { startHtpasswd, startTokens } from './agreement/distribution.ts';
import { startGitea } from './agreement/gitea.ts';
import { push, type Pusher } from './agreement/push.ts';
import type { Instance, Running } from './agreement/server.ts';
import { agrees, mismatchOf, tableOf, totalsOf, type Left, type Outcome } from './agreement/table.ts';

/** What the benchmark is run with. */
export interface AgreementOptions {
  /** Runs the servers alone whose name contains one of these; all of them where there is none. */
  readonly only: readonly string[];
  /** Says what is being done. */
  readonly tell: (line: string) => void;
  /** Says how far the build of a missing server is. */
  readonly report: Report;
  readonly print: (text: string) => void;
}

/** What all columns share. */
interface Site {
  readonly dir: string;
  readonly authority: Authority;
  readonly pusher: Pusher;
  readonly tools: Readonly<Record<'registry' | 'htpasswd', string>>;
}

/**
 * Asks every server every question, by a check and by a real push, and prints how they agree.
 * @returns whether all of it agrees and no column is missing
 */
export async function agreement({ only, tell, report, print }: AgreementOptions): Promise<boolean> {
  const servers = serversOf(only);
  const tools = await ensureTools(['registry', 'htpasswd', 'crane'], report);
  const dir = await mkdtemp(join(tmpdir(), 'registry-push-check-agreement-'));
  const authority = await createAuthority('agreement');
  const authorityFile = join(dir, 'authority.crt');
  await writeFile(authorityFile, authority.pem);
  const pusher = { crane: tools.crane, dir: join(dir, 'pushes'), authorityFile };
  const site: Site = { dir, authority, pusher, tools };
  const outcomes: Outcome[] = [];
  const missing: string[] = [];
  try {
    for (const server of servers) {
      tell(server);
      try {
        outcomes.push(...(await columnOf(server, site, outcomes.length, tell, report)));
      } catch (error) {
        missing.push(`MISSING ${server}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await stopLeftovers();
    await rm(dir, { recursive: true, force: true });
  }
  const columns = servers.map((server) => ({ server, cells: cellsOf(server) }));
  print(`${tableOf(outcomes, columns)}\n`);
  for (const outcome of outcomes.filter((one) => !agrees(one))) print(`${mismatchOf(outcome)}\n`);
  for (const line of [...totalsOf(outcomes), ...missing]) print(`${line}\n`);
  return missing.length === 0 && outcomes.every(agrees);
}

function serversOf(only: readonly string[]): readonly Server[] {
  const all = Object.keys(SERVERS) as Server[];
  const unknown = only.filter((name) => !all.some((server) => server.includes(name)));
  if (unknown.length > 0)
    throw new Error(`No server is called ${unknown.join(', ')}: there are ${all.join(', ')}.`);
  return only.length === 0 ? all : all.filter((server) => only.some((name) => server.includes(name)));
}

function cellsOf(server: Server): readonly (readonly [Situation, Cell])[] {
  const { column } = SERVERS[server];
  return SITUATIONS.map((situation) => [situation, column[situation]]);
}

async function start(
  server: Server,
  { dir, authority, tools }: Site,
  tell: (line: string) => void,
  report: Report,
): Promise<Running> {
  const common = { dir: join(dir, server.replaceAll(' ', '-')), authority, tools };
  switch (server) {
    case 'distribution 3 htpasswd':
      return startHtpasswd(common);
    case 'distribution 3 tokens':
      return startTokens(common);
    case 'distribution 3 proxy':
      return startTokens({ ...common, proxy: true });
    case 'distribution 2.8 htpasswd':
      return startHtpasswd({ ...common, tools: { ...tools, registry: await debianRegistry(tell) } });
    case 'distribution 2.8 tokens': {
      const registry = await debianRegistry(tell);
      return startTokens({ ...common, tools: { ...tools, registry }, certified: true });
    }
    case 'gitea 1.26': {
      const { gitea } = await ensureTools(['gitea'], report);
      return startGitea({ dir: common.dir, authority, gitea });
    }
  }
}

async function columnOf(
  server: Server,
  site: Site,
  first: number,
  tell: (line: string) => void,
  report: Report,
): Promise<Outcome[]> {
  const running = await start(server, site, tell, report);
  try {
    return await askAll(server, running, site, first);
  } finally {
    await running.stop();
  }
}

async function askAll(server: Server, running: Running, site: Site, first: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [situation, cell] of cellsOf(server)) {
    if ('cannot' in cell) continue;
    for (const asked of cell) {
      const { repository = SERVERS[server].repository } = asked;
      const fresh = repository.replace('#', String(first + outcomes.length + 1));
      outcomes.push({ server, situation, asked, ...(await askOne(asked, fresh, running, site)) });
    }
  }
  return outcomes;
}

/** The check first, as a push would leave more; then the push, with the same docker configuration. */
async function askOne(
  { who, at }: Asked,
  repository: string,
  running: Running,
  { authority, pusher }: Site,
): Promise<Omit<Outcome, 'server' | 'situation' | 'asked'>> {
  const instance = running.instances[at ?? 'ordinary'];
  if (instance === undefined) throw new Error(`the server has no instance ${at ?? 'ordinary'}`);
  const { url, host, tokenHost } = instance;
  const dockerConfig = who === 'nobody at all' ? undefined : await configOf(running, who, host, repository);
  const question = { url, host, repository, dockerConfig, tokenHost, authority: authority.pem };
  const before = new Set(await instance.stored(repository));
  const { diagnosis, conversation, session } = await ask(question);
  const left = await leftBy(instance, before, session, repository);
  const { reason, message } = diagnosis;
  return { crane: await push(question, pusher), reason, message, left, conversation };
}

async function configOf(running: Running, who: string, host: string, repository: string): Promise<string> {
  const entry = await running.login(who, repository);
  if (entry === undefined) throw new Error(`the server has no login called ${who}`);
  return JSON.stringify({ auths: { [host]: entry } });
}

async function leftBy(
  instance: Instance,
  before: ReadonlySet<string>,
  session: URL | undefined,
  repository: string,
): Promise<Left> {
  const added = (await instance.stored(repository)).filter((entry) => !before.has(entry));
  if (session === undefined) return { added, session: 'none' };
  const status = await instance.sessionStatus(session, repository);
  if (status !== 404 && status !== 204) throw new Error(`GET on a session of ${repository}: ${status}`);
  return { added, session: status === 404 ? 'gone' : 'readable' };
}
