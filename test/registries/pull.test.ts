import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { diagnose } from '../../src/check/diagnose.ts';
import type { Probed } from '../../src/check/observation.ts';
import type { Distribution } from '../support/distribution.ts';
import type { TokenServer, Users } from '../support/token-server.ts';
import { crane, cranePushes, run, startRegistry, startTokens, type Login } from './asking.ts';

const users = {
  admin: {
    password: 'pw-admin',
    grants: [
      { repository: 'team/*', actions: ['pull', 'push', 'delete'] },
      { repository: 'base/*', actions: ['pull', 'push'] },
    ],
  },
  pusher: {
    password: 'pw-pusher',
    grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] }],
  },
  puller: { password: 'pw-puller', grants: [{ repository: 'base/*', actions: ['pull'] }] },
} as const satisfies Users;

function loginOf(name: keyof typeof users): Login {
  return { username: name, password: users[name].password };
}

const image = { repository: 'base/image', reference: 'v1' };
const missing = { repository: 'base/image', reference: 'v2' };

/** The verdict and the stage of the pull, in short. */
function shortOf({ observation, pull: pulled }: Probed, host: string): readonly [string, string] {
  const subject = { host, repository: 'team/app', secret: 'login' };
  const { reason, pull } = diagnose(observation, subject, false, { manifest: image, pulled });
  return [reason, `${pull?.status}/${pull?.reason}`];
}

/** The digest of a tag, from the disk. */
async function digestOf({ storage }: Distribution, repository: string, tag: string): Promise<string> {
  const root = join(storage, 'docker', 'registry', 'v2', 'repositories', repository);
  return readFile(join(root, '_manifests', 'tags', tag, 'current', 'link'), 'utf8');
}

describe('a manifest on distribution with a token server', () => {
  let tokens: TokenServer;
  let registry: Distribution;
  let tokenHost: string;
  before(async () => {
    tokens = await startTokens('pull-tokens', { users });
    tokenHost = new URL(tokens.realm).host;
    registry = await startRegistry('pull-token-registry', { kind: 'token', ...tokens });
    for (const name of ['base/image:v1', 'team/app:v1']) {
      expect(await cranePushes(registry, loginOf('admin'), 'pull-crane', name)).to.equal(true);
    }
  });
  after(async () => {
    await registry.stop();
    await tokens.stop();
  });

  const rows = [
    {
      name: 'of a user who may pull it',
      login: loginOf('admin'),
      pull: image,
      found: ['PushAuthorized', 'True/ManifestReadable'],
      scopes: ['team/app:pull,push', 'team/app:delete', 'base/image:pull'],
    },
    {
      name: 'that does not exist',
      login: loginOf('admin'),
      pull: missing,
      found: ['PushAuthorized', 'Unknown/ManifestNotFound'],
      scopes: ['team/app:pull,push', 'team/app:delete', 'base/image:pull'],
    },
    {
      name: 'of a user who may push and not pull it',
      login: loginOf('pusher'),
      pull: image,
      found: ['PushAuthorized', 'False/PullDenied'],
      scopes: ['team/app:pull,push', 'team/app:delete', 'base/image:pull'],
    },
    {
      name: 'of a user who may pull it and not push',
      login: loginOf('puller'),
      pull: image,
      found: ['PushDenied', 'True/ManifestReadable'],
      scopes: ['team/app:pull,push', undefined, 'base/image:pull'],
    },
    {
      name: 'in the repository of the push',
      login: loginOf('pusher'),
      pull: { repository: 'team/app', reference: 'v1' },
      found: ['PushAuthorized', 'True/ManifestReadable'],
      scopes: ['team/app:pull,push', 'team/app:delete'],
    },
    {
      name: 'of a user with a wrong password',
      login: { username: 'admin', password: 'canary-4711' },
      pull: image,
      found: ['CredentialsRejected', 'Unknown/PreviousStageFailed'],
      scopes: ['team/app:pull,push', undefined],
    },
    {
      name: 'of nobody',
      login: undefined,
      pull: image,
      found: ['CredentialsRequired', 'Unknown/PreviousStageFailed'],
      scopes: ['team/app:pull,push'],
    },
  ];
  for (const { name, login, pull, found, scopes } of rows) {
    it(`${name}: finds ${found.join(', ')} and asks for no more rights than it needs`, async () => {
      const before = await registry.leftovers('team/app');
      const asked = tokens.requests.length;
      const probed = await run(registry, login, tokenHost, 'team/app', pull);
      expect(shortOf(probed, registry.host)).to.deep.equal(found);
      expect(
        tokens.requests.slice(asked).map((request) => request.scopes[0]?.replace('repository:', '')),
      ).to.deep.equal(scopes);
      const after = await registry.leftovers('team/app');
      expect({ ...after, orphans: [] }).to.deep.equal({ ...before, orphans: [] });
      expect(JSON.stringify(probed)).not.to.include('canary-4711');
    });
  }

  it('by its digest: finds it', async () => {
    const pull = { repository: 'base/image', reference: await digestOf(registry, 'base/image', 'v1') };
    const probed = await run(registry, loginOf('puller'), tokenHost, 'team/app', pull);
    expect(shortOf(probed, registry.host)[1]).to.equal('True/ManifestReadable');
  });
});

describe('a manifest on distribution with htpasswd', () => {
  let registry: Distribution;
  const ci = { username: 'ci', password: 'pw-ci' };
  before(async () => {
    registry = await startRegistry('pull-htpasswd', { kind: 'htpasswd', users: { ci: 'pw-ci' } });
    expect(await cranePushes(registry, ci, 'pull-htpasswd-crane', 'base/image:v1')).to.equal(true);
  });
  after(() => registry.stop());

  const rows = [
    { name: 'that exists', login: ci, pull: image, found: 'True/ManifestReadable' },
    { name: 'that does not', login: ci, pull: missing, found: 'Unknown/ManifestNotFound' },
    {
      name: 'with a wrong password',
      login: { ...ci, password: 'canary-4711' },
      pull: image,
      found: 'Unknown/PreviousStageFailed',
    },
  ];
  for (const { name, login, pull, found } of rows) {
    it(`${name}: finds ${found}`, async () => {
      const probed = await run(registry, login, undefined, 'team/app', pull);
      expect(shortOf(probed, registry.host)[1]).to.equal(found);
    });
  }
});

describe('a manifest on distribution without logins', () => {
  it('is found, of whatever kind it is', async () => {
    const registry = await startRegistry('pull-kinds', { kind: 'none' });
    const at = (reference: string): string => `${registry.host}/base/image:${reference}`;
    const append = ['append', '-f', '/dev/null'];
    const kinds: Readonly<Record<string, readonly string[]>> = {
      docker: [...append, '-t', at('docker')],
      oci: [...append, '--oci-empty-base', '-t', at('oci')],
      index: ['index', 'append', '-m', at('oci'), '-t', at('index')],
      list: ['index', 'append', '--docker-empty-base', '-m', at('docker'), '-t', at('list')],
    };
    try {
      for (const [reference, args] of Object.entries(kinds)) {
        expect(await crane(registry, undefined, 'pull-kinds-crane', args), reference).to.equal(true);
        const pull = { repository: 'base/image', reference };
        const probed = await run(registry, undefined, undefined, 'team/app', pull);
        expect(probed.pull, reference).to.deep.equal({ kind: 'ManifestReadable' });
      }
    } finally {
      await registry.stop();
    }
  });

  it('is found by anybody, and missed', async () => {
    const registry = await startRegistry('pull-open', { kind: 'none' });
    try {
      expect(await cranePushes(registry, undefined, 'pull-open-crane', 'base/image:v1')).to.equal(true);
      const found = await run(registry, undefined, undefined, 'team/app', image);
      expect(shortOf(found, registry.host)).to.deep.equal(['PushAuthorized', 'True/ManifestReadable']);
      const missed = await run(registry, undefined, undefined, 'team/app', missing);
      expect(shortOf(missed, registry.host)[1]).to.equal('Unknown/ManifestNotFound');
    } finally {
      await registry.stop();
    }
  });
});
