import { expect } from 'chai';
import { systemClock as clock } from '../../src/clock.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { parseRegistryUrl, shownOrigin } from '../../src/registry/origin.ts';
import { createCanary, leaksIn } from '../support/canaries.ts';
import { clientOf, failureOf, NEVER } from '../support/kube-client.ts';
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';

const canary = createCanary('password');
const { value } = canary;

describe('L4: URLs are shown as origin, or as method and path', () => {
  let server: ScriptedServer;
  before(async () => {
    server = await startScriptedServer();
  });
  after(() => server.stop());

  it('by what is logged of the API server at the start: scheme, host and port', async () => {
    const { host } = new URL(server.url);
    const kubeconfig = await server.kubeconfig({ server: `https://ci:${value}@${host}/${value}?x=${value}` });
    const client = createKubeClient({ kubeconfig, clock });
    expect(client.server).to.equal(server.url);
  });

  it('by the errors of requests to it: no query', async () => {
    const client = await clientOf(server);
    const request = {
      method: 'GET',
      path: '/apis/x',
      query: { continue: value, labelSelector: value },
    } as const;
    server.answer((_, response) => response.writeHead(500).end('{}'));
    const refused = await failureOf(client.request(request, NEVER));
    server.answer((asked) => asked.socket.destroy());
    const cut = await failureOf(client.request(request, NEVER));
    expect([refused.message, cut.message]).to.deep.equal([
      'GET /apis/x: 500 InternalError',
      'GET /apis/x: no answer from the API server (ECONNRESET)',
    ]);
  });

  const urls: readonly string[] = [
    `https://ci:${value}@reg.example`,
    `https://${value}@reg.example/`,
    `https://reg.example/?password=${value}`,
    `https://reg.example/#${value}`,
    `ftp://ci:${value}@reg.example`,
    `https://ci:${value}@reg.example:99999`,
    `https://reg.example/%2e/${value}`,
    `https://${value}..example`,
    `ci:${value}@reg.example`,
  ];
  for (const url of urls) {
    it(`by what is wrong with ${url.replace(value, 'PASSWORD')}: nothing of it`, () => {
      const read = parseRegistryUrl(url);
      expect(read).to.have.property('problem');
      expect(leaksIn(JSON.stringify(read), [canary])).to.deep.equal([]);
    });
  }

  it('by what a registry names: no user information, path, query or fragment', () => {
    const url = new URL(`https://ci:${value}@auth.example:8443/${value}?x=${value}#${value}`);
    expect(shownOrigin(url)).to.equal('https://auth.example:8443');
  });
});
