import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { startDeadline } from '../../src/clock.ts';
import { createTrust, openConnection, type Connection } from '../../src/registry/connection.ts';
import { createGuard, type Reserved } from '../../src/registry/egress.ts';
import type { NetworkFailure } from '../../src/registry/failure.ts';
import { createSend, type Response } from '../../src/registry/http.ts';
import { readProxy } from '../../src/registry/proxy.ts';
import { Secret } from '../../src/registry/secret.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { reservedHosts } from '../../src/reserved.ts';
import { createAuthority, LOOPBACK, type Authority, type KeyPair } from '../support/certificates.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';
import { freePort } from '../support/processes.ts';
import {
  speaks,
  startScriptedProxy,
  tunnelTo,
  type Answer,
  type ScriptedProxy,
} from '../support/scripted-proxy.ts';
import {
  answer,
  CANARY,
  leaksOf,
  stall,
  startScriptedRegistry,
  type ScriptedRegistry,
  type Turn,
} from '../support/scripted-registry.ts';
import { causeOf, never } from './asking.ts';

/** A name that only the proxy can look up. */
const NAME = 'registry.example.com';
/** What the proxy wants to hear. */
const LOGIN = 'proxy-user:pr0xy-c4nary';
const PING: Turn = ['GET /v2/', answer(200, {}, '{}')];

describe('a connection through a proxy', () => {
  let authority: Authority;
  let issued: KeyPair;
  let registry: ScriptedRegistry;
  let proxy: ScriptedProxy;
  let connection: Connection | undefined;
  const running: { stop(): Promise<void> }[] = [];
  before(async () => {
    authority = await createAuthority('test registries');
    issued = await authority.issue({ commonName: 'registry', dnsNames: [NAME], ipAddresses: ['10.9.8.7'] });
  });
  beforeEach(async () => {
    registry = await started(startScriptedRegistry({ cert: issued.certPem, key: issued.keyPem }));
    proxy = await started(startScriptedProxy());
    registry.play([PING, PING, PING]);
    proxy.answer(tunnelTo(portOf(registry)));
  });
  afterEach(async () => {
    connection?.close();
    connection = undefined;
    for (const one of running.splice(0)) await one.stop();
  });

  async function started<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const one = await starting;
    running.push(one);
    return one;
  }
  const portOf = ({ host }: ScriptedRegistry): number => Number(host.split(':').at(-1));
  const urlOf = (name: string): string => `https://${name}:${portOf(registry)}`;

  interface Way {
    readonly through?: string;
    readonly noProxy?: string;
    readonly trust?: string;
    readonly secretTrusts?: string;
    readonly allow?: readonly string[];
    readonly reserved?: readonly Reserved[];
  }

  function open(url: string, way: Way = {}): Connection {
    const contexts = createContexts(way.trust ?? authority.pem);
    const extras = way.secretTrusts;
    const { secureContext, ownContext } = contexts(
      extras === undefined ? undefined : { authorities: extras, client: undefined },
    );
    const env = { HTTPS_PROXY: way.through ?? withLogin(proxy), NO_PROXY: way.noProxy };
    const at = readProxy(env, []);
    connection = openConnection({
      guard: createGuard(way.allow ?? [], { reserved: way.reserved ?? [] }),
      secureContext,
      registry: { origin: new URL(url), secureContext: ownContext },
      proxy: at && { at, secureContext: contexts(undefined).secureContext },
    });
    return connection;
  }
  const withLogin = ({ url }: ScriptedProxy, login = LOGIN): string => url.replace('://', `://${login}@`);
  const authorization = `Basic ${Buffer.from(LOGIN).toString('base64')}`;

  function ask(url: string, way: Way = {}, signal = never): Promise<Response | NetworkFailure> {
    const send = createSend(open(url, way));
    return send(
      { method: 'GET', url: new URL('/v2/', url), authorization: new Secret(`Basic ${CANARY}`) },
      signal,
    );
  }
  /** The requests need no login to be in the script. */
  const ping = (url: string, way: Way = {}): Promise<Response | NetworkFailure> =>
    createSend(open(url, way))({ method: 'GET', url: new URL('/v2/', url) }, never);

  it('E4: asks for a tunnel by name, and speaks TLS with the registry in it', async () => {
    const answered = await ping(urlOf(NAME));
    expect(causeOf(answered)).to.equal('200');
    const [head = ''] = proxy.heads;
    expect(head.split('\r\n').filter(Boolean)).to.have.members([
      `CONNECT ${NAME}:${portOf(registry)} HTTP/1.1`,
      `Host: ${NAME}:${portOf(registry)}`,
      'Connection: keep-alive',
      'User-Agent: registry-push-check',
      `Proxy-Authorization: ${authorization}`,
    ]);
    expect(registry.conversation).to.deep.equal(['GET /v2/']);
    expect(connection?.certificateEndsMs).to.be.a('number');
  });

  it('row 95, E4: shows the login of the proxy to nobody else, and that of the registry not to the proxy', async () => {
    await ask(urlOf(NAME));
    await ask(urlOf(NAME));
    expect(registry.rawHeaders).to.have.length(2);
    const seen = registry.rawHeaders.flat().join('\n');
    expect(seen).to.not.match(/proxy/i);
    expect(seen).to.include(CANARY);
    expect(leaksOf(seen, 'pr0xy-c4nary')).to.deep.equal([]);
    expect(leaksOf(`${proxy.heads.join('')}${proxy.beyond}`)).to.deep.equal([]);
    expect(proxy.beyond.length).to.be.greaterThan(100);
  });

  it('E4: sends several requests over one tunnel', async () => {
    const send = createSend(open(urlOf(NAME)));
    for (let turn = 1; turn <= 3; turn += 1)
      expect(causeOf(await send({ method: 'GET', url: new URL(`${urlOf(NAME)}/v2/`) }, never))).to.equal(
        '200',
      );
    expect([proxy.connections, registry.connections]).to.deep.equal([1, 1]);
  });

  it('E4: asks a registry of NO_PROXY, plain http and loopback directly', async () => {
    expect(causeOf(await ping('https://registry.invalid', { noProxy: '.invalid' }))).to.equal(
      'name-not-found',
    );
    const plain = await started(startScriptedRegistry());
    plain.play([PING, PING]);
    expect(causeOf(await ping(plain.url, { allow: ['127.0.0.0/8'] }))).to.equal('200');
    expect(causeOf(await ping(`https://127.0.0.1:${portOf(registry)}`))).to.equal('address-denied');
    expect(causeOf(await ping(`https://localhost:${portOf(registry)}`))).to.equal('address-denied');
    expect([proxy.connections, registry.connections]).to.deep.equal([0, 0]);
  });

  const denied = ['169.254.169.254', '[fd00:ec2::254]', '0.0.0.0', '2852039166', '[64:ff9b::a9fe:a9fe]'];
  for (const host of denied) {
    it(`E3, E4: asks the proxy for no tunnel to ${host}`, async () => {
      expect(causeOf(await ping(`https://${host}`))).to.equal('address-denied');
      expect(proxy.connections).to.equal(0);
    });
  }

  const inPod = reservedHosts('https://10.96.0.1', { KUBERNETES_SERVICE_HOST: '10.96.0.1' }).reserved;
  const outside = reservedHosts('https://API.example.com:6443', {}).reserved;
  const names: readonly (readonly [url: string, reserved: readonly Reserved[], refused: boolean])[] = [
    ['https://kubernetes.default.svc', inPod, true],
    ['https://kubernetes.default:5000', inPod, true],
    ['https://kubernetes.default.svc.cluster.local', inPod, true],
    ['https://Kubernetes.Default.svc.', inPod, true],
    ['https://10.96.0.1', inPod, true],
    ['https://registry.default.svc', inPod, false],
    ['https://api.example.com:6443', outside, true],
    ['https://api.example.com', outside, false],
  ];
  for (const [url, reserved, refused] of names) {
    it(`E3, E4: asks the proxy for ${refused ? 'no' : 'a'} tunnel to ${url}`, async () => {
      proxy.answer(speaks('HTTP/1.1 403 No\r\n\r\n'));
      // A range lifts nothing.
      const cause = causeOf(await ping(url, { reserved, allow: ['10.0.0.0/8'] }));
      expect(cause).to.equal(refused ? 'address-denied' : 'proxy-refused');
      expect(proxy.connections).to.equal(refused ? 0 : 1);
    });
  }

  it('E3, E4: does not say of a private address that nobody may reach it', async () => {
    const at = readProxy({ HTTPS_PROXY: proxy.url }, []);
    const secureContext = createTrust(authority.pem);
    const guard = createGuard([], { publicOnly: true });
    connection = openConnection({ guard, secureContext, proxy: at && { at, secureContext } });
    const url = new URL('https://10.9.8.7/v2/');
    expect(causeOf(await createSend(connection)({ method: 'GET', url }, never))).to.equal('address-private');
    expect(proxy.connections).to.equal(0);
  });

  it('asks for a tunnel to an address that is not denied', async () => {
    expect(causeOf(await ping(urlOf('10.9.8.7')))).to.equal('200');
    expect(proxy.heads[0]).to.match(/^CONNECT 10\.9\.8\.7:\d+ HTTP/);
    await ping('https://[fd12::1]:5000');
    expect(proxy.heads[1]).to.match(/^CONNECT \[fd12::1\]:5000 HTTP/);
  });

  it('TLS: verifies the registry inside the tunnel as it does without', async () => {
    expect(causeOf(await ping(urlOf('other.example.com')))).to.equal('tls-wrong-name');
    expect(causeOf(await ping(urlOf('10.9.8.8')))).to.equal('tls-wrong-name');
    const other = await createAuthority('other');
    const unknown = await ping(urlOf(NAME), { trust: other.pem });
    expect(unknown).to.deep.equal({ kind: 'failed', cause: 'tls-unknown-authority', proxied: true });
    expect(registry.conversation).to.deep.equal([]);
  });

  it('TLS: does not take a proxy that answers itself for the registry', async () => {
    proxy.answer(speaks('HTTP/1.1 200 OK\r\n\r\n'));
    const asked = ping(urlOf(NAME));
    await proxy.asked(1);
    const plain = await started(startScriptedRegistry());
    proxy.answer(tunnelTo(portOf(plain)));
    expect(causeOf(await ping(urlOf(NAME)))).to.equal('tls-not-tls');
    connection?.close();
    void asked.catch(() => undefined);
  });

  describe('with TLS to the proxy', () => {
    let secure: ScriptedProxy;
    const name = (): string => withLogin(secure).replace('127.0.0.1', 'localhost');
    beforeEach(async () => {
      secure = await started(startScriptedProxy(await authority.issue({ commonName: 'proxy', ...LOOPBACK })));
      secure.answer(tunnelTo(portOf(registry)));
    });

    it('TLS: speaks TLS with both, one within the other', async () => {
      for (const through of [name(), withLogin(secure)])
        expect(causeOf(await ping(urlOf(NAME), { through })), through).to.equal('200');
      expect(secure.heads[0]).to.include(authorization);
    });

    it('TLS: verifies the proxy by the authorities of the installation, not those of a Secret', async () => {
      const other = await createAuthority('other');
      const way = { through: name(), trust: other.pem, secretTrusts: authority.pem };
      expect(causeOf(await ping(urlOf(NAME), way))).to.equal('proxy-tls');
      expect(secure.heads).to.deep.equal([]);
      const proxied = await ping(urlOf(NAME), { ...way, through: withLogin(proxy) });
      expect(causeOf(proxied)).to.equal('200');
    });

    it('TLS: refuses a proxy under another name, and one that speaks no TLS', async () => {
      const named = await authority.issue({ commonName: 'proxy', dnsNames: ['proxy.example.com'] });
      const misnamed = await started(startScriptedProxy(named));
      expect(causeOf(await ping(urlOf(NAME), { through: misnamed.url }))).to.equal('proxy-tls');
      const plain = await started(startScriptedRegistry());
      const through = plain.url.replace('http:', 'https:');
      expect(causeOf(await ping(urlOf(NAME), { through }))).to.equal('proxy-tls');
      expect([misnamed.heads, plain.conversation]).to.deep.equal([[], []]);
    });
  });

  const html = 'Content-Type: text/html\r\nContent-Length: 9\r\n\r\n<h1>no</h1>';
  const answers: readonly (readonly [name: string, answer: Answer, cause: string, status?: number])[] = [
    [
      '407',
      speaks(`HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="pr0xy-c4nary"\r\n${html}`),
      'proxy-login',
    ],
    ['403', speaks(`HTTP/1.1 403 No\r\n${html}`), 'proxy-refused'],
    ['502', speaks(`HTTP/1.1 502 No\r\n${html}`), 'proxy-gateway', 502],
    ['503', speaks(`HTTP/1.0 503 No\r\n${html}`), 'proxy-gateway', 503],
    ['504', speaks(`HTTP/1.1 504 No\r\n${html}`), 'proxy-gateway', 504],
    ['400 with a page', speaks(`HTTP/1.1 400 No\r\n${html}`), 'proxy-answer', 400],
    ['401', speaks('HTTP/1.1 401 No\r\n\r\n'), 'proxy-answer', 401],
    ['a redirect', speaks('HTTP/1.1 302 No\r\nLocation: https://evil.example/\r\n\r\n'), 'proxy-answer', 302],
    ['100', speaks('HTTP/1.1 100 Continue\r\n\r\n'), 'proxy-answer', 100],
    ['101', speaks('HTTP/1.1 101 No\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'), 'proxy-answer', 101],
    ['a page without a head', speaks('<html><h1>Welcome</h1></html>'), 'proxy-answer'],
    ['garbage', speaks('\u0000\u0001\u0002\u0003'), 'proxy-answer'],
    ['the words of a mail server', speaks('220 mail.example.com ESMTP\r\n'), 'proxy-answer'],
    ['bytes after the head', speaks('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'), 'proxy-answer'],
    ['a head of 17 KiB', speaks(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`), 'proxy-answer'],
    [
      'a head of many fields',
      speaks(`HTTP/1.1 200 OK\r\n${'A-field: value\r\n'.repeat(2000)}\r\n`),
      'proxy-answer',
    ],
    ['a head without an end', endless, 'proxy-answer'],
    ['an early end', (socket) => void socket.end('HTTP/1.1 200'), 'proxy-answer'],
    ['nothing, and the end', (socket) => void socket.end(), 'proxy-answer'],
    ['a reset', (socket) => void socket.resetAndDestroy(), 'proxy-answer'],
  ];
  for (const [name, reply, cause, status] of answers) {
    it(`row 95, E4: says ${cause} where the proxy answers with ${name}, and closes the connection`, async () => {
      proxy.answer(reply);
      const answered = await ping(urlOf(NAME));
      expect(answered).to.deep.equal({
        kind: 'failed',
        cause,
        ...(status === undefined ? {} : { status }),
      });
      await proxy.idle();
      expect([proxy.connections, registry.connections]).to.deep.equal([1, 0]);
    });
  }

  it('E3, E4: does not connect to a proxy whose name leads where it must not, and says so', async () => {
    const secureContext = createTrust(authority.pem);
    const at = readProxy({ HTTPS_PROXY: proxy.url.replace('127.0.0.1', 'localhost') }, []);
    if (at === undefined) return expect.fail();
    const misled = { ...at, guard: createGuard([]) };
    connection = openConnection({
      guard: createGuard([]),
      secureContext,
      proxy: { at: misled, secureContext },
    });
    const url = new URL(urlOf(NAME));
    expect(causeOf(await createSend(connection)({ method: 'GET', url }, never))).to.equal('proxy-denied');
    expect(proxy.connections).to.equal(0);
  });

  it('says that the proxy cannot be reached: refused, no such name', async () => {
    const closed = `http://127.0.0.1:${await freePort()}`;
    for (const through of [closed, 'http://proxy.invalid:3128'])
      expect(causeOf(await ping(urlOf(NAME), { through })), through).to.equal('proxy-unreachable');
  });

  it('row 95, M1: says within the deadline that a silent proxy opened no tunnel, and closes the connection', async () => {
    proxy.answer(() => undefined);
    const clock = createFakeClock();
    using deadline = startDeadline(clock, 1000);
    const asked = ask(urlOf(NAME), {}, deadline.signal);
    await proxy.asked(1);
    await settle();
    await clock.advance(1000);
    expect(await asked).to.deep.equal({ kind: 'failed', cause: 'proxy-timeout' });
    await proxy.idle();
  });

  it('M1: says so of a proxy that takes no connection, and of a TLS handshake with it that hangs', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const taken = once(silent, 'connection');
    const { port } = silent.address() as { port: number };
    const clock = createFakeClock();
    using deadline = startDeadline(clock, 1000);
    const asked = ask(urlOf(NAME), { through: `https://127.0.0.1:${port}` }, deadline.signal);
    const [socket] = (await taken) as [Socket];
    await settle();
    await clock.advance(1000);
    expect(await asked).to.deep.equal({ kind: 'failed', cause: 'proxy-timeout' });
    socket.resume();
    if (!socket.closed) await once(socket, 'close');
    silent.close();
  });

  it('M1: blames the registry where the tunnel is open and it does not answer', async () => {
    registry.play([['GET /v2/', stall]]);
    const clock = createFakeClock();
    using deadline = startDeadline(clock, 1000);
    const send = createSend(open(urlOf(NAME)));
    const asked = send({ method: 'GET', url: new URL(`${urlOf(NAME)}/v2/`) }, deadline.signal);
    await registry.asked(1);
    await settle();
    await clock.advance(1000);
    expect(await asked).to.deep.equal({ kind: 'failed', cause: 'deadline' });
  });

  it('M1: blames the handshake where the tunnel is open and nothing follows', async () => {
    proxy.answer(speaks('HTTP/1.1 200 OK\r\n\r\n'));
    const clock = createFakeClock();
    using deadline = startDeadline(clock, 1000);
    const asked = ask(urlOf(NAME), {}, deadline.signal);
    await proxy.asked(1);
    while (proxy.beyond === '') await settle();
    await clock.advance(1000);
    expect(await asked).to.deep.equal({ kind: 'failed', cause: 'tls-timeout' });
    connection?.close();
    await proxy.idle();
  });

  it('ends with the reason of a signal that is no deadline, and closes the connection', async () => {
    proxy.answer(() => undefined);
    const stop = new AbortController();
    const asked = ask(urlOf(NAME), {}, stop.signal).catch((error: unknown) => error);
    await proxy.asked(1);
    const reason = new Error('stopped');
    stop.abort(reason);
    expect(await asked).to.equal(reason);
    await proxy.idle();
  });

  it('leaves nothing open where the connection is closed while a tunnel is asked for', async () => {
    proxy.answer(() => undefined);
    const asked = ask(urlOf(NAME));
    await proxy.asked(1);
    connection?.close();
    await proxy.idle();
    expect(causeOf(await asked)).to.equal('proxy-answer');
  });
});

/** Header fields without an end. */
function endless(socket: Parameters<Answer>[0]): void {
  socket.write('HTTP/1.1 200 OK\r\n');
  const more = (): void => {
    while (!socket.destroyed && socket.write(`X-${'x'.repeat(100)}: y\r\n`));
  };
  socket.on('drain', more);
  more();
}
