import { join } from 'node:path';
import { probe, type ProbeWorld } from '../../src/check/probe.ts';
import type { Probed } from '../../src/check/observation.ts';
import { systemClock } from '../../src/clock.ts';
import { createTrust, openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import type { ManifestName } from '../../src/registry/manifest.ts';
import { Secret } from '../../src/registry/secret.ts';
import { aCredential, aRegistry } from '../support/builders.ts';
import { startDistribution, type Distribution, type DistributionAuth } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { runProcess } from '../support/processes.ts';
import { startTokenServer, type TokenServer, type TokenServerOptions } from '../support/token-server.ts';

/** A user name and its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Probes a real registry: `team/app` where nothing else is said. */
export async function run(
  registry: Distribution,
  login: Login | undefined,
  tokenHost?: string,
  repository = 'team/app',
  pull?: ManifestName,
): Promise<Probed> {
  const secureContext = createTrust(lab().authority.pem);
  const guard = createGuard(['127.0.0.0/8', '::1']);
  const world: ProbeWorld = {
    open: () => openConnection({ guard, secureContext }),
    clock: systemClock,
    tokenHosts: tokenHost === undefined ? [] : [{ registry: registry.host, tokenHost }],
  };
  const credential = login && {
    ...aCredential(),
    login: { kind: 'password', username: login.username, password: new Secret(login.password) } as const,
    matchedKey: registry.host,
  };
  const job = { registry: aRegistry(registry.url), repository, credential, pull, timeoutMs: 15_000 };
  return probe(job, world, new AbortController().signal);
}

/** A real push of a small image to `image` (`team/app:tag`) by an independent client; false where that is refused. */
export function cranePushes(
  registry: Distribution,
  login: Login | undefined,
  dir: string,
  image: string,
): Promise<boolean> {
  return crane(registry, login, dir, ['append', '-f', '/dev/null', '-t', `${registry.host}/${image}`]);
}

/** Runs crane, logged in with a configuration of its own in `dir` of the lab; false where it failed. */
export async function crane(
  registry: Distribution,
  login: Login | undefined,
  dir: string,
  args: readonly string[],
): Promise<boolean> {
  const { tools, authorityFile } = lab();
  const env = {
    HOME: join(lab().dir, dir),
    DOCKER_CONFIG: join(lab().dir, dir),
    SSL_CERT_FILE: authorityFile,
    PATH: '/usr/bin:/bin',
  };
  if (login !== undefined) {
    const { username, password } = login;
    const enter = ['auth', 'login', registry.host, '-u', username, '--password-stdin'];
    const { code } = await runProcess({ name: 'crane', file: tools.crane, args: enter, env }, password);
    if (code !== 0) return false;
  }
  const { code } = await runProcess({ name: 'crane', file: tools.crane, args, env });
  return code === 0;
}

/** Starts a token server whose files are in `dir` of the lab. */
export function startTokens(
  dir: string,
  options: Omit<TokenServerOptions, 'dir' | 'authority'>,
): Promise<TokenServer> {
  return startTokenServer({ dir: join(lab().dir, dir), authority: lab().authority, ...options });
}

/** Starts a registry whose files are in `dir` of the lab. */
export function startRegistry(
  dir: string,
  auth: DistributionAuth,
  more: { readonly readOnly?: boolean; readonly proxyOf?: string } = {},
): Promise<Distribution> {
  const { tools, authority } = lab();
  return startDistribution({ dir: join(lab().dir, dir), name: dir, tools, authority, auth, ...more });
}
