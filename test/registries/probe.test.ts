import { expect } from 'chai';
import { diagnose } from '../../src/check/diagnose.ts';
import type { Probed } from '../../src/check/observation.ts';
import type { Distribution } from '../support/distribution.ts';
import type { TokenServer, Users } from '../support/token-server.ts';
import { cranePushes, run, startRegistry, startTokens, type Login } from './asking.ts';

const users = {
  admin: { password: 'pw-admin', grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] }] },
  ci: { password: 'pw-ci', grants: [{ repository: 'team/*', actions: ['pull', 'push'] }] },
  puller: { password: 'pw-puller', grants: [{ repository: 'team/*', actions: ['pull'] }] },
  'push-only': { password: 'pw-push-only', grants: [{ repository: 'team/*', actions: ['push'] }] },
  nobody: { password: 'pw-nobody', grants: [] },
} as const satisfies Users;

/** What a registry may hold after a probe: nothing that anybody could see, and no open session. */
const NOTHING = { catalog: [], uploads: [], blobs: [], manifests: [] };

function loginOf(name: keyof typeof users): Login {
  return { username: name, password: users[name].password };
}

function verdictOf(
  { observation }: Probed,
  registry: Distribution,
): { reason: string; findings: string[]; message: string } {
  const { reason, findings, message } = diagnose(observation, {
    host: registry.host,
    repository: 'team/app',
    secret: 'login',
  });
  return { reason, findings: findings.map(({ type }) => type), message };
}

describe('probe on distribution with a token server', () => {
  let tokens: TokenServer;
  let registry: Distribution;
  let tokenHost: string;
  before(async () => {
    tokens = await startTokens('probe-tokens', { users });
    tokenHost = new URL(tokens.realm).host;
    registry = await startRegistry('probe-token-registry', { kind: 'token', ...tokens });
  });
  after(async () => {
    await registry.stop();
    await tokens.stop();
  });

  const rows = [
    {
      name: 'who may pull, push and delete',
      login: loginOf('admin'),
      reason: 'PushAuthorized',
      cleanup: 'Cancelled',
      findings: [],
      requests: ['pull,push', 'delete'],
    },
    {
      name: 'who may pull and push',
      login: loginOf('ci'),
      reason: 'PushAuthorized',
      cleanup: 'NotPermitted',
      findings: ['UploadNotCancelled'],
      requests: ['pull,push', 'delete'],
    },
    {
      name: 'who may only pull',
      login: loginOf('puller'),
      reason: 'PushDenied',
      says: 'missing: push',
      requests: ['pull,push', undefined],
    },
    {
      name: 'who may only push',
      login: loginOf('push-only'),
      reason: 'PushDenied',
      says: 'missing: pull',
      requests: ['pull,push', undefined],
    },
    {
      name: 'without rights',
      login: loginOf('nobody'),
      reason: 'PushDenied',
      says: 'granted: nothing',
      requests: ['pull,push', undefined],
    },
    {
      name: 'with a wrong password',
      login: { username: 'ci', password: 'canary-4711' },
      reason: 'CredentialsRejected',
      requests: ['pull,push', undefined],
    },
    {
      name: 'that does not exist',
      login: { username: 'who', password: 'canary-4711' },
      reason: 'CredentialsRejected',
      requests: ['pull,push', undefined],
    },
    {
      name: 'that is nobody at all',
      login: undefined,
      reason: 'CredentialsRequired',
      requests: ['pull,push'],
    },
  ];
  for (const { name, login, reason, cleanup, findings, says, requests } of rows) {
    it(`finds ${reason} for a user ${name}, asks for no more than it needs and leaves nothing visible`, async () => {
      const before = await registry.leftovers('team/app');
      const asked = tokens.requests.length;
      const probed = await run(registry, login, tokenHost);
      const verdict = verdictOf(probed, registry);
      expect(verdict).to.include({ reason });
      expect(probed).to.include({ product: 'distribution' });
      if (findings !== undefined) expect(verdict.findings).to.deep.equal(findings);
      if (says !== undefined) expect(verdict.message).to.include(says);
      if (cleanup !== undefined) expect(probed.observation).to.include({ cleanup });
      expect(
        tokens.requests.slice(asked).map(({ scopes }) => scopes[0]?.replace('repository:team/app:', '')),
      ).to.deep.equal(requests);
      const after = await registry.leftovers('team/app');
      // Only a login that may not cancel leaves its session.
      const sessions = cleanup === 'NotPermitted' ? 1 : 0;
      expect(after).to.deep.include({ ...NOTHING, uploads: after.uploads });
      expect(after.uploads).to.have.length(before.uploads.length + sessions);
      expect(JSON.stringify(probed)).not.to.include('canary-4711');
    });
  }

  it('sends the login to no token service that nobody trusts it with', async () => {
    const asked = tokens.requests.length;
    const probed = await run(registry, loginOf('admin'));
    expect(verdictOf(probed, registry).reason).to.equal('TokenRealmNotTrusted');
    expect(tokens.requests).to.have.length(asked);
  });

  it('agrees with a real push of every user', async () => {
    for (const name of ['admin', 'ci', 'puller', 'push-only', 'nobody'] as const) {
      const pushed = await cranePushes(registry, loginOf(name), `crane-${name}`, 'team/pushed:probe');
      const probed = await run(registry, loginOf(name), tokenHost, 'team/pushed');
      expect(probed.observation.kind === 'UploadAccepted', name).to.equal(pushed);
    }
  }).timeout(60_000);
});

describe('probe on distribution whose token server signs with an unknown key', () => {
  it('finds TokenRefused, after one more token', async () => {
    const tokens = await startTokens('wrong-kid-tokens', { users, wrongKid: true });
    const registry = await startRegistry('wrong-kid-registry', { kind: 'token', ...tokens });
    try {
      const probed = await run(registry, loginOf('admin'), new URL(tokens.realm).host);
      expect(verdictOf(probed, registry).reason).to.equal('TokenRefused');
      expect(tokens.requests).to.have.length(2);
    } finally {
      await registry.stop();
      await tokens.stop();
    }
  });
});

describe('probe on distribution with htpasswd', () => {
  let registry: Distribution;
  before(async () => {
    registry = await startRegistry('probe-htpasswd', { kind: 'htpasswd', users: { ci: 'pw-ci' } });
  });
  after(() => registry.stop());

  const rows = [
    {
      name: 'a good login',
      login: loginOf('ci'),
      reason: 'PushAuthorized',
      steps: ['ping', 'login', 'upload'],
    },
    {
      name: 'a wrong password',
      login: { username: 'ci', password: 'canary-4711' },
      reason: 'CredentialsRejected',
      steps: ['ping', 'login'],
    },
    {
      name: 'an unknown user',
      login: { username: 'who', password: 'canary-4711' },
      reason: 'CredentialsRejected',
      steps: ['ping', 'login'],
    },
    { name: 'no login', login: undefined, reason: 'CredentialsRequired', steps: ['ping'] },
  ];
  for (const { name, login, reason, steps } of rows) {
    it(`finds ${reason} for ${name} and leaves nothing`, async () => {
      const probed = await run(registry, login);
      expect(verdictOf(probed, registry).reason).to.equal(reason);
      expect(probed).to.include({ product: 'distribution' });
      expect(probed.steps.map(({ step }) => step)).to.deep.equal(steps);
      expect(await registry.leftovers('team/app')).to.deep.include(NOTHING);
    });
  }
});

describe('probe on distribution set up otherwise', () => {
  it('finds that an open registry lets anybody push, and that it never checked a login', async () => {
    const registry = await startRegistry('probe-open', { kind: 'none' });
    try {
      const anonymous = await run(registry, undefined);
      expect(verdictOf(anonymous, registry)).to.deep.include({
        reason: 'PushAuthorized',
        findings: ['AnonymousPushAccepted'],
      });
      const { observation } = await run(registry, { username: 'anyone', password: 'canary-4711' });
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'unchecked', cleanup: 'Cancelled' });
      expect(await registry.leftovers('team/app')).to.deep.include(NOTHING);
    } finally {
      await registry.stop();
    }
  });

  it('finds RegistryReadOnly in maintenance mode and for a pull-through cache', async () => {
    const upstream = await startRegistry('probe-upstream', { kind: 'none' });
    const readOnly = await startRegistry('probe-read-only', { kind: 'none' }, { readOnly: true });
    const cache = await startRegistry('probe-cache', { kind: 'none' }, { proxyOf: upstream.url });
    try {
      for (const registry of [readOnly, cache]) {
        const probed = await run(registry, undefined);
        expect(probed).to.include({ product: 'distribution' });
        expect(verdictOf(probed, registry).reason).to.equal('RegistryReadOnly');
      }
    } finally {
      await Promise.all([upstream.stop(), readOnly.stop(), cache.stop()]);
    }
  });
});
