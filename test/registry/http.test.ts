import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type Nock from 'nock';
import { DeadlineExceeded, startDeadline } from '../../src/clock.ts';
import { createTrust, openConnection, type Connection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import type { NetworkFailure } from '../../src/registry/failure.ts';
import { createSend, MAX_BODY_BYTES, type Request, type Response } from '../../src/registry/http.ts';
import { basic } from '../../src/registry/login.ts';
import { Secret } from '../../src/registry/secret.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import {
  answer,
  CANARY,
  drip,
  large,
  leaksOf,
  raw,
  reset,
  stall,
  startScriptedRegistry,
  type Reply,
  type ScriptedRegistry,
} from '../support/scripted-registry.ts';

const never = new AbortController().signal;
const authorization = basic({ kind: 'password', username: 'ci', password: new Secret(CANARY) });
let connection: Connection;

beforeEach(() => {
  connection = openConnection({ guard: createGuard(['127.0.0.0/8']), secureContext: createTrust(undefined) });
});
afterEach(() => connection.close());

describe('E2: createSend writes', () => {
  // nock takes over node:http as soon as it is loaded, and other tests need the real one. It does not see through TLS over a socket.
  let nock: typeof Nock;
  before(async () => {
    ({ default: nock } = await import('nock'));
    if (!nock.isActive()) nock.activate();
    nock.disableNetConnect();
  });
  after(() => {
    nock.cleanAll();
    nock.enableNetConnect();
    nock.restore();
  });

  const always = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'registry-push-check',
  };
  const form =
    'grant_type=refresh_token&client_id=registry-push-check&service=a%26b&scope=repository%3Aa%3Apull&refresh_token=t%2B%26%3D';
  const rows: readonly [
    name: string,
    request: Request,
    more: Readonly<Record<string, string>>,
    body?: string,
  ][] = [
    ['a GET', { method: 'GET', url: new URL('http://reg.example/v2/') }, {}],
    [
      'a GET with a login',
      { method: 'GET', url: new URL('http://reg.example/v2/'), authorization },
      { authorization: authorization.reveal() },
    ],
    [
      'a POST, whose length is 0',
      { method: 'POST', url: new URL('http://reg.example/v2/a/blobs/uploads/'), authorization },
      { 'content-length': '0', authorization: authorization.reveal() },
    ],
    [
      'a POST of an identity token, as a form',
      {
        method: 'POST',
        url: new URL('http://reg.example/token'),
        refresh: { token: new Secret('t+&='), service: 'a&b', scope: 'repository:a:pull' },
      },
      { 'content-length': String(form.length), 'content-type': 'application/x-www-form-urlencoded' },
      form,
    ],
    [
      'a DELETE',
      { method: 'DELETE', url: new URL('http://reg.example/v2/a/blobs/uploads/1?_state=x%2By') },
      {},
    ],
    [
      'a HEAD, which accepts every kind of manifest',
      { method: 'HEAD', url: new URL('http://reg.example/v2/a/manifests/latest'), authorization },
      {
        accept: [
          'application/vnd.oci.image.index.v1+json',
          'application/vnd.oci.image.manifest.v1+json',
          'application/vnd.docker.distribution.manifest.list.v2+json',
          'application/vnd.docker.distribution.manifest.v2+json',
        ].join(', '),
        authorization: authorization.reveal(),
      },
    ],
  ];
  for (const [name, request, more, body = ''] of rows) {
    it(`${name} with these headers and no others, and ${body === '' ? 'no' : 'this'} body`, async () => {
      const seen: unknown[] = [];
      const { origin, pathname, search } = request.url;
      nock(origin)
        .intercept(`${pathname}${search}`, request.method)
        .reply(async (incoming: globalThis.Request) => {
          const { host, connection: keep, ...headers } = Object.fromEntries(incoming.headers);
          seen.push({ host, keep: keep ?? 'keep-alive', headers, body: await incoming.text() });
          return [200, '{}'];
        });
      await createSend(connection)(request, never);
      expect(seen).to.deep.equal([
        { host: 'reg.example', keep: 'keep-alive', headers: { ...always, ...more }, body },
      ]);
    });
  }
});

describe('createSend', () => {
  let server: ScriptedRegistry;
  before(async () => {
    server = await startScriptedRegistry();
  });
  after(() => server.stop());

  const ask = (
    reply: Reply,
    { method = 'GET', signal = never }: { method?: Request['method']; signal?: AbortSignal } = {},
  ): Promise<Response | NetworkFailure> => {
    server.play([[`${method} /v2/ as ci`, reply]]);
    return createSend(connection)({ method, url: new URL(`${server.url}/v2/`), authorization }, signal);
  };

  it('E2: puts exactly these fields on the wire', async () => {
    await ask(answer(202), { method: 'POST' });
    expect(server.rawHeaders[0]?.filter((_, index) => index % 2 === 0).toSorted()).to.deep.equal([
      'Accept',
      'Accept-Encoding',
      'Authorization',
      'Connection',
      'Content-Length',
      'Host',
      'User-Agent',
    ]);
  });

  it('M6: reads every challenge of its own, and the first of what should occur once', async () => {
    const reply = answer(
      401,
      {
        'WWW-Authenticate': ['Basic realm="a, b"', 'Bearer realm="x"'],
        Location: ['/first', '/second'],
        'Content-Type': 'text/plain',
        'Retry-After': '7',
        'X-Registry-Supports-Signatures': '1',
      },
      'words',
    );
    expect(await ask(reply)).to.deep.equal({
      kind: 'response',
      status: 401,
      challenges: ['Basic realm="a, b"', 'Bearer realm="x"'],
      location: '/first',
      contentType: 'text/plain',
      retryAfter: '7',
      marks: { 'x-registry-supports-signatures': '1' },
      body: 'words',
    });
  });

  it('reads an answer without headers and body', async () => {
    expect(await ask(answer(200))).to.deep.equal({
      kind: 'response',
      status: 200,
      challenges: [],
      location: undefined,
      contentType: undefined,
      retryAfter: undefined,
      marks: {},
      body: '',
    });
  });

  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      it(`B7: takes a ${status} to a ${method} for an answer and follows it nowhere`, async () => {
        const answered = await ask(answer(status, { Location: `${server.url}/elsewhere` }), { method });
        expect(answered).to.include({ kind: 'response', status, location: `${server.url}/elsewhere` });
        expect(server.conversation).to.have.length(1);
      });
    }
  }

  for (const status of [200, 202, 204, 304, 400, 401, 404, 418, 429, 500, 503, 599]) {
    it(`takes a ${status} for an answer`, async () =>
      expect(await ask(answer(status))).to.include({ kind: 'response', status }));
  }

  const bombs: readonly [name: string, reply: Reply, expected: Readonly<Record<string, unknown>>][] = [
    ['a body of the largest size', large(MAX_BODY_BYTES), { status: 200 }],
    ['a body of one byte more', large(MAX_BODY_BYTES + 1), { cause: 'body-too-large' }],
    ['a body of 10 MB', large(10_000_000), { cause: 'body-too-large' }],
    [
      'a body of 10 MB without a length',
      large(10_000_000, { 'Transfer-Encoding': 'chunked' }),
      { cause: 'body-too-large' },
    ],
    ['headers of 64 kB', answer(200, { 'X-Large': 'a'.repeat(65_536) }), { cause: 'protocol' }],
    ['what is not HTTP', raw('\0\u0001garbage\r\n\r\n'), { cause: 'protocol' }],
    ['another protocol', raw('SSH-2.0-OpenSSH_9.9\r\n'), { cause: 'protocol' }],
    ['HTTP/0.9', raw('<html></html>'), { cause: 'protocol' }],
    [
      'a length and chunks at once',
      raw('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
      { cause: 'protocol' },
    ],
    [
      'two lengths',
      raw('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'),
      { cause: 'protocol' },
    ],
    [
      'a chunk that is none',
      raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      { cause: 'protocol' },
    ],
    ['a status that is none', raw('HTTP/1.1 2OO OK\r\n\r\n'), { cause: 'protocol' }],
    ['a reset', reset, { cause: 'reset' }],
    ['an end before the answer', raw(''), { cause: 'reset' }],
    ['an end within the headers', raw('HTTP/1.1 200 OK\r\nContent-'), { cause: 'reset' }],
    ['an end within the body', raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'), { cause: 'reset' }],
    [
      'an end within a chunk',
      raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx'),
      { cause: 'reset' },
    ],
  ];
  for (const [name, reply, expected] of bombs) {
    it(`M1, M2: says ${JSON.stringify(expected)} to ${name}`, async () => {
      const answered = await ask(reply);
      expect(answered).to.include(expected);
      if (answered.kind === 'failed') expect(Object.keys(answered)).to.deep.equal(['kind', 'cause']);
    });
  }

  it('M3: decompresses nothing', async () => {
    const packed = gzipSync(Buffer.alloc(20_000_000));
    expect(packed.length).to.be.below(MAX_BODY_BYTES);
    const answered = await ask(answer(200, { 'Content-Encoding': 'gzip' }, packed));
    expect(answered).to.include({ status: 200 });
    expect('body' in answered && answered.body.length).to.be.at.most(packed.length);
  });

  it('parses no JSON and keeps the text as it came', async () => {
    const text = ' {"a": 1} \n';
    expect(await ask(answer(200, { 'Content-Type': 'application/json' }, text))).to.include({ body: text });
  });

  describe('M1: when it has to stop', () => {
    let clock: FakeClock;
    beforeEach(() => {
      clock = createFakeClock();
    });

    const replies: readonly [name: string, reply: Reply][] = [
      ['never comes', stall],
      ['drips', drip],
      ['stops within the headers', (response) => void response.socket?.write('HTTP/1.1 200 OK\r\nX-')],
    ];
    for (const [name, reply] of replies) {
      it(`ends an answer that ${name} at the deadline, by saying so`, async () => {
        using deadline = startDeadline(clock, 1000);
        const asked = ask(reply, { signal: deadline.signal });
        await server.asked(1);
        await clock.advance(1000);
        expect(await asked).to.deep.equal({ kind: 'failed', cause: 'deadline' });
      });

      it(`ends an answer that ${name} when its caller aborts, with the caller's reason`, async () => {
        const caller = new AbortController();
        using deadline = startDeadline(clock, 1000, caller.signal);
        const reason = new Error('shutdown');
        const asked = ask(reply, { signal: deadline.signal }).catch((error: unknown) => error);
        await server.asked(1);
        caller.abort(reason);
        expect(await asked).to.equal(reason);
      });
    }

    it('sends nothing under a signal that is aborted already', async () => {
      const reason = new Error('shutdown');
      const thrown: unknown = await ask(answer(200), { signal: AbortSignal.abort(reason) }).catch(
        (e: unknown) => e,
      );
      expect(thrown).to.equal(reason);
      const late = await ask(answer(200), { signal: AbortSignal.abort(new DeadlineExceeded()) });
      expect(late).to.deep.equal({ kind: 'failed', cause: 'deadline' });
      expect(server.conversation).to.deep.equal([]);
    });
  });

  it('L1: shows the login in nothing that comes back', async () => {
    const replies = [answer(401), answer(500), large(MAX_BODY_BYTES + 1), raw('garbage'), reset, raw('')];
    for (const reply of replies) {
      const answered = await ask(reply);
      expect(server.conversation).to.deep.equal(['GET /v2/ as ci']);
      const shown = `${inspect(answered, { depth: 9, showHidden: true })} ${JSON.stringify(answered)}`;
      expect(leaksOf(shown)).to.deep.equal([]);
      expect(shown).to.not.include('Basic ').and.not.include(authorization.reveal());
    }
    const controller = new AbortController();
    const asked = ask(stall, { signal: controller.signal }).catch((error: unknown) => error);
    await server.asked(1);
    controller.abort(new Error('shutdown'));
    expect(leaksOf(inspect(await asked, { depth: 9, showHidden: true }))).to.deep.equal([]);
  });
});
