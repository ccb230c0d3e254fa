import { expect } from 'chai';
import { readDockerConfig } from '../../src/registry/dockerconfig.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';

/** What was taken of a file that has one login for each key; the user name is the number of the key. */
function entryFor(
  keys: readonly string[],
  url: string,
  repository: string,
): { readonly taken: string | undefined; readonly shown: string } | undefined {
  const entries = keys.map((key, at): [string, unknown] => [key, { username: String(at), password: 'p' }]);
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  // Not by an object literal: a key may be __proto__.
  const auths = entries.map(([key, entry]) => `${JSON.stringify(key)}:${JSON.stringify(entry)}`).join(',');
  const entry = readDockerConfig(`{"auths":{${auths}}}`, registry, repository);
  if (entry.kind !== 'found' || entry.login.kind !== 'password') return undefined;
  return { taken: keys[Number(entry.login.username)], shown: entry.key };
}

/** The key whose login was taken. */
function keyFor(keys: readonly string[], url: string, repository = 'team/app'): string | undefined {
  return entryFor(keys, url, repository)?.taken;
}

describe('B2: readDockerConfig chooses a key', () => {
  it('and none whose wildcard stands for the customer or the namespace that the host belongs to', () => {
    expect(keyFor(['*.*.amazonaws.com'], 'https://evil.s3.amazonaws.com')).to.equal(undefined);
    expect(keyFor(['*.*.*.cluster.local'], 'https://reg.evil.svc.cluster.local')).to.equal(undefined);
    expect(keyFor(['*.*.reg.example'], 'https://a.b.reg.example')).to.equal('*.*.reg.example');
  });

  const matching: readonly [name: string, key: string, url: string][] = [
    ['the host itself', 'reg.example', 'https://reg.example'],
    ['in capitals', 'REG.Example', 'https://reg.example'],
    ['for a URL in capitals', 'reg.example', 'https://REG.EXAMPLE'],
    ['with a slash at the end', 'reg.example/', 'https://reg.example'],
    ['with https', 'https://reg.example', 'https://reg.example'],
    ['with https in capitals', 'HTTPS://reg.example', 'https://reg.example'],
    ['with http, which does not forbid https', 'http://reg.example', 'https://reg.example'],
    ['with http for http', 'http://reg.example', 'http://reg.example'],
    ['with /v1/', 'https://reg.example/v1/', 'https://reg.example'],
    ['with /v2', 'https://reg.example/v2', 'https://reg.example'],
    ['with /v2/ and a path', 'reg.example/v2/team', 'https://reg.example'],
    ['with the default port', 'reg.example:443', 'https://reg.example'],
    ['without the default port', 'reg.example', 'https://reg.example:443'],
    ['with the default port of http', 'reg.example:80', 'http://reg.example'],
    ['with its port', 'reg.example:5000', 'https://reg.example:5000'],
    ['with a wildcard', '*.reg.example', 'https://eu.reg.example'],
    ['with a wildcard in a part', 'eu-*.reg.example', 'https://eu-1.reg.example'],
    ['with several wildcards', '*.*-x.reg.example', 'https://a.b-x.reg.example'],
    ['with a wildcard for no letter', 'eu*.reg.example', 'https://eu.reg.example'],
    ['with a wildcard in capitals', '*.REG.example', 'https://eu.reg.example'],
    ['with a wildcard and a path', 'https://*.reg.example/v2/team', 'https://eu.reg.example'],
    ['with a wildcard and a port', '*.reg.example:5000', 'https://eu.reg.example:5000'],
    ['with a wildcard and the default port', '*.reg.example:443', 'https://eu.reg.example'],
    [
      'with a wildcard for the accounts of a region',
      '*.dkr.ecr.eu-west-1.amazonaws.com',
      'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    ],
    ['with an IPv6 address', '[fd00::1]:5000', 'https://[fd00::1]:5000'],
    ['with a path', 'reg.example/team', 'https://reg.example'],
    ['with the whole path', 'reg.example/team/app', 'https://reg.example'],
    ['with a path and slashes at its end', 'reg.example/team//', 'https://reg.example'],
    ['with the prefix', 'reg.example/art', 'https://reg.example/art'],
    ['with prefix and path', 'reg.example/art/team', 'https://reg.example/art'],
    ['as docker login writes it for Docker Hub', 'https://index.docker.io/v1/', 'docker.io'],
    ['docker.io for index.docker.io', 'docker.io', 'https://index.docker.io'],
    ['registry-1.docker.io for docker.io', 'registry-1.docker.io', 'docker.io'],
    ['registry.hub.docker.com for docker.io', 'registry.hub.docker.com', 'docker.io'],
    ['Docker Hub with the default port', 'index.docker.io:443', 'docker.io'],
    ['Docker Hub with a path', 'docker.io/team', 'docker.io'],
  ];
  for (const [name, key, url] of matching) {
    it(`${name}: ${key} for ${url}`, () => expect(keyFor([key], url)).to.equal(key));
  }

  const others: readonly [name: string, key: string, url: string][] = [
    ['another host', 'other.example', 'https://reg.example'],
    ['a host under it', 'x.reg.example', 'https://reg.example'],
    ['the domain above it', 'example', 'https://reg.example'],
    ['a longer host', 'reg.example.evil', 'https://reg.example'],
    ['another port', 'reg.example:5000', 'https://reg.example'],
    ['no port where there is one', 'reg.example', 'https://reg.example:5000'],
    ['the default port of the other scheme', 'reg.example:80', 'https://reg.example'],
    ['https for http: it binds the login to https', 'https://reg.example', 'http://reg.example'],
    ['a path that ends inside a segment', 'reg.example/tea', 'https://reg.example'],
    ['a longer path', 'reg.example/team/app/x', 'https://reg.example'],
    ['a path in capitals', 'reg.example/Team', 'https://reg.example'],
    ['a path instead of the prefix', 'reg.example/team', 'https://reg.example/art'],
    ['a user name in front of the host', 'ci@reg.example', 'https://reg.example'],
    ['a wildcard under a top-level domain', '*.example', 'https://reg.example'],
    ['a wildcard for everything', '*', 'https://localhost'],
    ['a wildcard to the right', 'reg.*', 'https://reg.example'],
    ['a wildcard with one part to its right', 'eu.*.example', 'https://eu.reg.example'],
    ['a wildcard under a public suffix', '*.co.uk', 'https://reg.co.uk'],
    ['a wildcard under a domain of many customers', '*.azurecr.io', 'https://other.azurecr.io'],
    ['a wildcard for every namespace', '*.*.svc.cluster.local', 'https://reg.team.svc.cluster.local'],
    ['a wildcard for two parts', '*.reg.example', 'https://a.eu.reg.example'],
    ['a wildcard for no part', '*.reg.example', 'https://reg.example'],
    ['a wildcard for an address', '*.0.0.1', 'https://127.0.0.1'],
    ['a wildcard for a port', '*.reg.example:*', 'https://eu.reg.example:5000'],
    ['a wildcard without the port', '*.reg.example', 'https://eu.reg.example:5000'],
    ['a wildcard in the path', 'reg.example/te*', 'https://reg.example'],
    ['a wildcard with https for http', 'https://*.reg.example', 'http://eu.reg.example'],
    ['a question mark', '?u.reg.example', 'https://eu.reg.example'],
    ['a class of letters', '[e]u.reg.example', 'https://eu.reg.example'],
    ['everything', '*', 'https://reg.example'],
    ['an expression', 'reg.exampl.', 'https://reg.example'],
    ['an empty key', '', 'https://reg.example'],
    ['another scheme', 'ftp://reg.example', 'https://reg.example'],
    ['white space', ' reg.example', 'https://reg.example'],
    ['__proto__', '__proto__', 'https://reg.example'],
    ['constructor', 'constructor', 'https://reg.example'],
    ['toString', 'toString', 'https://reg.example'],
    ['a host that only contains Docker Hub', 'docker.io.evil.example', 'docker.io'],
    ["Docker's web site", 'hub.docker.com', 'docker.io'],
    ['Docker Hub for another host', 'docker.io', 'https://reg.example'],
    ['a mirror of Docker Hub', 'docker.io:5000', 'docker.io'],
  ];
  for (const [name, key, url] of others) {
    it(`but not ${name}: ${JSON.stringify(key)} for ${url}`, () =>
      expect(keyFor([key], url)).to.equal(undefined));
  }

  const shown: readonly [key: string, shown: string][] = [
    ['reg.example', 'reg.example'],
    ['REG.Example:443', 'reg.example:443'],
    ['https://reg.example/v1/', 'reg.example'],
    ['reg.example/team//', 'reg.example/team'],
    ['http://reg.example/v2/team/app', 'reg.example/team/app'],
  ];
  for (const [key, name] of shown) {
    it(`and shows ${key} as ${name}: what users typed around it is not shown`, () =>
      expect(entryFor([key], 'https://reg.example', 'team/app')?.shown).to.equal(name));
  }

  it('finds nothing for a host with the name of a property that every object has', () => {
    expect(keyFor(['reg.example'], 'https://constructor')).to.equal(undefined);
    expect(keyFor(['constructor'], 'https://constructor')).to.equal('constructor');
    expect(keyFor(['__proto__'], 'https://reg.example')).to.equal(undefined);
    expect(keyFor(['__proto__', 'reg.example'], 'https://reg.example')).to.equal('reg.example');
  });

  const several: readonly [name: string, keys: readonly string[], repository: string, expected: string][] = [
    [
      'the longest path',
      ['reg.example', 'reg.example/team/app', 'reg.example/team'],
      'team/app',
      'reg.example/team/app',
    ],
    [
      'the longest path that matches',
      ['reg.example', 'reg.example/team/app', 'reg.example/team'],
      'team/x',
      'reg.example/team',
    ],
    [
      'the host where no path matches',
      ['reg.example/a', 'reg.example', 'reg.example/b'],
      'team/app',
      'reg.example',
    ],
    [
      'the longest path whatever the form',
      ['https://reg.example/v1/', 'REG.example:443/team/'],
      'team/app',
      'REG.example:443/team/',
    ],
    [
      'the host itself before a wildcard with a path',
      ['*.reg.example/team/app', 'eu.reg.example', '*.reg.example'],
      'team/app',
      'eu.reg.example',
    ],
    [
      'the wildcard with more letters',
      ['*.reg.example/team', 'e*.reg.example', '*u.reg.example/team/app'],
      'team/app',
      '*u.reg.example/team/app',
    ],
    [
      'a good wildcard among those that are too broad',
      ['*', 'eu.*', '*.reg.example'],
      'x/y',
      '*.reg.example',
    ],
    [
      'the first of two that say the same',
      ['https://reg.example', 'reg.example'],
      'team/app',
      'https://reg.example',
    ],
    [
      'the right host among many',
      ['other.example', '__proto__', 'reg.example', 'x.example'],
      'team/app',
      'reg.example',
    ],
  ];
  for (const [name, keys, repository, expected] of several) {
    it(`of several, ${name}`, () => {
      const url = keys.some((key) => key.includes('*')) ? 'https://eu.reg.example' : 'https://reg.example';
      expect(keyFor(keys, url, repository)).to.equal(expected);
      if (!name.startsWith('the first')) {
        expect(keyFor(keys.toReversed(), url, repository)).to.equal(expected);
      }
    });
  }
});
