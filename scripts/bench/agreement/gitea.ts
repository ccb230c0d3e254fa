import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SignJWT } from 'jose';
import { LOOPBACK, type Authority } from '../../../test/support/certificates.ts';
import { freePort, runProcess, startReadyProcess, type Command } from '../../../test/support/processes.ts';
import { thisMachine } from '../../tools.ts';
import { basicHeader, call, passwordEntry, type DockerEntry, type Instance, type Running } from './server.ts';

/** What Gitea is started with. */
export interface GiteaOptions {
  /** Is created; is the caller's to remove after `stop`. */
  readonly dir: string;
  readonly authority: Authority;
  /** Path of the program. */
  readonly gitea: string;
}

const SITE_ADMIN = { name: 'site-admin', password: 'pw-site-admin' } as const;

/** Users without any right of the site. */
const USERS = ['owner', 'writer', 'reader', 'outsider'] as const;

/** The scopes of the owner's access tokens, by the names that the causes use. */
const TOKENS: Readonly<Record<string, readonly string[]>> = {
  'token write:package': ['write:package'],
  'token read:package': ['read:package'],
  'token read:user': ['read:user'],
  'token public-only': ['public-only', 'write:package'],
  'deleted token': ['write:package'],
};

/**
 * Starts Gitea with users, a public organisation `acme` with two teams, a private one `hidden`, and access tokens.
 * @throws Error with the end of its output where it does not start
 */
export async function startGitea({ dir, authority, gitea }: GiteaOptions): Promise<Running> {
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const key = randomBytes(32);
  const config = join(dir, 'app.ini');
  const { certPem, keyPem } = await authority.issue({ commonName: 'gitea', ...LOOPBACK });
  await writeFile(join(dir, 'gitea.crt'), certPem);
  await writeFile(join(dir, 'gitea.key'), keyPem, { mode: 0o600 });
  await writeFile(config, settings(dir, port, key, await sourceFolder()), { mode: 0o600 });
  const command = (...args: readonly string[]): Command => ({
    name: `gitea ${args[0] ?? ''}`,
    file: gitea,
    args: [...args, '--config', config],
    env: { HOME: dir, USER: userInfo().username, GITEA_WORK_DIR: dir, PATH: '/usr/local/bin:/usr/bin:/bin' },
  });
  await finish(command('migrate'));
  const { name, password } = SITE_ADMIN;
  const mail = `${name}@example.com`;
  const account = ['--username', name, '--password', password, '--email', mail];
  await finish(command('admin', 'user', 'create', ...account, '--admin', '--must-change-password=false'));
  const url = `https://localhost:${port}`;
  const running = await startReadyProcess(command('web'), async () => {
    const { status } = await call(new URL('/api/healthz', url), authority.pem);
    return status === 200;
  });
  try {
    const api = apiOf(url, authority.pem);
    const tokens = await populate(api);
    const ids = new Map(await Promise.all(USERS.map(async (user) => [user, await api.idOf(user)] as const)));
    return {
      login: (who) => login(who, tokens, key, ids.get('owner') ?? 0),
      instances: { ordinary: instanceOf(url, authority.pem, join(dir, 'gitea.db')) },
      stop: () => running.stop(),
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** The folder of the module: templates and texts are read from there, as the program does not hold them. */
async function sourceFolder(): Promise<string> {
  const command = {
    name: 'go',
    file: 'go',
    args: ['mod', 'download', '-json', 'code.gitea.io/gitea'],
    cwd: join(thisMachine().rooms, 'gitea'),
    env: { ...process.env, GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-mod=readonly' },
  };
  const { Dir } = JSON.parse(await finish(command)) as { readonly Dir: string };
  return Dir;
}

async function finish(command: Command): Promise<string> {
  const { code, stdout, stderr } = await runProcess(command);
  if (code !== 0) throw new Error(`${command.name} failed:\n${(stderr || stdout).slice(-2000)}`);
  return stdout;
}

function settings(dir: string, port: number, key: Buffer, source: string): string {
  return `
APP_NAME = agreement
RUN_MODE = prod
RUN_USER = ${userInfo().username}
WORK_PATH = ${dir}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
PROTOCOL = https
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
DOMAIN = localhost
ROOT_URL = https://localhost:${port}/
CERT_FILE = ${join(dir, 'gitea.crt')}
KEY_FILE = ${join(dir, 'gitea.key')}
STATIC_ROOT_PATH = ${source}
APP_DATA_PATH = ${join(dir, 'data')}
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
PATH = ${join(dir, 'gitea.db')}
[repository]
ROOT = ${join(dir, 'repositories')}
[security]
INSTALL_LOCK = true
SECRET_KEY = ${randomBytes(32).toString('hex')}
[oauth2]
JWT_SECRET = ${key.toString('base64url')}
[service]
DISABLE_REGISTRATION = true
[packages]
ENABLED = true
[indexer]
ISSUE_INDEXER_TYPE = db
[log]
MODE = console
LEVEL = Warn
`;
}

interface Api {
  /** Sends a request as a user, the site's admin by default; throws where it is refused. */
  send(method: string, path: string, json?: unknown, user?: string): Promise<Record<string, unknown>>;
  idOf(user: string): Promise<number>;
}

function apiOf(url: string, ca: string): Api {
  const api: Api = {
    send: async (method, path, json, user = SITE_ADMIN.name) => {
      const headers = { authorization: basicHeader(user, `pw-${user}`) };
      const { status, body } = await call(new URL(`/api/v1${path}`, url), ca, { method, headers, json });
      if (status >= 300) throw new Error(`gitea answered ${method} ${path} with ${status}: ${body}`);
      return body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
    },
    idOf: async (user) => Number((await api.send('GET', `/users/${user}`))['id']),
  };
  return api;
}

/** Makes users, organisations, teams and access tokens; gives the tokens. */
async function populate(api: Api): Promise<ReadonlyMap<string, string>> {
  for (const username of USERS) {
    const email = `${username}@example.com`;
    const account = { username, email, password: `pw-${username}`, must_change_password: false };
    await api.send('POST', '/admin/users', account);
  }
  for (const [username, visibility] of [
    ['acme', 'public'],
    ['hidden', 'private'],
  ] as const)
    await api.send('POST', '/orgs', { username, visibility }, 'owner');
  for (const [user, right] of [
    ['writer', 'write'],
    ['reader', 'read'],
  ] as const) {
    const team = { name: `${right}s-packages`, permission: 'read', units_map: { 'repo.packages': right } };
    const { id } = await api.send('POST', '/orgs/acme/teams', team, 'owner');
    await api.send('PUT', `/teams/${Number(id)}/members/${user}`, undefined, 'owner');
  }
  const tokens = new Map<string, string>();
  for (const [name, scopes] of Object.entries(TOKENS)) {
    const { sha1 } = await api.send('POST', '/users/owner/tokens', { name, scopes }, 'owner');
    tokens.set(name, String(sha1));
  }
  await api.send('DELETE', `/users/owner/tokens/${encodeURIComponent('deleted token')}`, undefined, 'owner');
  return tokens;
}

async function login(
  who: string,
  tokens: ReadonlyMap<string, string>,
  key: Buffer,
  ownerId: number,
): Promise<DockerEntry | undefined> {
  const token = tokens.get(who);
  if (token !== undefined) return passwordEntry('owner', token);
  switch (who) {
    case SITE_ADMIN.name:
      return passwordEntry(SITE_ADMIN.name, SITE_ADMIN.password);
    case 'wrong password':
      return passwordEntry('owner', 'pw-of-somebody-else');
    case 'unknown user':
      return passwordEntry('stranger', 'pw-stranger');
    case 'empty password':
      return passwordEntry('owner', '');
    case 'expired token':
      return { registrytoken: await expiredToken(key, ownerId) };
    default:
      return USERS.some((user) => user === who) ? passwordEntry(who, `pw-${who}`) : undefined;
  }
}

/** A token for packages as Gitea makes them (services/packages/auth.go), that ended an hour ago. */
function expiredToken(key: Buffer, UserID: number): Promise<string> {
  const end = Math.floor(Date.now() / 1000) - 3600;
  return new SignJWT({ UserID, Scope: 'all', ActionsUserTaskID: 0 })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setNotBefore(end - 24 * 3600)
    .setExpirationTime(end)
    .sign(key);
}

function instanceOf(url: string, ca: string, database: string): Instance {
  const headers = { authorization: basicHeader(SITE_ADMIN.name, SITE_ADMIN.password) };
  return {
    url,
    host: new URL(url).host,
    tokenHost: undefined,
    stored: async () => {
      const { status, body } = await call(new URL('/v2/_catalog', url), ca, { headers });
      if (status !== 200) throw new Error(`gitea answered GET /v2/_catalog with ${status}`);
      const { repositories } = JSON.parse(body) as { readonly repositories: readonly string[] | null };
      return [...(repositories ?? []).map((name) => `catalogue:${name}`), ...rowsOf(database)];
    },
    sessionStatus: async (session) => (await call(session, ca, { headers })).status,
  };
}

/** What the database keeps of uploads, blobs and packages. */
function rowsOf(file: string): string[] {
  using database = new DatabaseSync(file, { readOnly: true });
  const queries = {
    upload: 'SELECT id AS entry FROM package_blob_upload',
    blob: 'SELECT hash_sha256 AS entry FROM package_blob',
    package: "SELECT owner_id || '/' || name AS entry FROM package",
  };
  return Object.entries(queries).flatMap(([kind, query]) =>
    database
      .prepare(query)
      .all()
      .map(({ entry }) => `${kind}:${String(entry)}`),
  );
}
