import { join } from 'node:path';
import { createAuthority, LOOPBACK, type Authority } from '../support/certificates.ts';
import { startChaosProxy } from '../support/chaos-proxy.ts';
import { startDistribution, type DistributionAuth } from '../support/distribution.ts';
import { startFullListener } from '../support/full-listener.ts';
import { lab } from '../support/lab.ts';
import { freePort } from '../support/processes.ts';
import { startScriptedRegistry, type ScriptedRegistry } from '../support/scripted-registry.ts';
import { startTokenServer } from '../support/token-server.ts';
import { SETUPS, USERS, type ServerName } from './examples-setups.ts';

/** The servers of all examples at once. */
export interface ExampleServers {
  /** `host:port` for each example that a server stands behind. */
  readonly hosts: ReadonlyMap<string, string>;
  /** What servers were asked that must be asked these things and no others. */
  readonly scripts: ReadonlyMap<string, Script>;
  /** For the operator's configuration. */
  readonly tokenHosts: readonly string[];
  stop(): Promise<void>;
}

/** What a server was asked, and what it must have been asked. */
export interface Script {
  readonly conversation: readonly string[];
  readonly expected: readonly string[];
}

type Stop = () => Promise<void>;

/** Starts what {@link SETUPS} says, all at once. */
export async function startExampleServers(): Promise<ExampleServers> {
  const stops: Stop[] = [];
  const stop: Stop = async () => {
    await Promise.all(stops.map((one) => one()));
  };
  try {
    const { authority } = lab();
    const { conversation, host: foreign } = await scripted(
      await createAuthority('an unknown authority'),
      stops,
    );
    const { servers, tokenHosts } = await startServers(stops);
    const hosts = new Map<string, string>();
    const scripts = new Map<string, Script>([['TLSVerificationFailed', { conversation, expected: [] }]]);
    for (const [name, setup] of Object.entries(SETUPS)) {
      if (setup.kind === 'server')
        hosts.set(name, { ...servers, 'unknown-authority': foreign }[setup.server]);
      if (setup.kind !== 'script') continue;
      const registry = await scripted(authority, stops);
      const turns = setup.turns(registry.url);
      registry.play(turns);
      hosts.set(name, registry.host);
      scripts.set(name, { conversation: registry.conversation, expected: turns.map(([asked]) => asked) });
    }
    return { hosts, scripts, tokenHosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function scripted(authority: Authority, stops: Stop[]): Promise<ScriptedRegistry> {
  const { certPem, keyPem } = await authority.issue({ commonName: 'scripted registry', ...LOOPBACK });
  const registry = await startScriptedRegistry({ cert: certPem, key: keyPem });
  stops.push(() => registry.stop());
  return registry;
}

/** Distribution registries, each set up in its own way, and what cuts the way to one. */
async function startServers(stops: Stop[]): Promise<{
  readonly servers: Readonly<Record<Exclude<ServerName, 'unknown-authority'>, string>>;
  readonly tokenHosts: readonly string[];
}> {
  const { tools, authority, dir } = lab();
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    stops.push(() => server.stop());
    return server;
  };
  const registry = async (name: string, auth: DistributionAuth, readOnly = false): Promise<string> => {
    const options = { dir: join(dir, `examples-${name}`), name, tools, authority, auth, readOnly };
    return (await started(startDistribution(options))).host;
  };
  const users = { users: USERS, authority };
  const [tokens, otherKey] = await Promise.all([
    started(startTokenServer({ ...users, dir: join(dir, 'examples-tokens') })),
    started(startTokenServer({ ...users, dir: join(dir, 'examples-other-key'), wrongKid: true })),
  ]);
  const deadRealm = `https://localhost:${String(await freePort())}/token`;
  const logins = { ci: USERS['ci']?.password ?? '' };
  const [withTokens, readOnly, withOtherKey, unpaired, withoutTokens] = await Promise.all([
    registry('registry', { kind: 'token', ...tokens }),
    registry('read-only', { kind: 'htpasswd', users: logins }, true),
    registry('other-key', { kind: 'token', ...otherKey }),
    registry('unpaired', { kind: 'token', ...tokens }),
    registry('no-tokens', { kind: 'token', ...tokens, realm: deadRealm }),
  ]);
  const target = Number(new URL(`https://${withTokens}`).port);
  const [unanswered, cut, silent] = await Promise.all([
    started(startFullListener()),
    started(startChaosProxy(target)),
    started(startChaosProxy(target)),
  ]);
  cut.refuse();
  silent.stall();
  const pair = (host: string, realm: string): string => `${host}=${new URL(realm).host}`;
  return {
    servers: {
      registry: withTokens,
      'read-only': readOnly,
      'other-key': withOtherKey,
      unpaired,
      'no-tokens': withoutTokens,
      closed: `localhost:${String(await freePort())}`,
      unanswered: `127.0.0.1:${String(unanswered.port)}`,
      cut: `127.0.0.1:${String(cut.port)}`,
      silent: `127.0.0.1:${String(silent.port)}`,
    },
    tokenHosts: [
      pair(withTokens, tokens.realm),
      pair(withOtherKey, otherKey.realm),
      pair(withoutTokens, deadRealm),
    ],
  };
}
