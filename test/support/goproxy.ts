import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { KeyPair } from './certificates.ts';
import { freePort, startReadyProcess } from './processes.ts';

/** How a proxy is set up. */
export interface GoproxyOptions {
  /** Is created; files of the proxy are written here. */
  readonly dir: string;
  /** The program. */
  readonly file: string;
  /** `USER:PASSWORD` that it wants; undefined: none. */
  readonly login?: string;
  /** Clients speak TLS to it. */
  readonly tls?: KeyPair;
  /** Names that it takes to 127.0.0.1. */
  readonly names: readonly string[];
  /** `host:port` that it opens no tunnel to. */
  readonly forbid?: string;
}

/** A real forward proxy (elazarl/goproxy) as a process of its own on the loopback, with a tap in front of it. */
export interface Goproxy {
  /** `http(s)://localhost:PORT`: leads through the tap. */
  readonly url: string;
  /** What it was asked, a line each: `HOST:PORT opened`, `HOST:PORT login refused` or `HOST:PORT refused`. */
  asked(): readonly string[];
  /** Connections since the start. */
  readonly connections: number;
  /** Every byte that clients sent, each as one character. */
  readonly heard: string;
  stop(): Promise<void>;
}

/** Starts a proxy and waits until it takes connections. */
export async function startGoproxy(options: GoproxyOptions): Promise<Goproxy> {
  const { dir, file, login = '', tls, names, forbid } = options;
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const args = ['-listen', `127.0.0.1:${port}`, '-names', names.join(',')];
  if (forbid !== undefined) args.push('-forbid', forbid);
  if (tls !== undefined) {
    const paths = [join(dir, 'proxy.crt'), join(dir, 'proxy.key')] as const;
    await writeFile(paths[0], tls.certPem);
    await writeFile(paths[1], tls.keyPem, { mode: 0o600 });
    args.push('-certificate', paths[0], '-key', paths[1]);
  }
  const env = { HOME: dir, PROXY_LOGIN: login };
  const child = await startReadyProcess({ name: 'goproxy', file, args, env }, () => accepts(port));
  const tap = await startTap(port);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://localhost:${tap.port}`,
    asked: () =>
      child
        .output()
        .split('\n')
        .filter((line) => /^\S+:\d+ (?:opened|refused|login refused)$/.test(line)),
    get connections() {
      return tap.connections;
    },
    get heard() {
      return tap.heard;
    },
    stop: async () => {
      await tap.stop();
      await child.stop();
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

type Tap = Pick<Goproxy, 'connections' | 'heard' | 'stop'> & { readonly port: number };

/** Passes connections on to a port, and keeps what clients send. */
async function startTap(target: number): Promise<Tap> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let heard = '';
  const server = createServer((client) => {
    connections += 1;
    const proxy = connect(target, '127.0.0.1');
    for (const socket of [client, proxy]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        proxy.destroy();
      });
    }
    client.on('data', (chunk) => (heard += chunk.toString('latin1')));
    client.pipe(proxy).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get heard() {
      return heard;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
