import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { runProcess } from '../support/processes.ts';
import { answer, startScriptedRegistry, type ScriptedRegistry } from '../support/scripted-registry.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Sends one GET as a probe does, in a process of its own, and prints what came of it. No proxy is passed to it. */
const SCRIPT = `
  import { createTrust, openConnection } from './src/registry/connection.ts';
  import { createGuard } from './src/registry/egress.ts';
  import { createSend } from './src/registry/http.ts';
  const guard = createGuard(JSON.parse(process.argv[2]));
  const connection = openConnection({ guard, secureContext: createTrust(undefined) });
  const asked = { method: 'GET', url: new URL(process.argv[1]) };
  const answered = await createSend(connection)(asked, new AbortController().signal);
  console.log(answered.kind === 'failed' ? answered.cause : answered.status);
  connection.close();
`;

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];

describe('E4: a proxy of the environment', function () {
  this.timeout(60_000);

  let proxy: Server;
  let connections = 0;
  let registry: ScriptedRegistry;
  before(async () => {
    registry = await startScriptedRegistry();
    proxy = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
  });
  after(async () => {
    proxy.close();
    await registry.stop();
  });

  const ask = async (url: string, allowed: readonly string[]): Promise<string> => {
    const address = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
    const env = Object.fromEntries(NAMES.map((name) => [name, address]));
    const finished = await runProcess({
      name: 'one request',
      file: process.execPath,
      args: ['--input-type=module-typescript', '--eval', SCRIPT, url, JSON.stringify(allowed)],
      cwd: ROOT,
      env: { ...env, NO_PROXY: '', no_proxy: '', NODE_USE_ENV_PROXY: '1' },
    });
    return finished.stdout.trim() || finished.stderr;
  };

  it('gets no packet of a request that nobody gave a proxy to', async () => {
    registry.play([['GET /v2/', answer(204)]]);
    expect(await ask(`${registry.url}/v2/`, ['127.0.0.0/8'])).to.equal('204');
    expect(registry.conversation).to.deep.equal(['GET /v2/']);
    expect(connections).to.equal(0);
  });

  for (const url of ['http://169.254.169.254/v2/', 'https://169.254.169.254/v2/', 'http://[fe80::1]/v2/']) {
    it(`leads to no address that is denied: ${url}`, async () => {
      // The proxy itself would be within reach.
      expect(await ask(url, ['127.0.0.0/8'])).to.equal('address-denied');
      expect(connections).to.equal(0);
    });
  }
});
