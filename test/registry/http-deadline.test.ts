import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { startDeadline } from '../../src/clock.ts';
import { createTrust, openConnection, type Connection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createSend } from '../../src/registry/http.ts';
import { createAuthority, LOOPBACK, type Authority } from '../support/certificates.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';
import { startFullListener, type FullListener } from '../support/full-listener.ts';
import { answer, stall, startScriptedRegistry, type ScriptedRegistry } from '../support/scripted-registry.ts';
import { LOOPBACK_RANGES, never } from './asking.ts';

describe('M1: createSend at its deadline', () => {
  let authority: Authority;
  let full: FullListener;
  let silent: Server;
  let taken: Promise<unknown>;
  const accepted: Socket[] = [];
  let registry: ScriptedRegistry;
  let connection: Connection;
  before(async () => {
    authority = await createAuthority('test registries');
    const { certPem, keyPem } = await authority.issue({ commonName: 'registry', ...LOOPBACK });
    full = await startFullListener();
    silent = createServer((socket) => void accepted.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    registry = await startScriptedRegistry({ cert: certPem, key: keyPem });
  });
  beforeEach(() => {
    const secureContext = createTrust(authority.pem);
    connection = openConnection({ guard: createGuard(LOOPBACK_RANGES), secureContext });
    taken = once(silent, 'connection');
  });
  afterEach(() => connection.close());
  after(async () => {
    for (const socket of accepted) socket.destroy();
    silent.close();
    await full.stop();
    await registry.stop();
  });

  /** What is said of a request that is under way when its time is over. */
  async function late(url: string, underWay: Promise<unknown>): Promise<unknown> {
    const clock = createFakeClock();
    using deadline = startDeadline(clock, 1000);
    const asked = createSend(connection)({ method: 'GET', url: new URL(`${url}/v2/`) }, deadline.signal);
    await underWay;
    await settle();
    await clock.advance(1000);
    return await asked;
  }

  for (const scheme of ['http', 'https']) {
    it(`says over ${scheme} that no connection came about where packets are dropped`, async () => {
      const url = `${scheme}://127.0.0.1:${String(full.port)}`;
      expect(await late(url, Promise.resolve())).to.deep.equal({ kind: 'failed', cause: 'connect-timeout' });
    });
  }

  for (const [scheme, cause] of [
    ['http', 'deadline'],
    ['https', 'tls-timeout'],
  ] as const) {
    it(`says ${cause} over ${scheme} where the connection came about and nothing follows`, async () => {
      const { port } = silent.address() as AddressInfo;
      expect(await late(`${scheme}://127.0.0.1:${String(port)}`, taken)).to.deep.equal({
        kind: 'failed',
        cause,
      });
    });
  }

  it('says that the answer did not come where the handshake is finished', async () => {
    registry.play([['GET /v2/', stall]]);
    const answered = await late(registry.url, registry.asked(1));
    expect(answered).to.deep.equal({ kind: 'failed', cause: 'deadline' });
  });

  it('says so of a later request over the same connection', async () => {
    registry.play([
      ['GET /v2/', answer(200)],
      ['GET /v2/', stall],
    ]);
    const first = await createSend(connection)({ method: 'GET', url: new URL(`${registry.url}/v2/`) }, never);
    expect(first).to.include({ status: 200 });
    const answered = await late(registry.url, registry.asked(2));
    expect(answered).to.deep.equal({ kind: 'failed', cause: 'deadline' });
    expect(registry.connections).to.equal(1);
  });
});
