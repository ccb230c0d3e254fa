import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { createAuthority } from '../support/certificates.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { clientOf, failureOf, GET, NEVER } from '../support/kube-client.ts';
import {
  type KubeconfigOptions,
  type ScriptedServer,
  startScriptedServer,
} from '../support/scripted-server.ts';

const exec = (script: string): KubeconfigOptions => ({
  user: {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
    },
  },
});

const base64 = (pem: string): string => Buffer.from(pem).toString('base64');

describe('credentials of a KubeClient', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.stop());

  /** Accepts this token and no other. */
  const accept = (token: string): void =>
    server.answer((request, response) => {
      response.writeHead(request.headers.authorization === `Bearer ${token}` ? 200 : 401).end('{}');
    });

  it('are read anew after a 401: a kubeconfig that was replaced', async () => {
    const clock = createFakeClock();
    const client = await clientOf(server, { user: { token: 'old' } }, { clock });
    accept('new');
    expect(await failureOf(client.request(GET, NEVER))).to.include({
      status: 401,
      reason: 'Unauthorized',
    });
    await server.kubeconfig({ user: { token: 'new\n' } });
    for (const early of [1, 2]) {
      expect(await failureOf(client.request(GET, NEVER)), `early ${String(early)}`).to.include({
        status: 401,
      });
    }
    await clock.advance(10_000);
    await failureOf(client.request(GET, NEVER));
    await client.request(GET, NEVER);
  });

  it('of another cluster are not sent to this one', async () => {
    const clock = createFakeClock();
    const client = await clientOf(server, { user: { token: 'old' } }, { clock });
    const seen: (string | undefined)[] = [];
    server.answer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    await server.kubeconfig({ server: 'https://elsewhere.example', user: { token: 'canary' } });
    await failureOf(client.request(GET, NEVER));
    await failureOf(client.request(GET, NEVER));
    expect(seen).to.deep.equal(['Bearer old', 'Bearer old']);
  });

  it('stay as they were while the kubeconfig cannot be read', async () => {
    const client = await clientOf(server, { user: { token: 'old' } }, { clock: createFakeClock() });
    accept('new');
    await server.kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } });
    await failureOf(client.request(GET, NEVER));
    accept('old');
    await client.request(GET, NEVER);
  });

  it('that change their certificate get a new connection', async () => {
    const clock = createFakeClock();
    const authority = await createAuthority('clients');
    const userOf = async (): Promise<Record<string, string>> => {
      const { certPem, keyPem } = await authority.issue({ commonName: 'me', client: true });
      return { 'client-certificate-data': base64(certPem), 'client-key-data': base64(keyPem) };
    };
    const client = await clientOf(server, { user: await userOf() }, { clock });
    await client.request(GET, NEVER);
    await client.request(GET, NEVER);
    expect(server.connections()).to.equal(1);
    await server.kubeconfig({ user: await userOf() });
    accept('nobody');
    await failureOf(client.request(GET, NEVER));
    await failureOf(client.request(GET, NEVER));
    expect(server.connections()).to.equal(2);
  });

  it('come from an exec plugin, once for a burst of requests', async () => {
    const marks = `${server.dir}/marks`;
    const client = await clientOf(
      server,
      exec(
        `require('fs').appendFileSync(${JSON.stringify(marks)}, '.'); console.log(JSON.stringify({status:{token:'from-exec'}}))`,
      ),
    );
    accept('from-exec');
    await Promise.all(Array.from({ length: 5 }, () => client.request(GET, NEVER)));
    expect(await readFile(marks, 'utf8')).to.equal('.');
  });

  it('L8: of an exec plugin that fails are an error without what it said', async () => {
    const client = await clientOf(server, exec("console.error('canary'); process.exit(1)"));
    const error = await failureOf(client.request(GET, NEVER));
    expect(error).to.have.property('code', 'CREDENTIALS');
    expect(String(error.stack)).to.not.include('canary');
    expect(error.cause).to.equal(undefined);
  });

  it('of an exec plugin that hangs do not outlast the deadline', async () => {
    const clock = createFakeClock();
    const client = await clientOf(server, exec('setTimeout(() => {}, 300)'), { clock });
    const outcome = failureOf(client.request(GET, NEVER));
    await clock.advance(30_000);
    expect(await outcome).to.have.property('code', 'ETIMEDOUT');
  });

  it('L8: that cannot be read are an error without the path’s content', async () => {
    const client = await clientOf(server, {
      user: { 'auth-provider': { name: 'x', config: { tokenFile: `${server.dir}/none` } } },
    });
    const error = await failureOf(client.request(GET, NEVER));
    expect(error.message).to.equal('cannot read the credentials of the kubeconfig: ENOENT (CREDENTIALS)');
  });
});
