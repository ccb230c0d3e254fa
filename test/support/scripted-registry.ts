import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';

/** The password of every test's login: distinctive, so that a search finds it wherever it must not be. */
export const CANARY = 'c4nary:Pässwörd/+?=';

/** Answers one request, or does not. */
export type Reply = (response: ServerResponse) => void;

/** One request that must come, as one line (see {@link describeRequest}), its body decoded after `with`, and what it gets. */
export type Turn = readonly [asked: string, reply: Reply];

/** A registry on the loopback that plays a script and keeps what was asked of it. */
export interface ScriptedRegistry {
  /** `http(s)://127.0.0.1:port` */
  readonly url: string;
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Every request since the script began, in order, each as one line. */
  readonly conversation: readonly string[];
  /** The header fields of every request, as they were on the wire. */
  readonly rawHeaders: readonly (readonly string[])[];
  /** TCP connections since the script began. */
  readonly connections: number;
  /** Of every TLS connection since the script began, the common name of the client's certificate, where it showed one. */
  readonly clients: readonly (string | undefined)[];
  /** Begins a new script. */
  play(turns: readonly Turn[]): void;
  /** Resolves as soon as the request number `count` (from 1) of this script has arrived. */
  asked(count: number): Promise<void>;
  /** Resolves as soon as no connection is open. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a scripted registry: https where `tls` has a certificate, else http. */
export async function startScriptedRegistry(
  tls?: ServerOptions,
  address = '127.0.0.1',
): Promise<ScriptedRegistry> {
  let script: readonly Turn[] = [];
  const conversation: string[] = [];
  const rawHeaders: (readonly string[])[] = [];
  const clients: (string | undefined)[] = [];
  const arrivals = new Set<() => void>();
  let connections = 0;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (Number(request.headers['content-length'] ?? 0) === 0) return reply(request, response, '');
    void readText(request).then((form) =>
      reply(request, response, ` with ${form.split('&').map(decode).join('&')}`),
    );
  };
  const reply = (request: IncomingMessage, response: ServerResponse, form: string): void => {
    const turn = script[conversation.length];
    const line = `${describeRequest(request)}${form}`;
    conversation.push(line);
    rawHeaders.push(request.rawHeaders);
    for (const arrived of arrivals) arrived();
    // A request that is not in the script gets an answer that no test expects; the conversation tells the rest.
    (turn?.[0] === line ? turn[1] : answer(418))(response);
  };
  const server: Server = tls === undefined ? createHttp(serve) : createHttps(tls, serve);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const { CN: name } = socket.getPeerCertificate()?.subject ?? {};
    clients.push(Array.isArray(name) ? name[0] : name);
  });
  server.listen(0, address);
  await once(server, 'listening');
  const host = `${address.includes(':') ? `[${address}]` : address}:${(server.address() as AddressInfo).port}`;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    host,
    conversation,
    rawHeaders,
    clients,
    get connections() {
      return connections;
    },
    play: (turns) => {
      script = turns;
      conversation.length = 0;
      rawHeaders.length = 0;
      clients.length = 0;
      connections = 0;
    },
    asked: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (conversation.length < count) return;
          arrivals.delete(look);
          resolve();
        };
        arrivals.add(look);
        look();
      }),
    idle: async () => {
      for (const socket of sockets) await once(socket, 'close');
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * A request as one line that holds no password: `POST /v2/team/app/blobs/uploads/ as Bearer t1`. The query is decoded.
 * Of a Basic login it has the user and whether the password is {@link CANARY}.
 */
export function describeRequest(request: IncomingMessage): string {
  const { method = '', url = '', headers } = request;
  const [path = '', query] = url.split('?', 2);
  const shown = query === undefined ? path : `${path}?${query.split('&').map(decode).join('&')}`;
  return `${method} ${shown}${describeAuthorization(headers.authorization)}`;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function describeAuthorization(value: string | undefined): string {
  if (value === undefined) return '';
  const [kind = '', text = ''] = value.split(' ', 2);
  if (kind !== 'Basic') return ` as ${kind} ${text.length > 40 ? 'JWT' : text}`;
  const [user = '', ...password] = Buffer.from(text, 'base64').toString('utf8').split(':');
  return ` as ${user}${password.join(':') === CANARY ? '' : ' with another password'}`;
}

/** Headers: a name that occurs several times has a list. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** An ordinary answer. */
export function answer(status: number, headers: Headers = {}, body: string | Buffer = ''): Reply {
  return (response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.writeHead(status).end(body);
  };
}

/** A 401 with these challenges, one header field each. */
export function challenge(...challenges: readonly string[]): Reply {
  return answer(401, { 'WWW-Authenticate': challenges });
}

/** The error body of the distribution specification. */
export function errors(...codes: readonly string[]): string {
  return JSON.stringify({ errors: codes.map((code) => ({ code, message: `words about ${code}` })) });
}

/** A token service's success. */
export function token(value: string): Reply {
  return answer(200, { 'Content-Type': 'application/json' }, JSON.stringify({ token: value }));
}

/** No answer, ever. */
export const stall: Reply = () => undefined;

/** Cuts the connection: by a TCP reset where it is plain http. */
export const reset: Reply = ({ socket }) => {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
};

/** These bytes instead of HTTP, then the end of the connection. */
export function raw(bytes: string | Buffer): Reply {
  return (response) => void response.socket?.end(bytes);
}

/** Headers at once, then a body of one byte after the other, without an end. */
export const drip: Reply = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), 5);
  response.on('close', () => clearInterval(timer));
};

/** A body of so many bytes. */
export function large(bytes: number, headers: Headers = {}): Reply {
  return answer(200, headers, Buffer.alloc(bytes, 'x'));
}

/** Every way in which a secret must not appear in `text`: as it is, in base64 and in a URL. */
export function leaksOf(text: string, secret: string = CANARY): string[] {
  const base64 = (value: string): string => Buffer.from(value, 'utf8').toString('base64').replace(/=+$/, '');
  const forms = {
    raw: secret,
    json: JSON.stringify(secret).slice(1, -1),
    base64: base64(secret),
    url: encodeURIComponent(secret),
    form: new URLSearchParams({ s: secret }).toString().slice(2),
  };
  return Object.entries(forms).flatMap(([name, form]) => (text.includes(form) ? [name] : []));
}
