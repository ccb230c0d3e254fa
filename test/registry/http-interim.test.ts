import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect } from 'chai';
import { createTrust, openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import type { NetworkFailure } from '../../src/registry/failure.ts';
import { createSend, type Request, type Response } from '../../src/registry/http.ts';
import { LOOPBACK_RANGES, never } from './asking.ts';

const FINAL = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
const INTERIM = 'HTTP/1.1 103 Early Hints\r\n\r\n';

/** Asks a server that writes `bytes`, and then again whenever the socket has room where `endless`. */
async function askServerOf(
  bytes: string,
  endless: boolean,
  method: Request['method'] = 'GET',
): Promise<Response | NetworkFailure> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(bytes);
      if (endless) socket.on('drain', () => socket.write(bytes));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = openConnection({
    guard: createGuard(LOOPBACK_RANGES),
    secureContext: createTrust(undefined),
  });
  try {
    return await createSend(connection)(
      { method, url: new URL(`http://127.0.0.1:${String(port)}/v2/`) },
      never,
    );
  } finally {
    connection.close();
    server.close();
  }
}

describe('M1: createSend and interim answers', () => {
  it('passes over a few of them', async () => {
    expect(await askServerOf(INTERIM.repeat(8) + FINAL, false)).to.deep.include({
      kind: 'response',
      status: 200,
    });
  });

  it('ends at one too many', async () => {
    expect(await askServerOf(INTERIM.repeat(9) + FINAL, false)).to.deep.equal({
      kind: 'failed',
      cause: 'protocol',
    });
  });

  for (const method of ['GET', 'HEAD', 'POST', 'DELETE'] as const) {
    it(`ends at another protocol that nobody asked for, after ${method}`, async () => {
      const bytes = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n';
      expect(await askServerOf(bytes, false, method)).to.deep.equal({ kind: 'failed', cause: 'protocol' });
    });
  }

  it('ends where they never end, without a deadline', async () => {
    expect(await askServerOf(INTERIM.repeat(5000), true)).to.deep.equal({
      kind: 'failed',
      cause: 'protocol',
    });
  });
});
