import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import { createKubeClient, KubeError, KubeNetworkError } from '../../src/kube/client.ts';
import { createAuthority } from '../support/certificates.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { arrived, clientOf, failureOf, GET, NEVER } from '../support/kube-client.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

describe('request of a KubeClient', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.stop());

  it('sends method, path, query, body, types and the credential, and answers the parsed body', async () => {
    const client = await clientOf(
      server,
      { cluster: { server: `${server.url}/prefix/` } },
      { userAgent: 'thing/1.2' },
    );
    let seen: { headers: IncomingMessage['headers']; body: string } | undefined;
    server.answer((request, response) => {
      const { headers } = request;
      void text(request)
        .then((body) => (seen = { headers, body }))
        .then(() => response.end('{"answer":42}'));
    });
    const answer = await client.request<unknown>(
      {
        method: 'PATCH',
        path: '/apis/a/b%2Fc',
        query: { fieldManager: 'm&n' },
        body: { status: '✓' },
        contentType: 'application/merge-patch+json',
        accept: 'application/json;as=Table',
      },
      NEVER,
    );
    expect(answer).to.deep.equal({ answer: 42 });
    expect(server.requests).to.deep.equal(['PATCH /prefix/apis/a/b%2Fc?fieldManager=m%26n']);
    expect(seen?.body).to.equal('{"status":"✓"}');
    expect(seen?.headers).to.include({
      authorization: 'Bearer canary-token',
      'content-type': 'application/merge-patch+json',
      accept: 'application/json;as=Table',
      'user-agent': 'thing/1.2',
      'content-length': '16',
    });
    expect(client.server).to.equal(server.url);
  });

  it('E3: tells each address that answers, whatever the answer is', async () => {
    const seen: string[] = [];
    const client = await clientOf(server, {}, { onAnswer: (address) => void seen.push(address) });
    await client.request(GET, NEVER);
    server.answer((_, response) => response.writeHead(403).end());
    await failureOf(client.request(GET, NEVER));
    expect(seen).to.deep.equal(['127.0.0.1', '127.0.0.1']);
  });

  it('keeps the connection for the next request', async () => {
    const client = await clientOf(server);
    for (let index = 0; index < 5; index += 1) await client.request(GET, NEVER);
    expect(server.connections()).to.equal(1);
  });

  const refusals: readonly [string, number, Record<string, string>, string, Partial<KubeError>][] = [
    [
      'a Status',
      403,
      {},
      '{"reason":"Forbidden","message":"no, you cannot"}',
      { status: 403, reason: 'Forbidden', message: 'GET /x: 403 Forbidden: no, you cannot' },
    ],
    ['a proxy page', 502, {}, '<html>', { status: 502, reason: 'Unknown', message: 'GET /x: 502 Unknown' }],
    ['a header', 429, { 'retry-after': '7' }, '{}', { status: 429, retryAfterMs: 7000 }],
    ['too long a wait', 503, { 'retry-after': '999999999' }, '', { status: 503, retryAfterMs: 3_600_000 }],
    ['a redirect', 302, { location: '/elsewhere' }, '', { status: 302, reason: 'Unknown' }],
  ];
  for (const [name, status, headers, body, expected] of refusals) {
    it(`tells a refusal (${name}) as a KubeError`, async () => {
      const client = await clientOf(server);
      server.answer((_, response) => response.writeHead(status, headers).end(body));
      const error = await failureOf(client.request(GET, NEVER));
      expect(error).to.be.instanceOf(KubeError);
      expect(error).to.include(expected);
      expect(server.requests).to.deep.equal(['GET /x']);
    });
  }

  const broken: readonly [string, Parameters<ScriptedServer['answer']>[0], string][] = [
    ['none at all', (request) => request.socket.destroy(), 'ECONNRESET'],
    [
      'an end in the middle',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"half":');
        setTimeout(() => request.socket.destroy(), 10);
      },
      'ECONNRESET',
    ],
    ['no JSON', (_, response) => response.end('hello'), 'INVALID_RESPONSE'],
    ['nothing', (_, response) => response.writeHead(200).end(), 'INVALID_RESPONSE'],
    [
      'more than memory is good for',
      (_, response) => {
        const chunk = Buffer.alloc(1024 * 1024, ' ');
        for (let count = 0; count < 65; count += 1) response.write(chunk);
        response.end('{}');
      },
      'RESPONSE_TOO_LARGE',
    ],
  ];
  for (const [name, handler, code] of broken) {
    it(`tells a useless answer (${name}) as a network error`, async () => {
      const client = await clientOf(server);
      server.answer(handler);
      const error = await failureOf(client.request(GET, NEVER));
      expect(error).to.be.instanceOf(KubeNetworkError);
      expect(error).to.have.property('code', code);
      expect(error.message).to.match(/^GET \/x: /);
    });
  }

  it('goes through the proxy of the kubeconfig, and verifies the server there too', async () => {
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push(request.url ?? '');
      const target = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.on('error', () => target.destroy());
      target.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const proxyUrl = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
    try {
      const client = await clientOf(server, { cluster: { 'proxy-url': proxyUrl } });
      await client.request(GET, NEVER);
      const other = await createAuthority('other');
      const fooled = await clientOf(server, { cluster: { 'proxy-url': proxyUrl }, caPem: other.pem });
      expect(await failureOf(fooled.request(GET, NEVER))).to.be.instanceOf(KubeNetworkError);
      expect(asked).to.have.length(2);
      expect(server.requests).to.deep.equal(['GET /x']);
    } finally {
      proxy.close();
    }
  });

  it('tells that nobody listens', async () => {
    const client = await clientOf(server, { server: 'https://127.0.0.1:1' });
    const error = await failureOf(client.request(GET, NEVER));
    expect(error.message).to.equal('GET /x: no answer from the API server (ECONNREFUSED)');
  });

  it('trusts only the authority of the kubeconfig', async () => {
    const other = await createAuthority('other');
    const client = await clientOf(server, { caPem: other.pem });
    const error = await failureOf(client.request(GET, NEVER));
    expect(error).to.be.instanceOf(KubeNetworkError);
    expect(server.requests).to.deep.equal([]);
  });

  it('trusts no certificate for another name, not even localhost for an address', async () => {
    const foreign = await startScriptedServer({ dnsNames: ['localhost'], ipAddresses: [] });
    try {
      const client = createKubeClient({ kubeconfig: await foreign.kubeconfig(), clock: systemClock });
      const error = await failureOf(client.request(GET, NEVER));
      expect(error).to.have.property('code', 'ERR_TLS_CERT_ALTNAME_INVALID');
      expect(foreign.requests).to.deep.equal([]);
    } finally {
      await foreign.stop();
    }
  });

  describe('with a clock that stands still', () => {
    let clock: FakeClock;
    beforeEach(() => {
      clock = createFakeClock();
    });

    const slow: readonly [string, number | undefined, string][] = [
      ['30 s', undefined, 'no answer in 30000 ms'],
      ['what the request says', 5000, 'no answer in 5000 ms'],
    ];
    for (const [name, timeoutMs, message] of slow) {
      it(`gives up after ${name}`, async () => {
        const client = await clientOf(server, {}, { clock });
        server.answer(() => undefined);
        const outcome = failureOf(
          client.request(timeoutMs === undefined ? GET : { ...GET, timeoutMs }, NEVER),
        );
        await arrived(server);
        await clock.advance((timeoutMs ?? 30_000) - 1);
        expect(clock.sleeps).to.have.length(1);
        await clock.advance(1);
        expect(await outcome).to.include({ code: 'ETIMEDOUT' });
        expect((await outcome).message).to.include(message);
      });
    }

    it('gives up on a body that drips', async () => {
      const client = await clientOf(server, {}, { clock });
      server.answer((_, response) => void response.writeHead(200).write('{'));
      const outcome = failureOf(client.request(GET, NEVER));
      await arrived(server);
      await sleep(20);
      await clock.advance(30_000);
      expect(await outcome).to.have.property('code', 'ETIMEDOUT');
    });

    it('leaves no timer behind', async () => {
      const client = await clientOf(server, {}, { clock });
      await client.request(GET, NEVER);
      server.answer((_, response) => response.writeHead(500).end());
      await failureOf(client.request(GET, NEVER));
      expect(clock.sleeps).to.deep.equal([]);
    });

    it('keeps to its budget, halved after a 429, except for requests that opt out', async () => {
      const client = await clientOf(server, {}, { clock, limits: { qps: 10, burst: 1 } });
      server.answer((_, response) => response.writeHead(429).end());
      await failureOf(client.request(GET, NEVER));
      const second = failureOf(client.request(GET, NEVER));
      expect(clock.sleeps).to.deep.equal([200]);
      await failureOf(client.request({ ...GET, limited: false }, NEVER));
      expect(server.requests).to.have.length(2);
      await clock.advance(200);
      await second;
      expect(server.requests).to.have.length(3);
    });
  });

  it('ends at an abort with its reason, wherever it is', async () => {
    const client = await clientOf(server);
    const reason = new Error('shutting down');
    expect(await failureOf(client.request(GET, AbortSignal.abort(reason))), 'before').to.equal(reason);
    expect(server.requests).to.deep.equal([]);
    for (const state of ['head', 'body'] as const) {
      server.answer((_, response) => {
        if (state === 'body') response.writeHead(200).write('{');
      });
      const stop = new AbortController();
      const outcome = failureOf(client.request(GET, stop.signal));
      await arrived(server, state === 'head' ? 1 : 2);
      await sleep(20);
      stop.abort(reason);
      expect(await outcome, state).to.equal(reason);
    }
  });
});
