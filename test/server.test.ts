import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../src/clock.ts';
import { startServer, type RunningServer, type ServerOptions } from '../src/server.ts';
import { createFakeClock, settle } from './support/fake-clock.ts';

const CANARY = 'canary-0815';

/** Everything that a server sends on one connection, to its end. */
async function exchange(url: string, sent: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  let received = '';
  socket.on('data', (text: string) => (received += text)).on('error', () => {});
  socket.write(sent);
  await once(socket, 'close');
  return received;
}

describe('startServer', () => {
  let server: RunningServer;
  let word: string | undefined;
  let pieces: () => AsyncIterable<string>;
  const logs: string[] = [];
  const open = (over: Partial<ServerOptions> = {}): Promise<RunningServer> =>
    startServer({
      address: '127.0.0.1',
      port: 0,
      unready: () => word,
      metrics: () => pieces(),
      clock: systemClock,
      log: (level, message) => logs.push(`${level}: ${message}`),
      ...over,
    });
  const get = async (path: string, init?: RequestInit): Promise<readonly [number, string]> => {
    const response = await fetch(`${server.url}${path}`, init);
    return [response.status, await response.text()];
  };

  beforeEach(async () => {
    word = undefined;
    pieces = async function* () {
      yield 'first\n';
      yield 'second\n';
    };
    logs.length = 0;
    server = await open();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it('is alive whether it is ready or not', async () => {
    expect(await get('/livez')).to.deep.equal([200, 'ok\n']);
    word = 'starting';
    expect(await get('/livez')).to.deep.equal([200, 'ok\n']);
  });

  it('says in a word why it is not ready', async () => {
    expect(await get('/readyz')).to.deep.equal([200, 'ok\n']);
    word = 'stopping';
    expect(await get('/readyz')).to.deep.equal([503, 'stopping\n']);
  });

  it('joins the pieces of the metrics and names their format', async () => {
    const response = await fetch(`${server.url}/metrics?name=x`);
    expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).to.equal('first\nsecond\n');
  });

  it('lets others work between two pieces', async () => {
    let others = 0;
    let seen = -1;
    pieces = async function* () {
      yield 'first\n';
      setImmediate(() => (others += 1));
      yield 'second\n';
      seen = others;
    };
    await get('/metrics');
    expect(seen).to.equal(1);
  });

  it('answers HEAD like GET, without the body', async () => {
    let asked = 0;
    pieces = async function* () {
      asked += 1;
      yield 'much work\n';
    };
    for (const path of ['/livez', '/readyz', '/metrics'])
      expect(await get(path, { method: 'HEAD' }), path).to.deep.equal([200, '']);
    expect(asked).to.equal(0);
  });

  for (const path of ['/', '/metric', '/metrics/', '/livez/x', '//livez', `/${CANARY}`, '/%6civez', '/..']) {
    it(`answers 404 to ${path} and names what there is`, async () => {
      const raw = await exchange(server.url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(raw).to.match(/^HTTP\/1\.1 404 /);
      expect(raw).to.match(/\r\n\r\nnothing is here: there are \/livez, \/metrics and \/readyz\n$/);
    });
  }

  for (const method of ['POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'PROPFIND']) {
    it(`answers 405 to ${method}, before any body has come`, async () => {
      const raw = await exchange(
        server.url,
        `${method} /metrics HTTP/1.1\r\nHost: x\r\nX-Note: ${CANARY}\r\nContent-Length: 1000000\r\n\r\n`,
      );
      expect(raw).to.match(/^HTTP\/1\.1 405 /);
      expect(raw).to.include('\r\nallow: GET, HEAD\r\n').and.include('\r\nconnection: close\r\n');
      expect(raw).not.to.include(CANARY);
    });
  }

  const hostile: readonly (readonly [name: string, sent: string, starts: RegExp])[] = [
    [
      'a body with a GET',
      `GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
      /^HTTP\/1\.1 200 /,
    ],
    [
      'headers of 9 KiB',
      `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${CANARY.repeat(900)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    ['a path of 9 KiB', `GET /${CANARY.repeat(900)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [
      'control characters in the path',
      `GET /${CANARY}\u0000\u001b[31m HTTP/1.1\r\nHost: x\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'bytes above ASCII in the path',
      `GET /${CANARY}\u00ff\u202e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      /^HTTP\/1\.1 40[04] /,
    ],
    [
      'a line feed in a header',
      `GET /livez HTTP/1.1\r\nHost: x\r\nX: a\n${CANARY}\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'an absolute address',
      `GET http://${CANARY}/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      /^HTTP\/1\.1 404 /,
    ],
    ['no Host', `GET /livez HTTP/1.1\r\nX: ${CANARY}\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [
      'an unknown method',
      `${CANARY.replaceAll('-', '')} /livez HTTP/1.1\r\nHost: x\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    ['CONNECT', `CONNECT ${CANARY}:443 HTTP/1.1\r\nHost: x\r\n\r\n`, /^$/],
    ['TLS', `\u0016\u0003\u0001\u0002\u0000\u0001\u0000${CANARY}`, /^HTTP\/1\.1 400 /],
    [
      'an Upgrade',
      `GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: ${CANARY}\r\n\r\n`,
      /^HTTP\/1\.1 200 /,
    ],
    [
      'another Expect',
      `GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: ${CANARY}\r\n\r\n`,
      /^HTTP\/1\.1 417 /,
    ],
    [
      'smuggling',
      `GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /${CANARY}`,
      /^HTTP\/1\.1 400 /,
    ],
  ];
  for (const [name, sent, starts] of hostile) {
    it(`ends the connection after ${name}, without a word of it, and lives on`, async () => {
      const raw = await exchange(server.url, sent);
      expect(raw).to.match(starts);
      expect(raw).not.to.include(CANARY.replaceAll('-', '')).and.not.to.include(CANARY);
      expect(await get('/livez')).to.deep.equal([200, 'ok\n']);
    });
  }

  it('gives up on headers that do not end', async () => {
    const raw = await exchange(server.url, 'GET /livez HTTP/1.1\r\nHost: x\r\n');
    expect(raw).to.match(/^HTTP\/1\.1 408 /);
  });

  it('ends the oldest of many connections, so that a new one is always served', async () => {
    const { hostname, port } = new URL(server.url);
    const sockets: Socket[] = [];
    const closed: number[] = [];
    for (let index = 0; index < 80; index += 1) {
      const socket = connect(Number(port), hostname).on('error', () => {});
      socket.on('close', () => closed.push(index));
      sockets.push(socket);
      await once(socket, 'connect');
    }
    expect(await get('/livez')).to.deep.equal([200, 'ok\n']);
    await settle();
    expect(closed.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 17 }, (_, index) => index));
    for (const socket of sockets) socket.destroy();
  });

  it('ends the oldest of many scrapes, so that readers who stop lock nobody out', async () => {
    pieces = async function* () {
      for (;;) yield 'x'.repeat(64 * 1024);
    };
    const { hostname, port } = new URL(server.url);
    const sockets: Socket[] = [];
    const closed: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      const socket = connect(Number(port), hostname).on('error', () => {});
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket, 'readable');
      socket.on('close', () => closed.push(index));
      sockets.push(socket);
    }
    sockets[0]?.resume();
    if (sockets[0] !== undefined) await once(sockets[0], 'close');
    expect(closed).to.deep.equal([0]);
    for (const socket of sockets) socket.destroy();
  });

  it('lets no reader hold an answer for ever', async () => {
    const clock = createFakeClock();
    const slow = await open({ clock });
    pieces = async function* () {
      for (;;) yield 'x'.repeat(64 * 1024);
    };
    const { hostname, port } = new URL(slow.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    await settle();
    await clock.advance(30_000);
    socket.resume();
    await once(socket, 'close');
    expect(clock.sleeps).to.deep.equal([]);
    await slow[Symbol.asyncDispose]();
  });

  it('survives a client that leaves in the middle, and metrics that fail', async () => {
    const left = Promise.withResolvers<void>();
    pieces = async function* () {
      try {
        for (;;) yield 'x'.repeat(64 * 1024);
      } finally {
        left.resolve();
      }
    };
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    socket.resetAndDestroy();
    await left.promise;
    pieces = async function* () {
      yield 'first\n';
      throw new Error('no more');
    };
    const cut = await get('/metrics').catch(() => 'cut');
    expect(cut).to.equal('cut');
    expect(await get('/livez')).to.deep.equal([200, 'ok\n']);
    expect(logs.filter((line) => !line.startsWith('debug: '))).to.deep.equal([
      'error: the metrics could not be told',
    ]);
  });

  it('ends every connection when it is disposed of, and gives the port back', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await server[Symbol.asyncDispose]();
    await closed;
    server = await open({ port: Number(port) });
    expect(await get('/livez')).to.deep.equal([200, 'ok\n']);
  });

  const refusals: readonly (readonly [name: string, over: Partial<ServerOptions>, says: RegExp])[] = [
    ['that is taken', {}, /the port is taken: set another server\.port/],
    [
      'of an address that the machine lacks',
      { address: '192.0.2.1' },
      /no such address: set server\.address/,
    ],
  ];
  for (const [name, over, says] of refusals) {
    it(`refuses a port ${name} in one sentence`, async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const refused = await open({ port, ...over }).catch((error: unknown) => error);
      taken.close();
      expect(refused).to.be.an('error');
      expect((refused as Error).message)
        .to.match(/^server\.port \d+ /)
        .and.match(says)
        .and.not.include('\n');
    });
  }
});
