import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** One address and port that speaks https and http, and keeps every byte that it was sent. */
export interface RecordingListener {
  readonly port: number;
  /** TCP connections since the last `forget`. */
  readonly connections: number;
  /** Those of them that did not begin with a TLS handshake. */
  readonly plain: number;
  /** What was sent, decrypted where it came over TLS. */
  readonly heard: string;
  /** Host header of every request. */
  readonly hosts: readonly string[];
  /** Common name of every client certificate that was shown. */
  readonly clients: readonly string[];
  forget(): void;
  stop(): Promise<void>;
}

/** First byte of a TLS record with a handshake (RFC 8446, section 5.1). */
const HANDSHAKE = 0x16;

/** Starts a listener at a loopback address; port 0 takes any. Every client is asked for a certificate, and none is refused. */
export async function startRecordingListener(
  tls: ServerOptions,
  [address, port]: readonly [address: string, port: number],
  serve: RequestListener,
): Promise<RecordingListener> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let plain = 0;
  let chunks: Buffer[] = [];
  let hosts: string[] = [];
  let clients: string[] = [];
  const listen: RequestListener = (request, response) => {
    hosts.push(request.headers.host ?? '');
    // Unread, the body of a request would stay in the socket.
    request.resume();
    request.once('end', () => serve(request, response));
  };
  const record = (socket: Socket): void => void socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const http = createHttp(listen);
  http.on('connection', record);
  const https = createHttps({ ...tls, requestCert: true, rejectUnauthorized: false }, listen);
  https.on('secureConnection', (socket: TLSSocket) => {
    record(socket);
    const name = socket.getPeerCertificate()?.subject?.CN;
    if (name !== undefined) clients.push(String(name));
  });
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    socket.once('data', (first: Buffer) => {
      const isPlain = first[0] !== HANDSHAKE;
      if (isPlain) plain += 1;
      socket.pause();
      socket.unshift(first);
      (isPlain ? http : https).emit('connection', socket);
      // Only after TLS has read what was put back.
      process.nextTick(() => socket.resume());
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get plain() {
      return plain;
    },
    get heard() {
      return Buffer.concat(chunks).toString('utf8');
    },
    get hosts() {
      return hosts;
    },
    get clients() {
      return clients;
    },
    forget: () => {
      [connections, plain, chunks, hosts, clients] = [0, 0, [], [], []];
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
