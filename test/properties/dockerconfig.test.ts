import { expect } from 'chai';
import * as fc from 'fast-check';
import { readDockerConfig, type DockerConfigEntry } from '../../src/registry/dockerconfig.ts';
import { readEntry } from '../../src/registry/dockerentry.ts';
import { covers, parseKey } from '../../src/registry/key.ts';
import { kubeletRefuses } from '../../src/registry/kubelet.ts';
import type { Login } from '../../src/registry/login.ts';
import { aRegistry } from '../support/builders.ts';
import { hostile, madeOf, properties, trees } from '../support/properties.ts';

const CANARY = 'S3cr3t/C4nary!';
const CANARIES = [
  CANARY,
  encodeURIComponent(CANARY),
  base64(CANARY),
  base64(`ci:${CANARY}`),
  'S3cr3t',
  'C4nary',
];
const REGISTRY = aRegistry('reg.example.com:5000');

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const keys = [
  'auths',
  'credsStore',
  'credHelpers',
  'reg.example.com:5000',
  'https://reg.example.com:5000/v1/',
  'REG.example.com:5000',
  '*.example.com:5000',
  'other.example.com',
  '*',
  'auth',
  'username',
  'password',
  'email',
  'identitytoken',
  'registrytoken',
  `user:${CANARY}@reg.example.com:5000`,
  `reg.example.com:5000/${CANARY}`,
  `?${CANARY}`,
] as const;
const leaves = fc.oneof(
  fc.constantFrom(
    CANARY,
    base64(CANARY),
    base64(`ci:${CANARY}`),
    `${base64(`ci:${CANARY}`)}\n`,
    `\0${CANARY}`,
    `${CANARY}\n`,
    `ci:${CANARY}`,
    base64(`ci:${CANARY}\u0007`),
    `${base64('ci:x')}!`,
    ` ${base64('ci:x')}`,
    '',
    'ci',
    'é',
    '\ud800',
    null,
    1,
    true,
  ),
  hostile(20),
);
const config = fc
  .oneof(
    fc
      .dictionary(fc.constantFrom('auth', 'username', 'password', 'identitytoken', 'registrytoken'), leaves)
      .map((entry) => ({ auths: { 'reg.example.com:5000': entry } })),
    trees(keys, leaves),
    trees(keys, leaves).map((auths) => ({ auths })),
    trees(keys, leaves).map((entry) => ({
      auths: { 'reg.example.com:5000': entry, 'other.example.com': { auth: base64(CANARY) } },
    })),
  )
  .map((tree) => JSON.stringify(tree));
const texts = fc.oneof(
  { weight: 4, arbitrary: config },
  fc.tuple(config, fc.nat(200)).map(([text, length]) => text.slice(0, length)),
  config.map(base64),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  madeOf(['{', '}', '[', '"auths"', ':', ',', 'auths:\n', CANARY, '\ufeff', 'ci:', '"', '\\u0000'], 12),
);
const names = fc.constantFrom('.dockerconfigjson', '.dockercfg');

function secretsOf(login: Login): readonly string[] {
  if (login.kind === 'password') return [login.username, login.password.reveal()];
  const beside = login.kind === 'identity' && login.beside !== undefined ? secretsOf(login.beside) : [];
  return [login.token.reveal(), ...beside];
}

/** All that a person is told. */
function said(entry: DockerConfigEntry): string {
  return entry.kind === 'found' ? JSON.stringify(entry.notes) : entry.detail;
}

/** The entries of a configuration, as members that it has itself. */
function entriesOf(text: string, name: string): ReadonlyMap<string, unknown> {
  const parsed = JSON.parse(text) as object;
  const auths: unknown =
    name === '.dockercfg' ? parsed : Object.getOwnPropertyDescriptor(parsed, 'auths')?.value;
  return new Map(Object.entries(auths as object));
}

properties('docker configuration', (holds) => {
  holds(
    'L8: gives a login or a sentence that has nothing of a value in it',
    fc.property(texts, names, (text, name) => {
      const entry = readDockerConfig(text, REGISTRY, 'team/app', name);
      expect(entry.kind).to.be.oneOf(['found', 'invalid', 'unmatched', 'too-broad']);
      for (const canary of CANARIES) expect(said(entry)).to.not.include(canary);
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      expect(said(entry)).to.match(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+$/);
      expect(said(entry).length).to.be.at.most(4096);
    }),
    1500,
  );

  holds(
    'row 57: takes a login from an entry of its own, under a key that names the registry, and from nowhere else',
    fc.property(texts, names, (text, name) => {
      const entry = readDockerConfig(text, REGISTRY, 'team/app', name);
      if (entry.kind !== 'found') return;
      const possible = [...entriesOf(text, name)]
        .filter(([key]) => covers(parseKey(key), REGISTRY, 'team/app'))
        .flatMap(([, value]) => Object.entries(value as object))
        .flatMap(([field, value]) => (field === 'auth' ? pairOf(String(value)) : [String(value)]));
      for (const secret of secretsOf(entry.login)) expect(possible).to.include(secret);
      expect(entry.isFor('team/app')).to.equal(true);
    }),
    1500,
  );

  holds(
    'is never better than the kubelet thinks: an entry that gives a password is one that it can read',
    fc.property(
      trees(['auth', 'username', 'password', 'identitytoken', 'registrytoken', 'email'], leaves),
      (tree) => {
        const entry: unknown = JSON.parse(JSON.stringify(tree));
        const read = readEntry(entry);
        kubeletRefuses(entry);
        if (typeof read === 'string' || read.login.kind !== 'password') return;
        // The address, which nothing of ours reads, is the only thing that can be wrong there.
        const { email = '' } = entry as { readonly email?: unknown };
        if (typeof email === 'string' || email === null) expect(kubeletRefuses(entry)).to.equal(false);
      },
    ),
    500,
  );

  const spoiled = fc
    .tuple(
      fc.string({ maxLength: 12 }).map((password) => base64(`ci:${password}`)),
      fc.nat(40),
      fc.constantFrom('', '', '=', '-', '_', '!', '*', '.', 'A', '\0', 'é', 'cut'),
    )
    .map(([text, at, more]) => {
      const place = at % (text.length + 1);
      if (more === 'cut') return text.replace(/=+$/, '').slice(0, Math.max(4, text.length - (at % 3)));
      return `${text.slice(0, place)}${more}${text.slice(place)}`;
    });
  holds(
    'takes an "auth" that is base64 to the last sign, and repairs none',
    fc.property(spoiled, (auth) => {
      const read = readEntry({ auth });
      if (typeof read !== 'string') expect(base64(secretsOf(read.login).join(':'))).to.equal(auth);
    }),
    500,
  );

  const word = fc.string({ minLength: 1, maxLength: 30 });
  holds(
    'reads the login that docker writes, whatever its letters',
    fc.property(
      word.filter((text) => !text.includes(':')),
      word,
      (username, password) => {
        const auths = { 'reg.example.com:5000': { auth: base64(`${username}:${password}`) } };
        const entry = readDockerConfig(JSON.stringify({ auths }), REGISTRY, 'team/app');
        expect(entry.kind === 'found' ? secretsOf(entry.login) : said(entry)).to.deep.equal([
          username,
          password,
        ]);
      },
    ),
  );
});

function pairOf(auth: string): readonly string[] {
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return [decoded.slice(0, colon), decoded.slice(colon + 1)];
}
