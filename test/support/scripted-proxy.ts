import { once } from 'node:events';
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { KeyPair } from './certificates.ts';

/** What the proxy does with a request whose head has arrived. */
export type Answer = (socket: Socket) => void;

/** A forward proxy on the loopback that does with CONNECT what a test says, and keeps every byte it was sent. */
export interface ScriptedProxy {
  /** `http(s)://127.0.0.1:port` */
  readonly url: string;
  /** TCP connections since the start. */
  readonly connections: number;
  /** The head of each request, in order. */
  readonly heads: readonly string[];
  /** What came after the heads. */
  readonly beyond: string;
  /** How the next requests are answered. */
  answer(answer: Answer): void;
  /** Resolves as soon as so many requests have arrived. */
  asked(count: number): Promise<void>;
  /** Resolves as soon as no connection is open. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a proxy, with TLS where it has a certificate. */
export async function startScriptedProxy(tls?: KeyPair): Promise<ScriptedProxy> {
  const heads: string[] = [];
  const arrivals = new Set<() => void>();
  const sockets = new Set<Socket>();
  let answer: Answer = (socket) => socket.destroy();
  let beyond = '';
  let connections = 0;
  const serve = (socket: Socket): void => {
    let head: string | undefined = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (head === undefined) {
        beyond += chunk.toString('latin1');
        return;
      }
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      heads.push(head);
      head = undefined;
      for (const arrived of arrivals) arrived();
      answer(socket);
    });
  };
  const server: Server =
    tls === undefined ? createTcp(serve) : createTls({ cert: tls.certPem, key: tls.keyPem }, serve);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    heads,
    get connections() {
      return connections;
    },
    get beyond() {
      return beyond;
    },
    answer: (next) => (answer = next),
    asked: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (heads.length < count) return;
          arrivals.delete(look);
          resolve();
        };
        arrivals.add(look);
        look();
      }),
    idle: async () => {
      // Not `once`, which an error would reject.
      for (const socket of sockets)
        await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Opens a tunnel to a port of this machine, whatever host was asked for. */
export function tunnelTo(port: number, head = 'HTTP/1.1 200 Connection established\r\n\r\n'): Answer {
  return (socket) => {
    const target = connect(port, '127.0.0.1', () => {
      socket.write(head);
      socket.pipe(target).pipe(socket);
    });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
  };
}

/** These bytes, and nothing more; the connection stays open. */
export function speaks(text: string): Answer {
  return (socket) => void socket.write(text);
}
