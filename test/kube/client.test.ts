import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import {
  createKubeClient,
  type KubeClient,
  type KubeClientOptions,
  KubeError,
  KubeNetworkError,
} from '../../src/kube/client.ts';
import { createAuthority } from '../support/certificates.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import {
  type KubeconfigOptions,
  type ScriptedServer,
  startScriptedServer,
} from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const GET = { method: 'GET', path: '/x' } as const;

const failureOf = async (outcome: Promise<unknown>): Promise<Error> =>
  outcome.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );

const exec = (script: string): KubeconfigOptions => ({
  user: {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
    },
  },
});

const collect = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

const base64 = (pem: string): string => Buffer.from(pem).toString('base64');

describe('createKubeClient', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.stop());

  const aClient = async (
    config: KubeconfigOptions = {},
    options: Partial<KubeClientOptions> = {},
  ): Promise<KubeClient> =>
    createKubeClient({ kubeconfig: await server.kubeconfig(config), clock: systemClock, ...options });
  /** Accepts this token and no other. */
  const accept = (token: string): void =>
    server.answer((request, response) => {
      response.writeHead(request.headers.authorization === `Bearer ${token}` ? 200 : 401).end('{}');
    });
  /** Waits until the server has seen so many requests. */
  const arrived = async (count = 1): Promise<void> => {
    while (server.requests.length < count) await sleep(1);
  };

  describe('request', () => {
    it('sends method, path, query, body, types and the credential, and answers the parsed body', async () => {
      const client = await aClient(
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
        signal,
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

    it('keeps the connection for the next request', async () => {
      const client = await aClient();
      for (let index = 0; index < 5; index += 1) await client.request(GET, signal);
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
      [
        'too long a wait',
        503,
        { 'retry-after': '999999999999' },
        '',
        { status: 503, retryAfterMs: 3_600_000 },
      ],
      ['a redirect', 302, { location: '/elsewhere' }, '', { status: 302, reason: 'Unknown' }],
    ];
    for (const [name, status, headers, body, expected] of refusals) {
      it(`tells a refusal (${name}) as a KubeError`, async () => {
        const client = await aClient();
        server.answer((_, response) => response.writeHead(status, headers).end(body));
        const error = await failureOf(client.request(GET, signal));
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
      [
        'an error without end',
        (_, response) => response.writeHead(500).end(Buffer.alloc(70_000, 'x')),
        'RESPONSE_TOO_LARGE',
      ],
    ];
    for (const [name, handler, code] of broken) {
      it(`tells a useless answer (${name}) as a network error`, async () => {
        const client = await aClient();
        server.answer(handler);
        const error = await failureOf(client.request(GET, signal));
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
        const client = await aClient({ cluster: { 'proxy-url': proxyUrl } });
        await client.request(GET, signal);
        const other = await createAuthority('other');
        const fooled = await aClient({ cluster: { 'proxy-url': proxyUrl }, caPem: other.pem });
        expect(await failureOf(fooled.request(GET, signal))).to.be.instanceOf(KubeNetworkError);
        expect(asked).to.have.length(2);
        expect(server.requests).to.deep.equal(['GET /x']);
      } finally {
        proxy.close();
      }
    });

    it('tells that nobody listens', async () => {
      const client = await aClient({ server: 'https://127.0.0.1:1' });
      const error = await failureOf(client.request(GET, signal));
      expect(error.message).to.equal('GET /x: no answer from the API server (ECONNREFUSED)');
    });

    it('trusts only the authority of the kubeconfig', async () => {
      const other = await createAuthority('other');
      const client = await aClient({ caPem: other.pem });
      const error = await failureOf(client.request(GET, signal));
      expect(error).to.be.instanceOf(KubeNetworkError);
      expect(server.requests).to.deep.equal([]);
    });

    it('trusts no certificate for another name, not even localhost for an address', async () => {
      const foreign = await startScriptedServer({ dnsNames: ['localhost'], ipAddresses: [] });
      try {
        const client = createKubeClient({ kubeconfig: await foreign.kubeconfig(), clock: systemClock });
        const error = await failureOf(client.request(GET, signal));
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
          const client = await aClient({}, { clock });
          server.answer(() => undefined);
          const outcome = failureOf(
            client.request(timeoutMs === undefined ? GET : { ...GET, timeoutMs }, signal),
          );
          await arrived();
          await clock.advance((timeoutMs ?? 30_000) - 1);
          expect(clock.sleeps).to.have.length(1);
          await clock.advance(1);
          expect(await outcome).to.include({ code: 'ETIMEDOUT' });
          expect((await outcome).message).to.include(message);
        });
      }

      it('gives up on a body that drips', async () => {
        const client = await aClient({}, { clock });
        server.answer((_, response) => void response.writeHead(200).write('{'));
        const outcome = failureOf(client.request(GET, signal));
        await arrived();
        await sleep(20);
        await clock.advance(30_000);
        expect(await outcome).to.have.property('code', 'ETIMEDOUT');
      });

      it('leaves no timer behind', async () => {
        const client = await aClient({}, { clock });
        await client.request(GET, signal);
        server.answer((_, response) => response.writeHead(500).end());
        await failureOf(client.request(GET, signal));
        expect(clock.sleeps).to.deep.equal([]);
      });

      it('keeps to its budget, halved after a 429, except for requests that opt out', async () => {
        const client = await aClient({}, { clock, limits: { qps: 10, burst: 1 } });
        server.answer((_, response) => response.writeHead(429).end());
        await failureOf(client.request(GET, signal));
        const second = failureOf(client.request(GET, signal));
        expect(clock.sleeps).to.deep.equal([200]);
        await failureOf(client.request({ ...GET, limited: false }, signal));
        expect(server.requests).to.have.length(2);
        await clock.advance(200);
        await second;
        expect(server.requests).to.have.length(3);
      });
    });

    it('ends at an abort with its reason, wherever it is', async () => {
      const client = await aClient();
      const reason = new Error('shutting down');
      expect(await failureOf(client.request(GET, AbortSignal.abort(reason))), 'before').to.equal(reason);
      expect(server.requests).to.deep.equal([]);
      for (const state of ['head', 'body'] as const) {
        server.answer((_, response) => {
          if (state === 'body') response.writeHead(200).write('{');
        });
        const stop = new AbortController();
        const outcome = failureOf(client.request(GET, stop.signal));
        await arrived(state === 'head' ? 1 : 2);
        await sleep(20);
        stop.abort(reason);
        expect(await outcome, state).to.equal(reason);
      }
    });
  });

  describe('credentials', () => {
    it('are read anew after a 401: a kubeconfig that was replaced', async () => {
      const clock = createFakeClock();
      const client = await aClient({ user: { token: 'old' } }, { clock });
      accept('new');
      expect(await failureOf(client.request(GET, signal))).to.include({
        status: 401,
        reason: 'Unauthorized',
      });
      await server.kubeconfig({ user: { token: 'new\n' } });
      for (const early of [1, 2]) {
        expect(await failureOf(client.request(GET, signal)), `early ${String(early)}`).to.include({
          status: 401,
        });
      }
      await clock.advance(10_000);
      await failureOf(client.request(GET, signal));
      await client.request(GET, signal);
    });

    it('of another cluster are not sent to this one', async () => {
      const clock = createFakeClock();
      const client = await aClient({ user: { token: 'old' } }, { clock });
      const seen: (string | undefined)[] = [];
      server.answer((request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(401).end();
      });
      await server.kubeconfig({ server: 'https://elsewhere.example', user: { token: 'canary' } });
      await failureOf(client.request(GET, signal));
      await failureOf(client.request(GET, signal));
      expect(seen).to.deep.equal(['Bearer old', 'Bearer old']);
    });

    it('stay as they were while the kubeconfig cannot be read', async () => {
      const client = await aClient({ user: { token: 'old' } }, { clock: createFakeClock() });
      accept('new');
      await server.kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } });
      await failureOf(client.request(GET, signal));
      accept('old');
      await client.request(GET, signal);
    });

    it('that change their certificate get a new connection', async () => {
      const clock = createFakeClock();
      const authority = await createAuthority('clients');
      const userOf = async (): Promise<Record<string, string>> => {
        const { certPem, keyPem } = await authority.issue({ commonName: 'me', client: true });
        return { 'client-certificate-data': base64(certPem), 'client-key-data': base64(keyPem) };
      };
      const client = await aClient({ user: await userOf() }, { clock });
      await client.request(GET, signal);
      await client.request(GET, signal);
      expect(server.connections()).to.equal(1);
      await server.kubeconfig({ user: await userOf() });
      accept('nobody');
      await failureOf(client.request(GET, signal));
      await failureOf(client.request(GET, signal));
      expect(server.connections()).to.equal(2);
    });

    it('come from an exec plugin, once for a burst of requests', async () => {
      const marks = `${server.dir}/marks`;
      const client = await aClient(
        exec(
          `require('fs').appendFileSync(${JSON.stringify(marks)}, '.'); console.log(JSON.stringify({status:{token:'from-exec'}}))`,
        ),
      );
      accept('from-exec');
      await Promise.all(Array.from({ length: 5 }, () => client.request(GET, signal)));
      expect(await readFile(marks, 'utf8')).to.equal('.');
    });

    it('of an exec plugin that fails are an error without what it said', async () => {
      const client = await aClient(exec("console.error('canary'); process.exit(1)"));
      const error = await failureOf(client.request(GET, signal));
      expect(error).to.have.property('code', 'CREDENTIALS');
      expect(String(error.stack)).to.not.include('canary');
      expect(error.cause).to.equal(undefined);
    });

    it('of an exec plugin that hangs do not outlast the deadline', async () => {
      const clock = createFakeClock();
      const client = await aClient(exec('setTimeout(() => {}, 300)'), { clock });
      const outcome = failureOf(client.request(GET, signal));
      await clock.advance(30_000);
      expect(await outcome).to.have.property('code', 'ETIMEDOUT');
    });

    it('that cannot be read are an error without the path’s content', async () => {
      const client = await aClient({
        user: { 'auth-provider': { name: 'x', config: { tokenFile: `${server.dir}/none` } } },
      });
      const error = await failureOf(client.request(GET, signal));
      expect(error.message).to.equal('cannot read the credentials of the kubeconfig: ENOENT (CREDENTIALS)');
    });
  });

  describe('stream', () => {
    it('gives the lines of the body, however they are cut into chunks', async () => {
      const client = await aClient();
      const body = Buffer.from('{"a":"ä🦭"}\n\n{"b":2}\nlast');
      server.answer((_, response) => {
        const write = async (): Promise<void> => {
          for (const byte of body) {
            response.write(Buffer.from([byte]));
            await new Promise((resolve) => setImmediate(resolve));
          }
          response.end();
        };
        void write();
      });
      expect(await collect(await client.stream(GET, signal))).to.deep.equal([
        '{"a":"ä🦭"}',
        '{"b":2}',
        'last',
      ]);
    });

    it('gives a line as soon as it is complete', async () => {
      const client = await aClient();
      server.answer((_, response) => void response.write('one\ntw'));
      for await (const line of await client.stream(GET, signal)) {
        expect(line).to.equal('one');
        break;
      }
    });

    it('closes the connection when the loop is left', async () => {
      const client = await aClient();
      let closed: Promise<unknown> | undefined;
      server.answer((request, response) => {
        closed = once(request.socket, 'close');
        response.write('one\n');
      });
      for await (const line of await client.stream(GET, signal)) {
        expect(line).to.equal('one');
        break;
      }
      await closed;
    });

    it('rejects when the server refuses', async () => {
      const client = await aClient();
      server.answer((_, response) => response.writeHead(410).end('{"reason":"Expired"}'));
      expect(await failureOf(client.stream(GET, signal))).to.include({ status: 410, reason: 'Expired' });
    });

    it('throws a network error when the connection breaks', async () => {
      const client = await aClient();
      server.answer((request, response) => {
        response.write('one\n');
        setTimeout(() => request.socket.destroy(), 10);
      });
      const lines = await client.stream(GET, signal);
      expect(await failureOf(collect(lines))).to.be.instanceOf(KubeNetworkError);
    });

    it('throws the reason of an abort', async () => {
      const client = await aClient();
      server.answer((_, response) => void response.write('one\n'));
      const stop = new AbortController();
      const reason = new Error('shutting down');
      const lines = await client.stream(GET, stop.signal);
      setTimeout(() => stop.abort(reason), 10);
      expect(await failureOf(collect(lines))).to.equal(reason);
    });

    it('ends at its deadline, and at 30 s where not even the head comes', async () => {
      const clock = createFakeClock();
      const client = await aClient({}, { clock });
      const request = { ...GET, timeoutMs: 35_000 };
      server.answer((_, response) => void response.write('one\n'));
      const outcome = failureOf(collect(await client.stream(request, signal)));
      await clock.advance(34_999);
      expect(clock.sleeps).to.deep.equal([35_000]);
      await clock.advance(1);
      expect(await outcome, 'whole').to.have.property('code', 'ETIMEDOUT');

      server.answer(() => undefined);
      const head = failureOf(client.stream(request, signal));
      await arrived(2);
      await clock.advance(30_000);
      expect(await head, 'head').to.have.property('code', 'ETIMEDOUT');
      expect(clock.sleeps).to.deep.equal([]);
    });

    it('refuses a line without end', async () => {
      const client = await aClient();
      server.answer((_, response) => {
        const chunk = Buffer.alloc(1024 * 1024, 'x');
        for (let count = 0; count < 18; count += 1) response.write(chunk);
      });
      const lines = await client.stream(GET, signal);
      expect(await failureOf(collect(lines))).to.have.property('code', 'RESPONSE_TOO_LARGE');
    });
  });
});
