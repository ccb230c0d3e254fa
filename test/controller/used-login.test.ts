import { expect } from 'chai';
import { expiredAt } from '../../src/check/expiry.ts';
import { credentialsOf, usedLogin } from '../../src/controller/used-login.ts';
import { Secret } from '../../src/registry/secret.ts';
import { aCheck, aCredential, anAnswer, at, aUsedLogin, NOW_MS } from '../support/builders.ts';
import { after, green } from './story.ts';
import { visit, type Scene } from './world.ts';

const HOUR = 3_600_000;
const ends = (afterMs: number): NonNullable<ReturnType<typeof aUsedLogin>['expiry']> => ({
  atMs: NOW_MS + afterMs,
  source: 'JWT',
});

describe('usedLogin', () => {
  it('L7: keeps what is no secret, and the user name only where it may be shown', () => {
    const credential = aCredential('hunter2', { expiry: ends(HOUR) });
    const kept = { matchedKey: 'registry.example.com', expiry: ends(HOUR), findings: [] };
    expect(usedLogin(credential, false)).to.deep.equal({ ...kept, principal: undefined });
    expect(usedLogin(credential, true)).to.deep.equal({ ...kept, principal: 'ci' });
  });

  it('L7: shows no control characters, no end of a long name, and no token', () => {
    const named = (username: string): string | undefined => {
      const login = { kind: 'password', username, password: new Secret('x') } as const;
      return usedLogin(aCredential('x', { login }), true).principal;
    };
    expect(named('c\u001b[31m\ni')).to.equal('c�[31m�i');
    expect(named('n'.repeat(1000))).to.have.length(256);
    const login = { kind: 'token', token: new Secret('t') } as const;
    expect(usedLogin(aCredential('x', { login }), true).principal).to.equal(undefined);
  });
});

describe('expiredAt', () => {
  it('is the end of a login that is over', () => {
    expect(expiredAt(aUsedLogin({ expiry: ends(-HOUR) }), NOW_MS)).to.equal(at(-HOUR));
    expect(expiredAt(aUsedLogin({ expiry: ends(0) }), NOW_MS)).to.equal(at(0));
    expect(expiredAt(aUsedLogin({ expiry: ends(1000) }), NOW_MS)).to.equal(undefined);
    expect(expiredAt(aUsedLogin(), NOW_MS)).to.equal(undefined);
    expect(expiredAt(undefined, NOW_MS)).to.equal(undefined);
  });
});

describe('credentialsOf', () => {
  it('keeps the time of the first probe as long as the Secret is the same', () => {
    const first = credentialsOf(undefined, '7', aUsedLogin({ expiry: ends(HOUR), principal: 'ci' }), at(0));
    expect(first).to.deep.equal({
      secretResourceVersion: '7',
      firstSeenTime: at(0),
      matchedKey: 'registry.example.com',
      principal: 'ci',
      expiresAt: at(HOUR),
      expirySource: 'JWT',
    });
    expect(credentialsOf(first, '7', undefined, at(HOUR))).to.deep.equal({
      secretResourceVersion: '7',
      firstSeenTime: at(0),
    });
    expect(credentialsOf(first, '8', undefined, at(HOUR)).firstSeenTime).to.equal(at(HOUR));
    const other = credentialsOf(first, '8', aUsedLogin({ expiry: ends(2 * HOUR) }), at(HOUR));
    expect(other.firstSeenTime).to.equal(at(HOUR));
    const older = { secretResourceVersion: '7' };
    expect(credentialsOf(older, '7', undefined, at(HOUR)).firstSeenTime).to.equal(at(HOUR));
  });

  it('keeps it where the Secret is another one and the end of the login is not: a label has changed', () => {
    const login = aUsedLogin({ expiry: ends(HOUR) });
    const relabelled = credentialsOf(credentialsOf(undefined, '7', login, at(0)), '8', login, at(HOUR));
    expect(relabelled).to.include({ secretResourceVersion: '8', firstSeenTime: at(0) });
  });

  it('keeps it through edits of the check', () => {
    const edited = after([
      green({ secretVersion: '7' }),
      green({ secretVersion: '7', generation: 4, afterMs: HOUR }),
    ]);
    expect(edited.status?.credentials?.firstSeenTime).to.equal(at(0));
  });
});

describe('reconcile with a login that runs out', () => {
  const check = aCheck({ spec: { existingSecret: 'push' } });
  const scene = (afterMs: number, more: Partial<Scene>): Scene => ({
    check,
    secret: {
      kind: 'credential',
      credential: aCredential('hunter2', { expiry: ends(afterMs) }),
      form: 'password',
      version: '7',
    },
    versionThen: '7',
    ...more,
  });
  const refused = { kind: 'LoginRefused', answer: anAnswer(401) } as const;

  it('asks all the same, and is green where the registry takes it', async () => {
    const { status } = await visit(scene(-HOUR, {}));
    expect(status?.conditions?.[0]).to.include({ type: 'Ready', status: 'True' });
    expect(status?.credentials).to.include({
      expiresAt: at(-HOUR),
      expirySource: 'JWT',
      firstSeenTime: at(0),
    });
  });

  it('says when it ran out where the registry refuses it', async () => {
    const { status } = await visit(scene(-HOUR, { meets: refused }));
    expect(status?.conditions?.[0]).to.include({
      reason: 'CredentialsExpired',
      message: `registry.example.com refused the login in Secret push (401): it has expired at ${at(-HOUR)}`,
    });
    // The form of the Secret stays what it is.
    expect(status?.remediation?.steps?.join()).to.include('kubectl create secret generic push -n team');
  });

  it('is plainly wrong where it has not run out yet', async () => {
    const { status } = await visit(scene(HOUR, { meets: refused }));
    expect(status?.conditions?.[0]).to.include({ reason: 'CredentialsRejected' });
  });

  it('L7: shows the user name only where the installation wants it', async () => {
    expect((await visit(scene(HOUR, {}))).status?.credentials).to.not.have.property('principal');
    const { status } = await visit(scene(HOUR, { showPrincipal: true }));
    expect(status?.credentials?.principal).to.equal('ci');
  });

  it('writes the findings of the Secret beside those of the probe', async () => {
    const credential = aCredential('hunter2', {
      findings: [{ type: 'ExpiryMalformed', message: 'no time' }],
    });
    const meets = {
      kind: 'UploadAccepted',
      login: 'proven',
      location: { kind: 'here' },
      cleanup: 'Failed',
    } as const;
    const { status } = await visit({
      ...scene(0, { meets }),
      secret: { kind: 'credential', credential, form: 'other', version: '7' },
    });
    expect(status?.findings?.map(({ type }) => type)).to.deep.equal([
      'UploadNotCancelled',
      'ExpiryMalformed',
    ]);
  });
});
