import { expect } from 'chai';
import fc from 'fast-check';
import { isTooBroad } from '../../src/registry/binding.ts';
import { readDockerConfig } from '../../src/registry/dockerconfig.ts';
import { covers, isHostName, isPlainKey, labelFits, parseKey, shownKey } from '../../src/registry/key.ts';
import { aRegistry } from '../support/builders.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 8 });
const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*', '*'), maxLength: 8 });
const label = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 });
const hosts = fc.array(label, { minLength: 3, maxLength: 4 }).map((labels) => `${labels.join('.')}.example`);
const paths = fc.array(label, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

describe('labelFits', () => {
  it('says of any pattern what an expression would say', () => {
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(labelFits(pattern, text), `${pattern} ${text}`).to.equal(expression.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not go back and forth', () => {
    expect(labelFits('*a'.repeat(20_000), 'a'.repeat(63))).to.equal(false);
    expect(labelFits('*'.repeat(200_000), 'a'.repeat(63))).to.equal(true);
  });
});

describe('B2: covers', () => {
  it('covers a repository by its own host, path and whatever is above it, and by no longer path', () => {
    fc.assert(
      fc.property(hosts, paths, label, (host, path, more) => {
        const registry = aRegistry(host);
        const parts = path.split('/');
        for (let length = 0; length <= parts.length; length += 1) {
          const key = [host, ...parts.slice(0, length)].join('/');
          expect(covers(parseKey(key), registry, path), key).to.equal(true);
        }
        expect(covers(parseKey(`${host}/${path}${more}`), registry, path)).to.equal(false);
        expect(covers(parseKey(`${host}/${path}/${more}`), registry, path)).to.equal(false);
      }),
    );
  });

  it('covers no other host than a key without a wildcard names', () => {
    fc.assert(
      fc.property(hosts, hosts, paths, (key, host, path) => {
        expect(covers(parseKey(key), aRegistry(host), path)).to.equal(key === host);
      }),
    );
  });

  it('lets a wildcard stand for the letters of one part, whichever it is', () => {
    fc.assert(
      fc.property(hosts, hosts, fc.nat(3), (host, other, at) => {
        const pattern = host.split('.').with(Math.min(at, host.split('.').length - 1), '*');
        const same = other.split('.').length === pattern.length;
        const fits = same && pattern.every((part, n) => part === '*' || part === other.split('.')[n]);
        expect(covers(parseKey(pattern.join('.')), aRegistry(other), 'x')).to.equal(fits);
      }),
    );
  });
});

describe('B2: readDockerConfig', () => {
  it('gives no login by a wildcard that is too broad, whatever stands beside it', () => {
    const broad = fc.constantFrom('*', '*.example', 'a.*', '*.*.example', 'a.*.example', '*.co.uk');
    fc.assert(
      fc.property(fc.array(broad, { minLength: 1 }), hosts, (keys, host) => {
        const login = { username: 'u', password: 'p' };
        const auths = Object.fromEntries(keys.map((key) => [key, login]));
        const entry = readDockerConfig(JSON.stringify({ auths }), aRegistry(host), 'team/app');
        expect(entry.kind).to.be.oneOf(['unmatched', 'too-broad']);
        expect(keys.every((key) => isTooBroad(key))).to.equal(true);
      }),
    );
  });
});

describe('shownKey', () => {
  it('shows the host of a key, and nothing else of it', () => {
    const rows: readonly (readonly [key: string, shown: string])[] = [
      ['https://reg.example/v1/', '"reg.example"'],
      ['REG.example:5000/team', '"reg.example:5000"'],
      ['ci:secret@reg.example', '"reg.example"'],
      ['*.reg.example', '"*.reg.example"'],
      ['*', '"*"'],
      ['localhost:5000', '"localhost:5000"'],
      ['[fd00::1]:5000', '"[fd00::1]:5000"'],
      ['hunter2', 'a key that is no host name (7 characters)'],
      ['', 'a key that is no host name (0 characters)'],
      ['a b.example', 'a key that is no host name (11 characters)'],
    ];
    for (const [key, shown] of rows) expect(shownKey(key), key).to.equal(shown);
  });
});

describe('isPlainKey', () => {
  const good = [
    'reg.example',
    'REG.example',
    'reg.example:5000',
    'localhost',
    '127.0.0.1:5000',
    '[::1]:5000',
    '[::1]',
  ];
  const withPath = ['reg.example/team', 'https://reg.example/v2/team/app/', 'docker.io'];
  for (const text of [...good, ...withPath]) {
    it(`takes ${text}`, () => expect(isPlainKey(text)).to.equal(true));
  }
  for (const text of good) it(`is a host name: ${text}`, () => expect(isHostName(text)).to.equal(true));

  const bad = [
    '',
    ' ',
    '*',
    '*.reg.example',
    'reg.*',
    'ci@reg.example',
    'reg.example:',
    'reg.example:0',
    'reg.example\n',
  ];
  const worse = [
    'ftp://reg.example',
    'reg.example/a b',
    'reg.example/\n',
    'reg.example:99999999',
    'a,b',
    '-',
    'a'.repeat(300),
  ];
  for (const text of [...bad, ...worse]) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      expect(isPlainKey(text)).to.equal(false);
      expect(isHostName(text)).to.equal(false);
    });
  }

  it('takes no path where only a host is meant', () => {
    for (const text of withPath.slice(0, 2)) expect(isHostName(text)).to.equal(false);
  });
});
