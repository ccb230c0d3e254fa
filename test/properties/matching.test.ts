import { expect } from 'chai';
import * as fc from 'fast-check';
import { isTooBroad, spansOwners } from '../../src/registry/binding.ts';
import { readDockerConfig, type DockerConfigEntry } from '../../src/registry/dockerconfig.ts';
import { covers, isWildcard, parseKey, shownKey } from '../../src/registry/key.ts';
import { kubeletTakes } from '../../src/registry/kubelet.ts';
import type { Registry } from '../../src/registry/origin.ts';
import { aRegistry } from '../support/builders.ts';
import { HOSTS, ownerOf } from '../support/owners.ts';
import { hostile, madeOf, properties } from '../support/properties.ts';

const HUB = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];

const hosts = fc.constantFrom(...HOSTS);
const ports = fc.constantFrom('', '', '', ':443', ':80', ':5000');
const repositories = fc.constantFrom('app', 'team/app', 'team/app/more', 'teams/app', 'v1/app');

/** A host with wildcards in place of some of its letters, or as it is. */
function patterns(of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const star = fc.tuple(fc.nat(5), fc.constantFrom('*', '*', 'r*', '*g', '**', ''));
  return fc.tuple(of, fc.array(star, { maxLength: 2 })).map(([name, stars]) => {
    const labels = name.split('.');
    for (const [at, text] of stars) if (at < labels.length) labels[at] = text;
    return labels.join('.');
  });
}

const schemes = fc.constantFrom('', '', 'https://', 'http://', 'HTTPS://');
const paths = fc.constantFrom(
  '',
  '',
  '',
  '/',
  '/v1/',
  '/v2',
  '/team',
  '/team/',
  '/team/app',
  '/te',
  '/app',
  '/v1/team',
  '//',
  '/team//',
);

/** Keys as people write them for one of some hosts, and keys that are none. */
function keys(of: fc.Arbitrary<string> = hosts): fc.Arbitrary<string> {
  const written = fc
    .tuple(schemes, patterns(of), ports, paths, fc.boolean())
    .map(([scheme, name, port, path, loud]) => `${scheme}${loud ? name.toUpperCase() : name}${port}${path}`);
  const odd = madeOf(['*', '.', 'com', ':', '/', '[', ']', 'acme', '__proto__', '?', '@', 'https://'], 8);
  return fc.oneof({ weight: 8, arbitrary: written }, odd, hostile(20));
}

/** A registry, and keys of which most look like its host. */
const meetings = hosts.chain((host) => {
  const like = fc.oneof(
    { weight: 5, arbitrary: fc.constant(host) },
    { weight: 1, arbitrary: HUB.includes(host) ? fc.constantFrom(...HUB) : hosts },
  );
  const url = fc
    .tuple(fc.constantFrom('', '', 'https://', 'http://'), fc.constant(host), ports)
    .map((parts) => parts.join(''));
  return fc.tuple(fc.uniqueArray(keys(like), { minLength: 1, maxLength: 6 }), url);
});

function configOf(all: readonly string[]): string {
  // The login tells which key it was. Not by assignment: `__proto__` is a key like any other.
  return `{"auths":{${all.map((key) => `${JSON.stringify(key)}:{"username":"u","password":${JSON.stringify(`p-${Buffer.from(key).toString('hex')}`)}}`).join(',')}}}`;
}

function find(all: readonly string[], registry: Registry, repository: string): DockerConfigEntry {
  return readDockerConfig(configOf(all), registry, repository);
}

function keyOf(entry: DockerConfigEntry): string | undefined {
  if (entry.kind !== 'found' || entry.login.kind !== 'password') return undefined;
  return Buffer.from(entry.login.password.reveal().slice(2), 'hex').toString();
}

/** Host and port of a key by an expression of our own, the port of the scheme left out. */
function hostPort(key: string, { origin }: Registry): string {
  const bare = key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/s, '');
  return bare.replace(origin.protocol === 'https:' ? /:443$/ : /:80$/, '');
}

function globs(glob: string, name: string): boolean {
  const parts = glob.split('*').map((text) => text.replace(/[^a-z0-9]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^.:]*')}$`).test(name);
}

properties('key of a docker configuration', (holds) => {
  holds(
    'names the host of the registry, by all its letters or by wildcards within its parts, and its port',
    fc.property(meetings, repositories, ([all, url], repository) => {
      const registry = aRegistry(url);
      for (const key of all.filter((one) => covers(parseKey(one), registry, repository))) {
        const given = hostPort(key, registry);
        const same = globs(given, registry.host) || (HUB.includes(given) && HUB.includes(registry.host));
        expect(same, `${key} for ${registry.host}`).to.equal(true);
        expect(`/${repository}/`.startsWith(`${parseKey(key).path}/`), key).to.equal(true);
        // A login that a key ties to https does not go in clear text.
        if (/^https:/i.test(key)) expect(registry.origin.protocol).to.equal('https:');
      }
    }),
    500,
  );

  holds(
    'B1: sends its login to the hosts of one owner alone',
    fc.property(keys(), repositories, (key, repository) => {
      const reached = HOSTS.filter((host) => find([key], aRegistry(host), repository).kind === 'found');
      expect(new Set(reached.map(ownerOf)).size, reached.join()).to.be.at.most(1);
    }),
    500,
  );

  holds(
    'is chosen whatever the order of the keys',
    fc.property(meetings, repositories, fc.nat(5), ([all, url], repository, turn) => {
      const registry = aRegistry(url);
      const one = find(all, registry, repository);
      for (const order of [[...all.slice(turn), ...all.slice(0, turn)], all.toReversed()]) {
        const other = find(order, registry, repository);
        expect([other.kind, keyOf(other)]).to.deep.equal([one.kind, keyOf(one)]);
      }
    }),
    500,
  );

  holds(
    'is the most specific one: no wildcard where a name will do, no shorter path where there is a longer one',
    fc.property(meetings, repositories, ([all, url], repository) => {
      const registry = aRegistry(url);
      const chosen = keyOf(find(all, registry, repository));
      if (chosen === undefined) return;
      const best = parseKey(chosen);
      for (const key of all.filter((one) => covers(parseKey(one), registry, repository))) {
        const other = parseKey(key);
        if (isTooBroad(other.host) || spansOwners(other.host, registry.host)) continue;
        if (!isWildcard(other)) expect(isWildcard(best)).to.equal(false);
        if (isWildcard(best) === isWildcard(other) && (!isWildcard(best) || best.host === other.host))
          expect(best.path.length).to.be.at.least(other.path.length);
      }
    }),
    500,
  );

  holds(
    'means the same in capitals, with the port of the scheme, and with what docker writes behind it',
    fc.property(
      hosts.chain((host) => fc.tuple(patterns(fc.constant(host)), fc.constantFrom(host, `http://${host}`))),
      repositories,
      ([name, url], repository) => {
        const registry = aRegistry(url);
        const { kind } = find([name], registry, repository);
        const port = registry.origin.protocol === 'https:' ? ':443' : ':80';
        for (const key of [
          name.toUpperCase(),
          `${name}/`,
          `${name}/v1/`,
          `${name}/v2/`,
          `http://${name}`,
          `${name}${port}`,
        ])
          expect(find([key], registry, repository).kind, key).to.equal(kind);
      },
    ),
    500,
  );

  holds(
    'is shown as a host, or only by its length',
    fc.property(fc.oneof(keys(), hostile(300)), (key) => {
      expect(shownKey(key)).to.match(
        /^(?:"[a-z0-9.*:[\]-]{1,253}"|a key that is no host name \(\d+ characters\))$/,
      );
    }),
  );

  // By keyring.go of Kubernetes: the parts of the host by path.Match, the port by its letters, the path by its beginning.
  const plain = hosts
    .filter((name) => !name.startsWith('['))
    .chain((host) => {
      const key = fc.tuple(
        patterns(fc.constant(host)),
        fc.constantFrom('', ':443', ':5000'),
        fc.constantFrom('', '/', '/team', '/team/app', '/te', '/v1/', '/v2/', '/v1/team'),
      );
      const name = fc.oneof(
        { weight: 4, arbitrary: fc.constant(host) },
        hosts.filter((one) => !one.startsWith('[')),
      );
      return fc.tuple(
        key.map((parts) => parts.join('')),
        fc.tuple(name, fc.constantFrom('', ':443', ':5000')).map((parts) => parts.join('')),
      );
    });
  holds(
    'is taken by our kubelet as by the expressions of the real one',
    fc.property(
      schemes.map((scheme) => scheme.toLowerCase()),
      plain,
      repositories,
      (scheme, [key, name], repository) => {
        const image = `${name}/${repository}`;
        expect(kubeletTakes(`${scheme}${key}`, image), `${key} for ${image}`).to.equal(
          realKubelet(key, image),
        );
      },
    ),
    1000,
  );

  holds(
    'matches where the kubelet matches, but for the differences that the documents name',
    fc.property(plain, repositories, ([key, url], repository) => {
      const registry = aRegistry(url);
      const parsed = parseKey(key);
      const image = `${registry.host}/${repository}`;
      const different =
        HUB.some((name) => globs(parsed.host.replace(/:443$/, ''), name)) || // Docker Hub is one
        /:443(?:\/|$)/.test(key) || // a default port is none
        isTooBroad(parsed.host) ||
        spansOwners(parsed.host, registry.host) || // a wildcard stays with one owner
        (isWildcard(parsed) && /^[\d.:]+$/.test(registry.host)) || // no wildcards in addresses
        (!`/${repository}/`.startsWith(`${parsed.path}/`) && `/${repository}`.startsWith(parsed.path)) || // a path ends at a segment
        /\/v[12]/.test(key); // and is without the version at its beginning
      if (different) return;
      expect(find([key], registry, repository).kind === 'found', `${key} for ${image}`).to.equal(
        realKubelet(key, image),
      );
    }),
    1000,
  );
});

/** pkg/credentialprovider/keyring.go: Add, URLsMatch and Lookup of one key, written down once more and in another way. */
function realKubelet(key: string, image: string): boolean {
  const [, host = '', rest = ''] = /^([^/]*)(.*)$/s.exec(key) ?? [];
  const effective = rest.startsWith('/v1/') || rest.startsWith('/v2/') ? rest.slice(3) : rest;
  const path = effective === '/' ? '' : effective;
  const [, wanted = '', wantedPath = ''] = /^([^/]*)(.*)$/s.exec(image) ?? [];
  const port = (name: string): string => /:[^:]*$/.exec(name)?.[0] ?? '';
  const parts = (name: string): readonly string[] =>
    name.slice(0, name.length - port(name).length).split('.');
  const matches =
    port(host) === port(wanted) &&
    parts(host).length === parts(wanted).length &&
    parts(host).every((part, at) =>
      new RegExp(`^${part.replaceAll('*', '[^/]*')}$`).test(parts(wanted)[at] ?? ''),
    ) &&
    wantedPath.startsWith(path);
  return matches || (host === 'index.docker.io' && path === '' && wanted === 'docker.io');
}
