import { join } from 'node:path';
import { createAuthority, type Authority } from '../../../test/support/certificates.ts';
import {
  startDistribution,
  type Distribution,
  type DistributionAuth,
} from '../../../test/support/distribution.ts';
import {
  startTokenServer,
  type TokenServer,
  type TokenServerOptions,
  type Users,
} from '../../../test/support/token-server.ts';
import { basicHeader, call, passwordEntry, type DockerEntry, type Instance, type Running } from './server.ts';

/** What a distribution column is started with. */
export interface DistributionColumn {
  readonly dir: string;
  readonly authority: Authority;
  readonly tools: Readonly<Record<'registry' | 'htpasswd', string>>;
  /** Tokens are verified by the certificates in them, as registries before 3 do. */
  readonly certified?: boolean;
  /** Each instance is a pull-through cache of an open registry. */
  readonly proxy?: boolean;
}

const ADMIN = { username: 'admin', password: 'pw-admin' } as const;
const HTPASSWD_USERS = { admin: ADMIN.password, member: 'pw-member' } as const;
const EVERYTHING = ['pull', 'push', 'delete'] as const;

const TOKEN_USERS: Users = {
  admin: {
    password: ADMIN.password,
    grants: ['team/*', 'other/*'].map((repository) => ({ repository, actions: EVERYTHING })),
  },
  member: { password: 'pw-member', grants: [{ repository: 'team/*', actions: EVERYTHING }] },
  ci: { password: 'pw-ci', grants: [{ repository: 'team/*', actions: ['pull', 'push'] }] },
  'push-only': { password: 'pw-push-only', grants: [{ repository: 'team/*', actions: ['push'] }] },
  puller: { password: 'pw-puller', grants: [{ repository: 'team/*', actions: ['pull'] }] },
  nobody: { password: 'pw-nobody', grants: [] },
};

const HOUR_SECONDS = 3600;

/** Users in a file: an ordinary instance and one in maintenance mode. */
export async function startHtpasswd(column: DistributionColumn): Promise<Running> {
  const starter = new Starter(column);
  const auth = { kind: 'htpasswd', users: HTPASSWD_USERS } as const;
  const headers = { authorization: basicHeader(ADMIN.username, ADMIN.password) };
  const instance = async (name: string, readOnly = false): Promise<Instance> => ({
    ...common(await starter.registry(name, auth, readOnly)),
    sessionStatus: async (session) => (await call(session, column.authority.pem, { headers })).status,
  });
  return starter.orStop(async () => ({
    login: (who) => Promise.resolve(passwordLogin(who, HTPASSWD_USERS)),
    instances: { ordinary: await instance('ordinary'), 'read-only': await instance('read-only', true) },
    stop: () => starter.stop(),
  }));
}

/** Users of a token server; besides, instances that trust another key, and whose tokens come too late. */
export async function startTokens(column: DistributionColumn): Promise<Running> {
  const starter = new Starter(column);
  return starter.orStop(async () => {
    const tokens = await starter.tokens('tokens');
    const late = await starter.tokens('late', { lifetimeSeconds: -HOUR_SECONDS });
    const other = await starter.tokens('other', { authority: await createAuthority('somebody else') });
    const auth = { kind: 'token', ...tokens } as const;
    const otherKey = { ...auth, jwksFile: other.jwksFile, rootsFile: other.rootsFile };
    const instance = async (
      name: string,
      how: DistributionAuth & { readonly kind: 'token' },
      readOnly = false,
    ): Promise<Instance> => ({
      ...common(await starter.registry(name, how, readOnly)),
      tokenHost: new URL(how.realm).host,
      sessionStatus: async (session, repository) => {
        const token = await tokens.issue(ADMIN.username, { repository, actions: EVERYTHING }, HOUR_SECONDS);
        const headers = { authorization: `Bearer ${token}` };
        return (await call(session, column.authority.pem, { headers })).status;
      },
    });
    const passwords = Object.fromEntries(
      Object.entries(TOKEN_USERS).map(([name, { password }]) => [name, password]),
    );
    return {
      login: async (who, repository) => {
        const seconds = { 'good token': HOUR_SECONDS, 'expired token': -HOUR_SECONDS }[who];
        if (seconds === undefined) return passwordLogin(who, passwords);
        return { registrytoken: await tokens.issue('member', { repository, actions: EVERYTHING }, seconds) };
      },
      instances: {
        ordinary: await instance('ordinary', auth),
        'read-only': await instance('read-only', auth, true),
        'other-key': await instance('other-key', otherKey),
        'late-tokens': await instance('late-tokens', { kind: 'token', ...late }),
      },
      stop: () => starter.stop(),
    };
  });
}

function passwordLogin(who: string, passwords: Readonly<Record<string, string>>): DockerEntry | undefined {
  if (who === 'wrong password') return passwordEntry('member', 'pw-of-somebody-else');
  if (who === 'unknown user') return passwordEntry('stranger', 'pw-stranger');
  if (who === 'empty password') return passwordEntry('member', '');
  const password = passwords[who];
  return password === undefined ? undefined : passwordEntry(who, password);
}

function common(registry: Distribution): Omit<Instance, 'sessionStatus'> {
  return {
    url: registry.url,
    host: registry.host,
    tokenHost: undefined,
    stored: async (repository) => {
      const { catalog, uploads, blobs, manifests } = await registry.leftovers(repository);
      // What is called an orphan in there, hashstates alone, is left by distribution itself after every cancel.
      return [
        ...catalog.map((name) => `catalogue:${name}`),
        ...uploads.map((id) => `upload:${id}`),
        ...blobs.map((digest) => `blob:${digest}`),
        ...manifests.map((digest) => `manifest:${digest}`),
      ];
    },
  };
}

/** Starts the servers of a column and stops them all. */
class Starter {
  readonly #column: DistributionColumn;
  readonly #stops: (() => Promise<void>)[] = [];
  #upstream: Distribution | undefined;

  constructor(column: DistributionColumn) {
    this.#column = column;
  }

  async registry(name: string, auth: DistributionAuth, readOnly: boolean): Promise<Distribution> {
    if (this.#column.proxy === true) this.#upstream ??= await this.#start('upstream', { kind: 'none' });
    const more = this.#upstream === undefined ? {} : { proxyOf: this.#upstream.url };
    return this.#start(name, auth, { readOnly, ...more });
  }

  async #start(
    name: string,
    auth: DistributionAuth,
    more: { readonly readOnly?: boolean; readonly proxyOf?: string } = {},
  ): Promise<Distribution> {
    const { dir, tools, authority } = this.#column;
    const registry = await startDistribution({ dir: join(dir, name), name, tools, authority, auth, ...more });
    this.#stops.push(() => registry.stop());
    return registry;
  }

  async tokens(name: string, more: Partial<TokenServerOptions> = {}): Promise<TokenServer> {
    const { dir, authority, certified = false } = this.#column;
    const server = await startTokenServer({
      dir: join(dir, `${name}-keys`),
      authority,
      users: TOKEN_USERS,
      certified,
      ...more,
    });
    this.#stops.push(() => server.stop());
    return server;
  }

  async orStop(start: () => Promise<Running>): Promise<Running> {
    try {
      return await start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.splice(0).map((stop) => stop()));
  }
}
