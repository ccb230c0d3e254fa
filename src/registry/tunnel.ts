import { request as requestHttp, type IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { networkFailure, type NetworkCause, type ProxyCause } from './failure.ts';
import type { Proxy } from './proxy.ts';

/** The largest head of an answer to CONNECT, in bytes. */
const MAX_HEAD_BYTES = 16 * 1024;

/** The options of a request that may go through a tunnel: Node hands them on to where its socket is made, but for the signal. */
export interface Tunnelled extends RequestOptions {
  readonly tunnelling?: {
    /** That of the request. */
    readonly signal: AbortSignal;
    /** Is called as soon as the request waits for the proxy. */
    started(): void;
  };
}

/** Why no tunnel came about. Of the proxy's answer it has the status alone. */
export class TunnelError extends Error {
  readonly code: ProxyCause;
  readonly status: number | undefined;

  constructor(code: ProxyCause, status?: number) {
    super('the proxy opened no tunnel');
    this.code = code;
    this.status = status;
  }
}

/**
 * Asks a proxy for a tunnel (CONNECT, RFC 9110, section 9.3.6) and answers the socket, over which TLS with the origin comes
 * next. The login of the proxy goes into this one request. The socket is closed where the tunnel fails or the signal aborts.
 * @param dial opens the socket to the proxy, with TLS where the proxy wants it
 * @param authority `host:port` of the origin
 * @throws TunnelError, or the error of a socket that this machine had no resources for
 */
export function openTunnel(
  { authorization }: Proxy,
  dial: () => Duplex,
  authority: string,
  signal: AbortSignal,
): Promise<Duplex> {
  const request = requestHttp({
    method: 'CONNECT',
    path: authority,
    headers: {
      Host: authority,
      // What Node says otherwise, "close", some proxy could take for the tunnel.
      Connection: 'keep-alive',
      'User-Agent': 'registry-push-check',
      ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization.reveal() }),
    },
    maxHeaderSize: MAX_HEAD_BYTES,
    createConnection: dial,
    signal,
  });
  return new Promise((resolve, reject) => {
    // Whatever the status is: an answer to CONNECT has no body for Node.
    request.once('connect', (answer, socket, early) => {
      // From here on to the TLS that comes over it, nobody else would hear its error.
      socket.on('error', () => {});
      const refusal = refusalOf(answer, early);
      if (refusal === undefined) return resolve(socket);
      socket.destroy();
      reject(refusal);
    });
    request.on('error', (error) => reject(tunnelError(error)));
    request.end();
  });
}

/** A server waits for the client's first word in TLS: what comes before is none of the origin's. */
function refusalOf({ statusCode: status = 0 }: IncomingMessage, early: Buffer): TunnelError | undefined {
  if (status === 407) return new TunnelError('proxy-login');
  if (status === 403) return new TunnelError('proxy-refused');
  if (status >= 502 && status <= 504) return new TunnelError('proxy-gateway', status);
  if (status < 200 || status > 299) return new TunnelError('proxy-answer', status);
  return early.length > 0 ? new TunnelError('proxy-answer') : undefined;
}

/** What went wrong on the way to the proxy, or in its answer: none of it is said of the registry. */
function tunnelError(error: unknown): unknown {
  const { cause } = networkFailure(error);
  if (cause === 'own-resources') return error;
  // Node's error is that of the guard: the name of the proxy leads where it must not.
  if (cause === 'address-denied') return new TunnelError('proxy-denied');
  if (cause.startsWith('tls-')) return new TunnelError('proxy-tls');
  return new TunnelError(NOT_REACHED.has(cause) ? 'proxy-unreachable' : 'proxy-answer');
}

const NOT_REACHED: ReadonlySet<NetworkCause> = new Set([
  'name-not-found',
  'refused',
  'unreachable',
  'connect-timeout',
]);
