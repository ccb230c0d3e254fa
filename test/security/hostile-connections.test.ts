import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { openTable, TIMEOUT_MS, type ProbeTable } from '../check/probe-table.ts';
import { startFullListener, type FullListener } from '../support/full-listener.ts';

/** What a server does with a connection that wants TLS. */
type Greeting = readonly [name: string, greet: (socket: Socket) => void];

/** The head of a TLS record that is 16 kB long: its reader waits for the rest. */
const RECORD = Buffer.from('1603034000', 'hex');

const SLOW: readonly Greeting[] = [
  ['says nothing', () => undefined],
  [
    'begins a handshake, in drops, and ends it never',
    (socket) => {
      socket.write(RECORD);
      const timer = setInterval(() => socket.write('\0'), 2);
      socket.once('close', () => clearInterval(timer));
    },
  ],
];

const WRONG: readonly (readonly [...Greeting, reason: string])[] = [
  ['answers in plain text', (socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n'), 'TLSVerificationFailed'],
  [
    'sends a record of no length',
    (socket) => socket.end(Buffer.from('1603030000', 'hex')),
    'ConnectionReset',
  ],
  ['sends an alert', (socket) => socket.end(Buffer.from('15030300020228', 'hex')), 'TLSVerificationFailed'],
  ['sends records without an end', pourRecords, 'TLSVerificationFailed'],
  ['hangs up', (socket) => socket.end(), 'ConnectionReset'],
  ['resets', (socket) => socket.resetAndDestroy(), 'ConnectionReset'],
];

function pourRecords(socket: Socket): void {
  const noise = Buffer.alloc(65_536, RECORD);
  const more = (): void => {
    if (!socket.destroyed && socket.write(noise)) setImmediate(more);
  };
  socket.on('drain', more);
  more();
}

describe('M1: probe of a registry that never gets to an answer', () => {
  let table: ProbeTable;
  let full: FullListener;
  let server: Server;
  let greet: Greeting[1] = () => undefined;
  const sockets = new Set<Socket>();
  before(async () => {
    table = await openTable();
    full = await startFullListener();
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      // First the client's own words: a connection that ends before them is another matter.
      socket.once('data', () => greet(socket));
      socket.resume();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await full.stop();
    await table.stop();
  });

  const urlOf = (port: number): string => `https://127.0.0.1:${String(port)}`;
  const url = (): string => urlOf((server.address() as AddressInfo).port);

  it('ends at its deadline where packets are dropped', async () => {
    const { probed, clock } = table.start([], { url: urlOf(full.port) });
    await clock.advance(TIMEOUT_MS);
    const { observation, durationMs } = await probed;
    expect(table.diagnose(observation).reason).to.equal('ConnectionTimedOut');
    expect(durationMs).to.equal(TIMEOUT_MS);
  });

  for (const [name, how] of SLOW) {
    it(`ends at its deadline, by naming the handshake, where the server ${name}`, async () => {
      greet = how;
      const taken = once(server, 'connection');
      const { probed, clock } = table.start([], { url: url() });
      await taken;
      await clock.advance(TIMEOUT_MS);
      const { observation, durationMs } = await probed;
      const { reason, message } = table.diagnose(observation);
      expect(reason).to.equal('RegistryTimeout');
      expect(message).to.include('did not finish the TLS handshake');
      expect(durationMs).to.equal(TIMEOUT_MS);
    });
  }

  for (const [name, how, reason] of WRONG) {
    it(`ends without its deadline where the server ${name}`, async () => {
      greet = how;
      const { probed, clock } = table.start([], { url: url() });
      const { observation, steps } = await probed;
      expect(table.diagnose(observation).reason).to.equal(reason);
      expect(steps).to.have.length(1);
      expect(clock.sleeps).to.deep.equal([]);
    });
  }
});
