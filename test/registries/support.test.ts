import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { startDistribution, type Distribution, type DistributionAuth } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { runProcess, type Finished } from '../support/processes.ts';
import {
  startTokenServer,
  type TokenServer,
  type TokenServerOptions,
  type Users,
} from '../support/token-server.ts';

const ci = { password: 'pw-ci', grants: [{ repository: 'team/*', actions: ['pull', 'push'] }] } as const;
const users: Users = {
  ci,
  puller: { password: 'pw-puller', grants: [{ repository: 'team/*', actions: ['pull'] }] },
};

describe('startTokenServer with startDistribution', () => {
  let tokens: TokenServer;
  let registry: Distribution;
  before(async () => {
    tokens = await aTokenServer('tokens', { users });
    registry = await aRegistry('token-registry', { kind: 'token', ...tokens });
  });
  after(async () => {
    await registry.stop();
    await tokens.stop();
  });

  it('lets a user with push push', async () => {
    expect(await cranePush(registry, 'team/app', 'ci', 'pw-ci')).to.include({ code: 0 });
    const { catalog, manifests, uploads } = await registry.leftovers('team/app');
    expect(catalog).to.deep.equal(['team/app']);
    expect(manifests).to.include('tag:latest');
    expect(uploads).to.deep.equal([]);
  });

  const refusals = [
    {
      name: 'a user without push',
      repository: 'team/app',
      user: 'puller',
      password: 'pw-puller',
      says: 'UNAUTHORIZED',
    },
    {
      name: 'a user elsewhere',
      repository: 'other/app',
      user: 'ci',
      password: 'pw-ci',
      says: '401',
    },
    { name: 'a wrong password', repository: 'team/app', user: 'ci', password: 'wrong', says: '401' },
  ];
  for (const { name, repository, user, password, says } of refusals) {
    it(`refuses a push by ${name}`, async () => {
      const { code, stderr } = await cranePush(registry, repository, user, password);
      expect(code).to.equal(1);
      expect(stderr).to.contain(says);
    });
  }

  it('has a log of requests without passwords', async () => {
    await cranePush(registry, 'team/app', 'puller', 'pw-puller');
    const last = tokens.requests.at(-1);
    expect(last).to.include({ user: 'puller', status: 200 });
    expect(last?.scopes.join()).to.match(/^repository:team\/app:/);
    expect(JSON.stringify(tokens.requests)).to.not.contain('pw-');
  });

  it('takes other users from one request to the next', async () => {
    tokens.setUsers({ puller: { ...ci, password: 'pw-puller' } });
    expect(await cranePush(registry, 'team/app', 'puller', 'pw-puller')).to.include({ code: 0 });
    expect(await cranePush(registry, 'team/app', 'ci', 'pw-ci')).to.include({ code: 1 });
    tokens.setUsers(users);
  });

  it('makes tokens that the registry does not know when its key id is wrong', async () => {
    const strangers = await aTokenServer('strangers', { users, wrongKid: true });
    const other = await aRegistry('misconfigured', { kind: 'token', ...strangers });
    const { body } = await send(`${strangers.realm}?scope=repository:team/app:pull,push`, {
      auth: 'ci:pw-ci',
    });
    const headers = { authorization: `Bearer ${tokenIn(body)}` };
    const { status, headers: answered } = await send(uploadsOf(other), { method: 'POST', headers });
    await other.stop();
    await strangers.stop();
    expect(status).to.equal(401);
    expect(answered['www-authenticate']).to.contain('error="invalid_token"');
  });
});

describe('startTokenServer', () => {
  const rows: { name: string; query: string; login?: string; status: number; access?: unknown }[] = [
    {
      name: 'the intersection of asked and granted',
      query: '?scope=repository:team/app:pull,push,delete',
      login: 'ci:pw-ci',
      status: 200,
      access: [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }],
    },
    {
      name: 'several scope parameters, and several scopes in one',
      query: '?scope=repository:team/a:pull&scope=repository:team/b:push%20repository:other/c:pull',
      login: 'ci:pw-ci',
      status: 200,
      access: [
        { type: 'repository', name: 'team/a', actions: ['pull'] },
        { type: 'repository', name: 'team/b', actions: ['push'] },
      ],
    },
    { name: 'a login proof without scope', query: '', login: 'ci:pw-ci', status: 200, access: [] },
    { name: 'anonymous', query: '?scope=repository:team/app:pull', status: 200, access: [] },
    { name: 'a wrong password', query: '', login: 'ci:wrong', status: 401 },
    { name: 'a name that objects have', query: '', login: 'constructor:x', status: 401 },
  ];
  for (const { name, query, login, status, access } of rows) {
    it(`answers ${String(status)} to ${name}`, async () => {
      const tokens = await aTokenServer('table', { users });
      const answer = await send(tokens.realm + query, login === undefined ? {} : { auth: login });
      await tokens.stop();
      expect(answer.status).to.equal(status);
      expect(answer.headers['www-authenticate']).to.equal(
        status === 401 ? 'Basic realm="test token server"' : undefined,
      );
      if (access !== undefined) expect(claims(answer.body)).to.deep.equal(access);
    });
  }

  it('answers 401 to anonymous where that is configured', async () => {
    const tokens = await aTokenServer('strict', { users, refuseAnonymous: true });
    const { status } = await send(tokens.realm);
    await tokens.stop();
    expect(status).to.equal(401);
  });
});

describe('startDistribution', () => {
  it('knows passwords and stores sessions, which leftovers sees until they are cancelled', async () => {
    const registry = await aRegistry('htpasswd', { kind: 'htpasswd', users: { ci: 'pw-ci' } });
    const uploads = uploadsOf(registry);
    expect(await send(uploads, { method: 'POST', auth: 'ci:wrong' })).to.include({ status: 401 });

    const session = await send(uploads, { method: 'POST', auth: 'ci:pw-ci' });
    expect(session.status).to.equal(202);
    const id = session.headers['docker-upload-uuid'];
    const none = { catalog: [], uploads: [], orphans: [], blobs: [], manifests: [] };
    expect(await registry.leftovers('team/app')).to.deep.equal({ ...none, uploads: [id] });

    const cancel = await send(String(session.headers.location), { method: 'DELETE', auth: 'ci:pw-ci' });
    expect(cancel.status).to.equal(204);
    const after = await registry.leftovers('team/app');
    await registry.stop();
    // distribution forgets the folder of hash states: nobody sees it, and nobody can use it.
    expect(after).to.deep.equal({ ...none, orphans: [id] });
  });

  it('sees a pushed image: the repository, its blobs, its manifest and its tag', async () => {
    const registry = await aRegistry('open', { kind: 'none' });
    expect(await cranePush(registry, 'team/app')).to.include({ code: 0 });
    const { catalog, uploads, blobs, manifests } = await registry.leftovers('team/app');
    const elsewhere = await registry.leftovers('team/other');
    await registry.stop();
    expect(catalog).to.deep.equal(['team/app']);
    expect(uploads).to.deep.equal([]);
    // The layer, the image's configuration and the manifest.
    expect(blobs).to.have.lengthOf(3);
    expect(manifests).to.have.lengthOf(2);
    expect(elsewhere.manifests).to.deep.equal([]);
  });

  it('refuses writing in read-only mode', async () => {
    const registry = await aRegistry('read-only', { kind: 'none' }, { readOnly: true });
    const { status } = await send(uploadsOf(registry), { method: 'POST' });
    await registry.stop();
    expect(status).to.equal(405);
  });

  it('refuses writing to a pull-through cache, which trusts the registry behind it', async () => {
    const upstream = await aRegistry('upstream', { kind: 'none' });
    const cache = await aRegistry('cache', { kind: 'none' }, { proxyOf: upstream.url });
    await cranePush(upstream, 'team/app');
    const pull = await send(`${cache.url}/v2/team/app/manifests/latest`);
    const push = await send(uploadsOf(cache), { method: 'POST' });
    await cache.stop();
    await upstream.stop();
    expect({ pull: pull.status, push: push.status }).to.deep.equal({ pull: 200, push: 405 });
  });
});

function aTokenServer(
  name: string,
  options: Pick<TokenServerOptions, 'users'> & Partial<TokenServerOptions>,
): Promise<TokenServer> {
  const { authority, dir } = lab();
  return startTokenServer({ dir: join(dir, name), authority, ...options });
}

function aRegistry(
  name: string,
  auth: DistributionAuth,
  options: { readOnly?: boolean; proxyOf?: string } = {},
): Promise<Distribution> {
  const { authority, dir, tools } = lab();
  return startDistribution({ dir: join(dir, name), tools, authority, auth, name, ...options });
}

/** Pushes an image that the registry does not have yet, as a client that knows nothing of this project. */
async function cranePush(
  registry: Distribution,
  repository: string,
  user?: string,
  password?: string,
): Promise<Finished> {
  const { dir, tools, authorityFile } = lab();
  const auths = user === undefined ? {} : { [registry.host]: { username: user, password } };
  await writeFile(join(dir, 'config.json'), JSON.stringify({ auths }));
  const layer = join(dir, 'layer.tar.gz');
  await writeFile(layer, gzipSync(randomBytes(64)));
  return runProcess({
    name: 'crane',
    file: tools.crane,
    args: ['append', '--new_layer', layer, '--new_tag', `${registry.host}/${repository}:latest`],
    env: { HOME: dir, DOCKER_CONFIG: dir, SSL_CERT_FILE: authorityFile },
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { ca: lab().authority.pem, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

function uploadsOf(registry: Distribution): string {
  return `${registry.url}/v2/team/app/blobs/uploads/`;
}

function tokenIn(body: string): string {
  return (JSON.parse(body) as { token: string }).token;
}

function claims(body: string): unknown {
  const payload = Buffer.from(tokenIn(body).split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { access: unknown }).access;
}
