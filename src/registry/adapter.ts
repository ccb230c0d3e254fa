import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { request as requestHttp, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Tunnelled } from './tunnel.ts';

/** Interim answers (1xx) that one request may get. Without a limit, a flood of them takes the whole process. */
const MAX_INTERIM = 8;

/** What a request waits for: a proxy's tunnel, its connection, the TLS handshake on it, or the answer. Before it has a socket, it waits for nothing. */
export type Waiting = 'proxy' | 'connection' | 'handshake' | 'answer';

/** What ends a request besides the network; `code` is for the table of causes. */
class Refused extends Error {
  readonly code: 'BODY_TOO_LARGE' | 'HPE_INTERIM';

  constructor(code: Refused['code']) {
    super('the answer was refused');
    this.code = code;
  }
}

/**
 * How axios sends a request here: once, over the agents it is given. axios' own adapter can also follow redirects, read proxies
 * from the environment, decompress, build forms and read data: URLs; none of that is wanted, and this costs less. Of the
 * configuration it takes url, method, headers, data (a text), agents, signal and maxContentLength; the answer's `request.res` is Node's.
 * @param onWaiting hears what the request waits for from now on: the error of one that was ended does not say it
 */
export function plainAdapter(onWaiting: (waiting: Waiting) => void): AxiosAdapter {
  return (config) =>
    new Promise<AxiosResponse>((resolve, reject) => {
      const request = open(
        config,
        () => onWaiting('proxy'),
        (response) => {
          const chunks: Buffer[] = [];
          let left = config.maxContentLength ?? 0;
          response.on('data', (chunk: Buffer) => {
            left -= chunk.length;
            if (left < 0) request.destroy(new Refused('BODY_TOO_LARGE'));
            else chunks.push(chunk);
          });
          response.on('error', reject);
          response.on('end', () => resolve(answer(config, response, Buffer.concat(chunks).toString('utf8'))));
        },
      );
      request.on('socket', (socket) => follow(socket, onWaiting));
      request.on('error', reject);
      // After a 101 that nobody asked for, Node has taken the socket off the request: neither an end nor a deadline would be heard.
      request.on('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(new Refused('HPE_INTERIM'));
      });
      request.end(typeof config.data === 'string' ? config.data : undefined);
    });
}

/** A socket that served an earlier request of the probe has both behind it. */
function follow(socket: Socket, onWaiting: (waiting: Waiting) => void): void {
  const handshake = socket instanceof TLSSocket && !socket.authorized;
  const connected = (): void => onWaiting(handshake ? 'handshake' : 'answer');
  if (handshake) socket.once('secureConnect', () => onWaiting('answer'));
  if (!socket.connecting) return connected();
  onWaiting('connection');
  socket.once('connect', connected);
}

function open(
  { url = '', method = 'GET', headers, httpAgent, httpsAgent, signal }: InternalAxiosRequestConfig,
  onProxy: () => void,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- axios does not type its agents
  const agent = (secure ? httpsAgent : httpAgent) as Agent;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ours are AbortSignals and texts
  const ours = { signal: signal as AbortSignal, headers: headers.toJSON() as Record<string, string> };
  const options: Tunnelled = {
    method,
    agent,
    ...ours,
    tunnelling: { signal: ours.signal, started: onProxy },
  };
  const send = secure ? requestHttps : requestHttp;
  const request = send(target, options, onResponse);
  let interim = 0;
  request.on('information', () => {
    interim += 1;
    if (interim > MAX_INTERIM) request.destroy(new Refused('HPE_INTERIM'));
  });
  return request;
}

function answer(
  config: InternalAxiosRequestConfig,
  res: IncomingMessage,
  data: string,
): AxiosResponse<string> {
  return { config, data, status: res.statusCode ?? 0, statusText: '', headers: {}, request: { res } };
}
