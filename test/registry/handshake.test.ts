import { once } from 'node:events';
import {
  connect as connectTcp,
  createServer as createTcp,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { connect, createServer as createTls, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { createTrust } from '../../src/registry/connection.ts';
import { createAuthority } from '../support/certificates.ts';

/** What a ClientHello offers (RFC 5246, section 7.4.1.2; RFC 8446, section 4.2.7). */
interface Offer {
  readonly suites: readonly number[];
  readonly groups: readonly number[];
}

/** Reads one ClientHello of one record. */
function readHello(record: Buffer): Offer {
  const words = (from: number, length: number): readonly number[] =>
    Array.from({ length: length / 2 }, (_, index) => record.readUInt16BE(from + 2 * index));
  // Record, handshake, version and random; then the session id.
  let at = 5 + 4 + 2 + 32;
  at += 1 + record.readUInt8(at);
  const suites = words(at + 2, record.readUInt16BE(at));
  at += 2 + record.readUInt16BE(at);
  at += 1 + record.readUInt8(at);
  const end = at + 2 + record.readUInt16BE(at);
  for (at += 2; at < end; at += 4 + record.readUInt16BE(at + 2))
    if (record.readUInt16BE(at) === 10) return { suites, groups: words(at + 6, record.readUInt16BE(at + 4)) };
  return { suites, groups: [] };
}

/** The suites whose key exchange is DHE (IANA, "TLS Cipher Suites"): those of TLS 1.2 that OpenSSL knows. */
const DHE_SUITES: ReadonlySet<number> = new Set([
  0x16, 0x33, 0x39, 0x45, 0x67, 0x6b, 0x88, 0x9e, 0x9f, 0xbe, 0xc4, 0xc052, 0xc053, 0xc07c, 0xc07d, 0xc09e,
  0xc09f, 0xc0a2, 0xc0a3, 0xccaa,
]);

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

describe('TLS: a handshake', () => {
  it('M1: offers no group that the server chooses, and no finite field', async () => {
    let heard: (record: Buffer) => void = () => undefined;
    const hello = new Promise<Buffer>((resolve) => (heard = resolve));
    const server = createTcp((socket: Socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (record: Buffer) => {
        heard(record);
        socket.destroy();
      });
    });
    await listen(server);
    const client = connect({
      host: '127.0.0.1',
      port: portOf(server),
      secureContext: createTrust(undefined),
    });
    client.on('error', () => undefined);
    const { suites, groups } = readHello(await hello);
    client.destroy();
    server.close();
    expect(suites.length).to.be.greaterThan(3);
    expect(suites.filter((suite) => DHE_SUITES.has(suite))).to.deep.equal([]);
    // X25519, P-256, P-384, P-521.
    expect(groups).to.have.members([0x1d, 0x17, 0x18, 0x19]);
  });

  it('M1: is not repeated because the server asks for it', async () => {
    const authority = await createAuthority('test registries');
    const { certPem: cert, keyPem: key } = await authority.issue({
      commonName: 'r',
      dnsNames: ['localhost'],
    });
    let accepted: (socket: TLSSocket) => void = () => undefined;
    const atServer = new Promise<TLSSocket>((resolve) => (accepted = resolve));
    const server = createTls({ cert, key, maxVersion: 'TLSv1.2' }, accepted);
    await listen(server);
    // What the client sends, record by record: their types are in clear.
    let sent: (record: Buffer) => void = () => undefined;
    const between = createTcp((near) => {
      const far = connectTcp(portOf(server), '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      far.pipe(near);
      near.on('data', (chunk: Buffer) => {
        sent(chunk);
        far.write(chunk);
      });
      near.on('close', () => far.destroy());
    });
    await listen(between);
    const secureContext = createTrust(authority.pem);
    const client = connect({
      host: '127.0.0.1',
      port: portOf(between),
      servername: 'localhost',
      secureContext,
    });
    client.on('error', () => undefined);
    client.resume();
    const [socket] = await Promise.all([atServer, once(client, 'secureConnect')]);
    socket.on('error', () => undefined);
    const answer = new Promise<Buffer>((resolve) => (sent = resolve));
    socket.renegotiate({}, () => undefined);
    const record = await answer;
    for (const one of [client, socket]) one.destroy();
    for (const one of [server, between]) one.close();
    // An alert (no_renegotiation), and no new ClientHello, which would be a handshake record (22).
    expect(record.readUInt8(0)).to.equal(21);
  });
});
