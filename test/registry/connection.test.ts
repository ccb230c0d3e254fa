import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect } from 'chai';
import { createTrust, openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createSend } from '../../src/registry/http.ts';
import { answer, startScriptedRegistry, type Turn } from '../support/scripted-registry.ts';
import { ask, causeOf, LOOPBACK_RANGES, never } from './asking.ts';

describe('E3: openConnection', () => {
  const trust = createTrust(undefined);
  let listener: Server;
  let port = 0;
  let connections = 0;
  before(async () => {
    listener = createServer((socket) => {
      connections += 1;
      socket.resume();
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    // Both families: what is denied must be denied over each.
    listener.listen({ port: 0, host: '::', ipv6Only: false });
    await once(listener, 'listening');
    ({ port } = listener.address() as AddressInfo);
  });
  beforeEach(() => {
    connections = 0;
  });
  after(async () => {
    listener.close();
    await once(listener, 'close');
  });

  const hosts: readonly [name: string, host: string][] = [
    ['an address', '127.0.0.1'],
    ['an address of the same range', '127.9.9.9'],
    ['an address as a number', '2130706433'],
    ['an address in hexadecimals', '0x7f000001'],
    ['an address in octals', '0177.0.0.01'],
    ['an address of two parts', '127.1'],
    ['an IPv6 address', '[::1]'],
    ['an IPv4 address in IPv6', '[::ffff:127.0.0.1]'],
    ['an IPv4 address in IPv6, in hexadecimals', '[::ffff:7f00:1]'],
    ['a metadata address in IPv6', '[::ffff:a9fe:a9fe]'],
    ['an IPv4 address behind NAT64', '[64:ff9b::7f00:1]'],
    ['an IPv4 address of 6to4', '[2002:7f00:1::]'],
    ['an IPv4-compatible address', '[::7f00:1]'],
    ['the unspecified address', '0.0.0.0'],
    ['the unspecified IPv6 address', '[::]'],
    ['a name', 'localhost'],
  ];
  for (const scheme of ['http', 'https']) {
    for (const [name, host] of hosts) {
      it(`reaches no denied address over ${scheme} by ${name}`, async () => {
        const answered = await ask(`${scheme}://${host}:${port}`, trust, []);
        expect(causeOf(answered)).to.equal('address-denied');
        expect(connections).to.equal(0);
      });
    }
  }

  it('reaches the same listener where the installation allows it', async () => {
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      expect(causeOf(await ask(`http://${host}:${port}`, trust)), host).to.equal('200');
    }
    expect(connections).to.equal(3);
  });

  it('E4: goes through no proxy of the environment', async () => {
    const names = [
      'HTTP_PROXY',
      'HTTPS_PROXY',
      'ALL_PROXY',
      'http_proxy',
      'https_proxy',
      'no_proxy',
      'NO_PROXY',
    ];
    const saved = names.map((name): [string, string | undefined] => [name, process.env[name]]);
    for (const name of names) {
      process.env[name] = name.toLowerCase() === 'no_proxy' ? '' : `http://127.0.0.1:${port}`;
    }
    try {
      for (const scheme of ['http', 'https']) {
        expect(causeOf(await ask(`${scheme}://169.254.169.254`, trust))).to.equal('address-denied');
      }
      expect(connections).to.equal(0);
    } finally {
      for (const [name, value] of saved) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it('finds that nothing listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port: free } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    for (const scheme of ['http', 'https']) {
      expect(causeOf(await ask(`${scheme}://127.0.0.1:${free}`, trust)), scheme).to.equal('refused');
    }
  });

  it('uses one socket for several requests and none of another connection', async () => {
    const registry = await startScriptedRegistry();
    try {
      const turn: Turn = ['GET /v2/', answer(200)];
      registry.play([turn, turn, turn, turn]);
      const url = new URL(`${registry.url}/v2/`);
      for (let probe = 1; probe <= 2; probe += 1) {
        const connection = openConnection({ guard: createGuard(LOOPBACK_RANGES), secureContext: trust });
        const send = createSend(connection);
        await send({ method: 'GET', url }, never);
        await send({ method: 'GET', url }, never);
        connection.close();
        expect(registry.connections).to.equal(probe);
      }
    } finally {
      await registry.stop();
    }
  });
});
