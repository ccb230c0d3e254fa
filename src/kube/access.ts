import { createHash } from 'node:crypto';
import { Agent as AnyAgent } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
// The package's root drags in every typed API: 1452 instead of 1316 KiB bundled.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Clock } from '../clock.ts';
import { codeOf, KubeNetworkError } from './errors.ts';

/** What one request needs to reach the API server as us. Headers hold the credential: never log them. */
export interface Connection {
  readonly agent: AnyAgent;
  readonly headers: Readonly<Record<string, string>>;
  /** `user:password` for the rare kubeconfig with a password. */
  readonly auth?: string;
}

/** A cluster, and who we are there. */
export interface Access {
  /** The API server, possibly with a path prefix. */
  readonly server: URL;
  /** Credentials as they are now: token files are read again every 60 s, exec plugins when their token ends. */
  connect(): Promise<Connection>;
  /** The server answered 401: read kubeconfig, tokens and exec plugins anew, at most every 10 s. */
  renew(): void;
}

/** Where the kubeconfig is. */
export interface AccessOptions {
  /** Path of a kubeconfig. Without it: `$KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
}

const RENEW_SPACING_MS = 10_000;
const IDLE_SOCKET_MS = 30_000;

/**
 * Reads the kubeconfig. Throws an Error of one sentence where it cannot be read, names no cluster, or would talk to
 * a server that is not verified (`insecure-skip-tls-verify`, `http:`).
 */
export function loadAccess(options: AccessOptions, clock: Clock): Access {
  let config = loadConfig(options);
  let pending: Promise<Connection> | undefined;
  let renewedAt = -Infinity;
  const server = serverOf(config);
  const agentFor = agentCache();

  return {
    server,
    connect() {
      // One at a time: a burst of requests must not start one exec plugin each.
      const attempt = (pending ??= connectionOf(config, agentFor).finally(() => {
        if (pending === attempt) pending = undefined;
      }));
      return attempt;
    },
    renew() {
      if (clock.monotonic() - renewedAt < RENEW_SPACING_MS) return;
      renewedAt = clock.monotonic();
      try {
        const fresh = loadConfig(options);
        // A file that now names another cluster must not send its credential to this one.
        if (serverOf(fresh).href === server.href) config = fresh;
        pending = undefined;
      } catch {
        // A half-written file: what we have is as good, and the next 401 tries again.
      }
    },
  };
}

function loadConfig({ kubeconfig }: AccessOptions): KubeConfig {
  const config = new KubeConfig();
  const name = kubeconfig ?? 'the default kubeconfig';
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    const code = codeOf(error);
    // Never the message or the cause: a YAML error quotes the file, tokens included.
    // oxlint-disable-next-line preserve-caught-error
    throw new Error(code === 'UNKNOWN' ? `${name} is not a kubeconfig.` : `Cannot read ${name} (${code}).`);
  }
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new Error(
      `${name} has no cluster for context ${JSON.stringify(config.getCurrentContext() ?? '')}.`,
    );
  if (cluster.skipTLSVerify) {
    throw new Error(
      `${name} sets insecure-skip-tls-verify, which would hand our credential to anybody: give the cluster's certificate-authority instead.`,
    );
  }
  return config;
}

function serverOf(config: KubeConfig): URL {
  const text = config.getCurrentCluster()?.server ?? '';
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (server?.protocol !== 'https:') {
    throw new Error(
      'No https:// API server found: give --kubeconfig, set KUBECONFIG, or run in a pod with a service account.',
    );
  }
  return server;
}

type AgentFor = (options: RequestOptions, proxied: boolean) => AnyAgent;

/** The last agent, for as long as certificate, key and authorities stay the same. */
function agentCache(): AgentFor {
  let last: { readonly identity: string; readonly agent: Agent } | undefined;
  return (options, proxied) => {
    const { ca, cert, key, servername } = options;
    // client-node keeps the agent of a proxy-url; going past the proxy would be worse than failing.
    if (proxied && options.agent instanceof AnyAgent) return options.agent;
    const identity = digest([ca, cert, key, servername]);
    if (last?.identity !== identity) {
      // The old one is left to its requests in flight; its idle sockets end by themselves.
      const agent = new Agent({
        ca,
        cert,
        key,
        servername,
        rejectUnauthorized: true,
        keepAlive: true,
        timeout: IDLE_SOCKET_MS,
        // A resumed session skips verification.
        maxCachedSessions: 0,
      });
      last = { identity, agent };
    }
    return last.agent;
  };
}

function digest(parts: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.isBuffer(part) || typeof part === 'string' ? part : '';
    hash.update(`${String(bytes.length)}:`).update(bytes);
  }
  return hash.digest('base64');
}

async function connectionOf(config: KubeConfig, agentFor: AgentFor): Promise<Connection> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    // Never the message: an exec plugin's is its whole stderr.
    throw new KubeNetworkError(
      'CREDENTIALS',
      `cannot read the credentials of the kubeconfig: ${codeOf(error)}`,
    );
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // Token files end in a newline often enough.
    if (typeof value === 'string') headers[name.toLowerCase()] = value.trim();
  }
  const agent = agentFor(options, Boolean(config.getCurrentCluster()?.proxyUrl));
  return typeof options.auth === 'string' ? { agent, headers, auth: options.auth } : { agent, headers };
}
