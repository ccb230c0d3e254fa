import { expect } from 'chai';
import fc from 'fast-check';
import { readDockerConfig, type DockerConfigEntry } from '../../src/registry/dockerconfig.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';
import { CANARY, leaksOf } from '../support/scripted-registry.ts';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const good = { auth: base64(`ci:${CANARY}`) };
const CANARY_TOKEN = 'c4nary.identity';
const config = (auths: unknown): string => JSON.stringify({ auths });

function read(text: string, url = 'https://reg.example', repository = 'team/app'): DockerConfigEntry {
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  return readDockerConfig(text, registry, repository);
}

/** The user name that was found, or what is said instead. */
function outcome(entry: DockerConfigEntry): string {
  if (entry.kind !== 'found') return entry.kind;
  return entry.login.kind === 'password' ? `found ${entry.login.username}` : `found ${entry.login.kind}`;
}

describe('readDockerConfig', () => {
  describe('with a login', () => {
    const rows: readonly [name: string, entry: unknown, username: string, password: string][] = [
      ['in auth', good, 'ci', CANARY],
      ['in username and password', { username: 'ci', password: CANARY }, 'ci', CANARY],
      ['with auth before the others', { ...good, username: 'other', password: 'other' }, 'ci', CANARY],
      ['beside an empty auth', { auth: '', username: 'ci', password: CANARY }, 'ci', CANARY],
      ['beside an email and unknown fields', { ...good, email: 7, x: null }, 'ci', CANARY],
      ['with colons in the password', { auth: base64('ci:a:b:') }, 'ci', 'a:b:'],
      ['with white space', { username: ' ci ', password: ' p ' }, ' ci ', ' p '],
      ['of a token', { auth: base64('<token>:t') }, '<token>', 't'],
      [
        'of the all-zero GUID',
        { username: '00000000-0000-0000-0000-000000000000', password: 't' },
        '00000000-0000-0000-0000-000000000000',
        't',
      ],
      ['with letters of any alphabet', { auth: base64('имя:пароль🎉') }, 'имя', 'пароль🎉'],
    ];
    for (const [name, entry, username, password] of rows) {
      it(`reads one ${name}, unchanged`, () => {
        const found = read(config({ 'reg.example': entry }));
        if (found.kind !== 'found') throw new Error(found.detail);
        if (found.login.kind !== 'password') throw new Error('a token');
        expect([found.login.username, found.login.password.reveal()]).to.deep.equal([username, password]);
        expect(leaksOf(JSON.stringify(found))).to.deep.equal([]);
      });
    }

    it('reads a registry token before the rest, unchanged', () => {
      const found = read(config({ 'reg.example': { ...good, registrytoken: 'c4nary.token' } }));
      if (found.kind !== 'found' || found.login.kind !== 'token') throw new Error('no token');
      expect(found.login.token.reveal()).to.equal('c4nary.token');
      expect(JSON.stringify(found)).to.not.include('c4nary');
    });

    const identities: readonly [name: string, entry: unknown, beside: string | undefined][] = [
      ['alone', { identitytoken: CANARY_TOKEN }, undefined],
      ['beside a user name', { username: 'ci', identitytoken: CANARY_TOKEN }, undefined],
      ['as docker leaves it', { auth: base64('<token>:'), identitytoken: CANARY_TOKEN }, undefined],
      ['before a password', { ...good, identitytoken: CANARY_TOKEN }, `ci:${CANARY}`],
    ];
    for (const [name, entry, beside] of identities) {
      it(`reads an identity token ${name}, unchanged`, () => {
        const found = read(config({ 'reg.example': entry }));
        if (found.kind !== 'found' || found.login.kind !== 'identity') throw new Error('no identity token');
        const { token, beside: login } = found.login;
        expect(token.reveal()).to.equal(CANARY_TOKEN);
        expect(login && `${login.username}:${login.password.reveal()}`).to.equal(beside);
        expect(JSON.stringify(found)).to.not.include('c4nary');
      });
    }

    it('is not disturbed by other entries that are malformed', () => {
      expect(outcome(read(config({ a: null, b: { auth: '%' }, c: 7, 'reg.example': good })))).to.equal(
        'found ci',
      );
    });

    it('reads 1000 entries', () => {
      const others = Array.from({ length: 999 }, (_, n): [string, unknown] => [`h${n}.example`, {}]);
      expect(outcome(read(config(Object.fromEntries([...others, ['reg.example', good]]))))).to.equal(
        'found ci',
      );
    });
  });

  it('does not choke on texts that make regular expressions go back', () => {
    const n = 262_000;
    const texts = [
      `${' '.repeat(n)}!`,
      `${'a'.repeat(n)}!`,
      `${'a '.repeat(n / 2)}!`,
      `${'a'.repeat(n / 2)}:${'a'.repeat(n / 2 - 9)} !`,
      config({ [`reg.example/${'/'.repeat(n - 100)}x`]: good }),
      config({ [`reg.example:${'1'.repeat(n - 100)}x`]: good }),
      config({ 'reg.example': { auth: `${'='.repeat(n - 100)}x` } }),
      config({ 'reg.example': { auth: `${' '.repeat(n - 100)}x` } }),
    ];
    // With a quadratic expression each of them takes minutes, which mocha's timeout does not grant.
    for (const text of texts) expect(read(text).kind).to.not.equal('found');
  });

  it('never throws and shows no secret, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((auths) => `{"auths":${auths}}`),
      fc.json().map((entry) => `{"auths":{"reg.example":${entry}}}`),
      fc.dictionary(fc.string(), fc.jsonValue()).map((entry) => config({ 'reg.example': entry })),
    );
    fc.assert(
      fc.property(text, (any) => {
        const entry = read(any);
        expect(['found', 'invalid', 'unmatched', 'too-broad']).to.include(entry.kind);
      }),
      { numRuns: 500 },
    );
  });
});
