import { readFileSync } from 'node:fs';
import type { Agent } from 'node:http';
import type { ProbeWorld } from '../check/probe.ts';
import { systemClock as clock } from '../clock.ts';
import type { TokenHost } from '../registry/binding.ts';
import { openConnection, type Connection } from '../registry/connection.ts';
import { createGuard, type Guard } from '../registry/egress.ts';
import type { Registry } from '../registry/origin.ts';
import { createContexts } from '../registry/trust.ts';
import { UsageError } from './check-options.ts';

/** The network of a command, and what of it the operator would not have done. */
export interface Network {
  readonly world: ProbeWorld;
  /** Hosts that were typed, and the addresses of theirs that a check in a cluster must not reach. */
  readonly unusual: ReadonlyMap<string, string>;
}

/**
 * Opens the network: the address guard is that of the operator, but for the hosts of `typed` registries, those that the person
 * at the command line named.
 * @throws UsageError where the authorities cannot be used
 */
export function openNetwork(
  typed: ReadonlySet<Registry>,
  tokenHosts: readonly TokenHost[],
  caFile: string | undefined,
): Network {
  const guard = createGuard([]);
  const contexts = trust(caFile);
  const unusual = new Map<string, string>();
  const open: ProbeWorld['open'] = (registry, tls) => {
    const { secureContext, ownContext } = contexts(tls);
    const policy = { secureContext, registry: { origin: registry.origin, secureContext: ownContext } };
    const guarded = openConnection({ ...policy, guard });
    if (!typed.has(registry)) return guarded;
    const free = witness(guard, (address) => unusual.set(registry.host, address));
    return splitByHost(registry, openConnection({ ...policy, guard: free }), guarded);
  };
  return { world: { clock, open, tokenHosts }, unusual };
}

/** A guard that lets everything through, and tells what the other one would not have. */
function witness(guard: Guard, tell: (address: string) => void): Guard {
  const free = createGuard([]);
  free.check = (address) => {
    if (guard.check(address)) tell(typeof address === 'string' ? address : address.address);
    return false;
  };
  return free;
}

/** The registry's host, on whatever port, by one connection, and whatever else it names by the other. */
function splitByHost({ origin }: Registry, own: Connection, others: Connection): Connection {
  const hostname = origin.hostname.replace(/^\[|\]$/g, '');
  const split = <A extends Agent>(agent: A, free: Agent): A => {
    const toOthers = agent.createConnection.bind(agent);
    agent.createConnection = (args, done) =>
      args.host === hostname ? free.createConnection(args, done) : toOthers(args, done);
    return agent;
  };
  return {
    http: split(others.http, own.http),
    https: split(others.https, own.https),
    get certificateEndsMs() {
      return own.certificateEndsMs;
    },
    close: () => others.close(),
  };
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
