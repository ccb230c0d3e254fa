// A registry with its own token service that answers every probe with a success, and counts what it costs: requests, and
// connections that brought at least one. Run as a process of its own: KEY and CERTIFICATE are files, the port comes on stdout.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

const [keyFile = '', certificateFile = ''] = process.argv.slice(2);
const counts = { requests: 0, connections: 0 };
const seen = new WeakSet<Socket>();

/** As long as a real one, and with rights that can be read: whoever looks into it has to do so here, too. */
const TOKEN = [
  { alg: 'RS256', typ: 'JWT' },
  {
    iss: 'stub',
    sub: 'ci',
    aud: 'stub',
    exp: 4_000_000_000,
    access: [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }],
  },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('s'.repeat(342))
  .join('.');

const JSON_TYPE = { 'content-type': 'application/json' } as const;
const REFUSAL = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}\n';

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '', headers, socket } = request;
  request.resume();
  if (url === '/counts') {
    response.end(JSON.stringify(counts));
    return;
  }
  counts.requests += 1;
  if (!seen.has(socket)) {
    seen.add(socket);
    counts.connections += 1;
  }
  const origin = `https://${headers.host ?? ''}`;
  const send = (status: number, more: Readonly<Record<string, string>>, body = ''): void => {
    // Real registries say how long an answer is; one in chunks costs Go's client the connection.
    response.writeHead(status, { ...more, 'content-length': body.length }).end(body);
  };
  if (url.startsWith('/token?')) {
    send(200, JSON_TYPE, JSON.stringify({ token: TOKEN, expires_in: 300 }));
  } else if (headers.authorization !== `Bearer ${TOKEN}`) {
    const challenge = `Bearer realm="${origin}/token",service="stub"`;
    send(401, { ...JSON_TYPE, 'www-authenticate': challenge }, REFUSAL);
  } else if (method === 'POST') {
    send(202, { location: `${origin}/v2/team/app/blobs/uploads/1?_state=${'x'.repeat(200)}` });
  } else if (method === 'DELETE') {
    response.writeHead(204).end();
  } else {
    send(404, {});
  }
}

const server = createServer(
  { key: readFileSync(keyFile), cert: readFileSync(certificateFile), keepAliveTimeout: 60_000 },
  answer,
);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
});
