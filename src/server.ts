import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setImmediate as letOthersWork } from 'node:timers/promises';
import { startDeadline, type Clock } from './clock.ts';
import { CONTENT_TYPE } from './exposition.ts';
import { describeError, type Log } from './kube/log.ts';

/** What is served, and where. */
export interface ServerOptions {
  readonly address: string;
  readonly port: number;
  /** Why the operator is not ready, in a word; undefined where it is. */
  readonly unready: () => string | undefined;
  /** The text of `/metrics`, in pieces. */
  readonly metrics: () => AsyncIterable<string>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A server that listens. Disposing of it ends every connection and gives the port back. */
export interface RunningServer extends AsyncDisposable {
  /** `http://address:port`. */
  readonly url: string;
}

// Anybody in the cluster may be able to connect. So: little room, little time, and nothing of a request is ever answered back.
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than kubelet and Prometheus need, which open a connection or come again within a minute. */
  keepAliveTimeout: 5_000,
};
/** Connections at once. One more ends the oldest, so that who holds many open locks nobody out. */
const MOST_CONNECTIONS = 64;
/** Answers with metrics at once, likewise: each takes some memory. */
const MOST_SCRAPES = 4;
/** For one answer, and of silence on a connection, in milliseconds: who reads slower is no Prometheus. */
const ANSWER_MS = 30_000;

/**
 * Serves `/livez` (200 while the event loop turns), `/readyz` (200, or 503 with the reason) and `/metrics`.
 * @throws Error with one sentence where the address cannot be taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const scrapes = new Set<ServerResponse>();
  const server = createServer(LIMITS, (request, response) => {
    answer(request, response, scrapes, options).catch((error: unknown) => {
      // Mostly a client that left.
      options.log('debug', 'an answer was not read to its end', { error: describeError(error) });
      response.destroy();
    });
  });
  server.setTimeout(ANSWER_MS);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => admit(sockets, socket, MOST_CONNECTIONS));
  await listen(server, options);
  // A socket that cannot be accepted (no file descriptors) is its sender's loss, not the operator's.
  server.on('error', (error) =>
    options.log('warn', 'a connection was lost', { error: describeError(error) }),
  );
  const { address, family, port } = addressOf(server);
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Takes one more; if these are too many, the oldest is ended. */
function admit<T extends Socket | ServerResponse>(all: Set<T>, one: T, most: number): void {
  all.add(one);
  one.on('close', () => all.delete(one));
  const [oldest] = all;
  if (all.size <= most || oldest === undefined) return;
  all.delete(oldest);
  oldest.destroy();
}

function listen(server: Server, { address, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : '';
      const why = REFUSALS.get(code) ?? `it cannot be listened on (${code})`;
      reject(new Error(`server.port ${port} on server.address ${address}: ${why}`, { cause: error }));
    });
    server.listen(port, address, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'the port is taken: set another server.port, or 0 for no server'],
  ['EACCES', 'the operator may not listen there: set a server.port of 1024 or more'],
  ['EADDRNOTAVAIL', 'this machine has no such address: set server.address to 0.0.0.0 or one that it has'],
]);

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no address');
  return address;
}

const PATHS = '/livez, /metrics and /readyz';

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  scrapes: Set<ServerResponse>,
  options: ServerOptions,
): Promise<void> {
  const { method, headers, url = '' } = request;
  response.setHeader('x-content-type-options', 'nosniff');
  // A body is not waited for: the connection ends with the answer.
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
    response.setHeader('connection', 'close');
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    say(response, 405, 'only GET and HEAD are answered here');
    return;
  }
  const [path = ''] = url.split('?', 1);
  switch (path) {
    case '/livez':
      say(response, 200, 'ok');
      break;
    case '/readyz': {
      const why = options.unready();
      say(response, why === undefined ? 200 : 503, why ?? 'ok');
      break;
    }
    case '/metrics':
      if (method === 'GET') admit(scrapes, response, MOST_SCRAPES);
      await exhibit(method, response, options);
      break;
    default:
      say(response, 404, `nothing is here: there are ${PATHS}`);
  }
}

function say(response: ServerResponse, status: number, line: string): void {
  const body = `${line}\n`;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

async function exhibit(
  method: string,
  response: ServerResponse,
  { metrics, clock, log }: ServerOptions,
): Promise<void> {
  response.writeHead(200, { 'content-type': CONTENT_TYPE });
  if (method === 'HEAD') {
    response.end();
    return;
  }
  using deadline = startDeadline(clock, ANSWER_MS);
  await pipeline(paced(metrics(), log), response, { signal: deadline.signal });
}

/** The text of ten thousand checks at once would stop the event loop: others work between two pieces. */
async function* paced(pieces: AsyncIterable<string>, log: Log): AsyncGenerator<string, void, undefined> {
  try {
    for await (const piece of pieces) {
      yield piece;
      await letOthersWork();
    }
  } catch (error) {
    // Not a client that left: without a word, Prometheus would only show that the operator is down.
    log('error', 'the metrics could not be told', { error: describeError(error) });
    throw error;
  }
}
