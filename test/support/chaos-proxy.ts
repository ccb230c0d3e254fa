import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy on the loopback that can do to connections what networks do. It does not look inside them. */
export interface ChaosProxy {
  /** Clients connect to 127.0.0.1 at this port. */
  readonly port: number;
  /** How many connections are open. */
  readonly open: number;
  /** How many connections there have been. */
  readonly accepted: number;
  /** Resets all open connections; new ones are served. */
  cut(): void;
  /** Holds back all bytes, in both directions and of new connections too, without ending anything. */
  stall(): void;
  /** From here on new connections are reset at once; open ones are, too. */
  refuse(): void;
  /** Ends `stall` and `refuse`; what was held back is delivered. */
  heal(): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy in front of a port of 127.0.0.1. */
export async function startChaosProxy(target: number): Promise<ChaosProxy> {
  const pairs = new Set<Pair>();
  let mode: 'serve' | 'stall' | 'refuse' = 'serve';
  let accepted = 0;

  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  };
  const each = (act: (socket: Socket) => void): void => {
    for (const { client, server } of pairs) [client, server].forEach(act);
  };

  const listener = createServer((client) => {
    accepted += 1;
    if (mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const pair = { client, server: createConnection(target, '127.0.0.1') };
    pairs.add(pair);
    relay(client, pair.server, () => pairs.delete(pair));
    relay(pair.server, client, () => pairs.delete(pair));
    if (mode === 'stall') each((socket) => socket.pause());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    port: (listener.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    get accepted() {
      return accepted;
    },
    cut,
    stall() {
      mode = 'stall';
      each((socket) => socket.pause());
    },
    refuse() {
      mode = 'refuse';
      cut();
    },
    heal() {
      mode = 'serve';
      each((socket) => socket.resume());
    },
    async stop() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Not `pipe`, which would resume what a stall has paused. What is written to a paused socket's peer is small. */
function relay(from: Socket, to: Socket, ended: () => void): void {
  from.on('data', (chunk) => to.write(chunk));
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', () => {
    ended();
    to.destroy();
  });
}
