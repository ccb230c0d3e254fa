import { readFileSync } from 'node:fs';
import type { ProbeWorld } from '../check/probe.ts';
import { systemClock as clock } from '../clock.ts';
import type { TokenHost } from '../registry/binding.ts';
import { openConnection } from '../registry/connection.ts';
import { createGuard, Guard } from '../registry/egress.ts';
import { bareHost, type Registry } from '../registry/origin.ts';
import { readProxy, type Environment, type Proxy } from '../registry/proxy.ts';
import { createContexts } from '../registry/trust.ts';
import { UsageError } from './check-options.ts';

/** The network of a command, and what of it the operator would not have done. */
export interface Network {
  readonly world: ProbeWorld;
  /** Hosts that were typed, and the addresses of theirs that a check in a cluster must not reach. */
  readonly unusual: ReadonlyMap<string, string>;
  /** What https registries are asked through, less what NO_PROXY exempts. */
  readonly proxy: Proxy | undefined;
}

/**
 * Opens the network: the address guard is that of the operator, but for the hosts of `typed` registries, those that the person
 * at the command line named. The proxy is that of their environment.
 * @throws UsageError where the authorities or the proxy cannot be used
 */
export function openNetwork(
  typed: ReadonlySet<Registry>,
  tokenHosts: readonly TokenHost[],
  caFile: string | undefined,
  env: Environment,
): Network {
  const guard = createGuard([]);
  const contexts = trust(caFile);
  const at = proxyOf(env);
  const proxy = at && { at, secureContext: contexts(undefined).secureContext };
  const unusual = new Map<string, string>();
  const open: ProbeWorld['open'] = (registry, tls) => {
    const { origin, host } = registry;
    const { secureContext, ownContext } = contexts(tls);
    return openConnection({
      guard: typed.has(registry) ? exceptTo(origin, guard, (address) => unusual.set(host, address)) : guard,
      secureContext,
      registry: { origin, secureContext: ownContext },
      proxy,
    });
  };
  return { world: { clock, open, tokenHosts }, unusual, proxy: at };
}

/** A guard that lets everything through to the registry's host, on whatever port, and tells what the other one would not have. */
function exceptTo({ hostname }: URL, guard: Guard, tell: (address: string) => void): Guard {
  const host = bareHost(hostname);
  return new Guard((address, target) => {
    const own = target === undefined ? guard : guard.toward(target);
    if (!own.check(address)) return undefined;
    if (target?.host !== host) return own.refusal;
    tell(address);
    return undefined;
  });
}

/** Who sets the variable is who types the command: any address is allowed. */
function proxyOf(env: Environment): Proxy | undefined {
  try {
    return readProxy(env, ['0.0.0.0/0', '::/0']);
  } catch (error) {
    throw new UsageError([error instanceof Error ? error.message : 'the proxy cannot be used']);
  }
}

function trust(caFile: string | undefined): ReturnType<typeof createContexts> {
  if (caFile === undefined) return createContexts(undefined);
  try {
    return createContexts(readFileSync(caFile, 'utf8'));
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error ? `it cannot be read (${String(error.code)})` : undefined;
    const why = code ?? (error instanceof Error ? error.message : 'it cannot be read');
    throw new UsageError([`--ca-file ${JSON.stringify(caFile)}: ${why}`]);
  }
}
