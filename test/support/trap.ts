import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createGuard } from '../../src/registry/egress.ts';

/** A listener that nobody may reach: it counts who does. */
export interface Trap {
  readonly port: number;
  readonly connections: number;
  /** Bytes that came over all of them. */
  readonly bytes: number;
  reset(): void;
  stop(): Promise<void>;
}

/** Listens on every address of this machine unless told otherwise. A visitor gets a plain answer at once, so that it does not wait. */
export async function openTrap(at: { readonly host?: string; readonly port?: number } = {}): Promise<Trap> {
  let [connections, bytes] = [0, 0];
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (bytes += chunk.length));
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  server.listen({ host: at.host ?? '::', port: at.port ?? 0 });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get bytes() {
      return bytes;
    },
    reset: () => {
      [connections, bytes] = [0, 0];
    },
    stop: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** A private address of this machine, where it has one. */
export function ownPrivateAddress(): string | undefined {
  const guard = createGuard([]);
  const publicOnly = createGuard([], { publicOnly: true });
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map(({ address }) => address)
    .find((address) => !guard.check(address) && publicOnly.check(address));
}
