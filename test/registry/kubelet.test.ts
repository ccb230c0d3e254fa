import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readDockerConfig } from '../../src/registry/dockerconfig.ts';
import { kubeletRefuses, kubeletTakes } from '../../src/registry/kubelet.ts';
import { aRegistry } from '../support/builders.ts';

/** Keys and images with what the kubelet says of them, from its own tests and from running it. */
const { vectors } = JSON.parse(readFileSync(new URL('keyring-vectors.json', import.meta.url), 'utf8')) as {
  readonly vectors: readonly { readonly key: string; readonly image: string; readonly matches: boolean }[];
};

/** Where we deliberately differ from the kubelet, as key and image, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'prefix.*.io prefix.kubernetes.io': 'anybody can have a host under a wildcard with one part to its right',
  'prefix.kubernetes.* prefix.kubernetes.io': 'a wildcard with no part to its right is anybody’s',
  'prefix.*.io/foo prefix.kubernetes.io/foo/bar': 'one part to the right, whatever the path',
  'prefix.*.io:1111/foo prefix.kubernetes.io:1111/foo/bar': 'one part to the right, whatever the port',
  '*.io evil.io': 'one part to the right of the wildcard',
  '* localhost': 'no part to the right of the wildcard',
  'https://*.docker.io/v1/ prefix.docker.io/path:1111': 'the hosts of that domain are not all of one owner',
  'bar.example.com/pong bar.example.com/pongz': 'a path ends at a path segment',
  'https://index.docker.io/v1 index.docker.io/x': 'the slash at the end may be left out',
  'reg.example.com:443 reg.example.com/x': 'the default port says nothing',
  'REG.example.com reg.example.com/x': 'a host is the same in capitals',
};

describe('kubeletTakes', () => {
  for (const { key, image, matches } of vectors) {
    it(`says that the kubelet ${matches ? 'takes' : 'does not take'} ${key} for ${image}`, () =>
      expect(kubeletTakes(key, image)).to.equal(matches));
  }

  const more: readonly (readonly [name: string, key: string, image: string, takes: boolean])[] = [
    ['Docker Hub as docker login writes it', 'https://index.docker.io/v1/', 'docker.io/team/app', true],
    ['Docker Hub by its name', 'docker.io', 'docker.io/team/app', true],
    ['Docker Hub by the name of its API', 'registry-1.docker.io', 'docker.io/team/app', false],
    ['Docker Hub for another registry', 'https://index.docker.io/v1/', 'reg.example/team/app', false],
    ['/v2/ with a path', 'reg.example/v2/team', 'reg.example/team/app', true],
    ['https in capitals', 'HTTPS://reg.example', 'reg.example/team/app', false],
  ];
  for (const [name, key, image, takes] of more) {
    it(`knows ${name}: ${key} for ${image}`, () => expect(kubeletTakes(key, image)).to.equal(takes));
  }
});

describe('readDockerConfig beside the kubelet', () => {
  const taken = (key: string, image: string): boolean => {
    const [host = '', ...path] = image.split('/');
    const text = JSON.stringify({ auths: { [key]: { username: 'u', password: 'p' } } });
    return readDockerConfig(text, aRegistry(host), path.join('/') || 'x').kind === 'found';
  };
  for (const { key, image, matches } of vectors) {
    const why = DIFFERENCES[`${key} ${image}`];
    it(`${why === undefined ? 'agrees' : 'differs'} on ${key} for ${image}${why === undefined ? '' : `: ${why}`}`, () =>
      expect(taken(key, image)).to.equal(why === undefined ? matches : !matches));
  }

  it('has a vector for each difference that is listed', () => {
    expect(vectors.map(({ key, image }) => `${key} ${image}`)).to.include.members(Object.keys(DIFFERENCES));
  });
});

describe('kubeletRefuses', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const rows: readonly (readonly [name: string, entry: unknown, refuses: boolean])[] = [
    ['a login', { auth: base64('a:b'), username: 'a', password: 'b' }, false],
    ['nothing', {}, false],
    ['null', null, false],
    ['fields that are null', { auth: null, username: null }, false],
    ['an empty auth', { auth: '' }, false],
    ['unknown fields of any type', { x: 7, identitytoken: 9 }, false],
    ['base64 without padding', { auth: 'dTpwcA' }, false],
    ['base64 with line breaks', { auth: 'dTpw\r\ncA==\n' }, false],
    ['a number', 7, true],
    ['a text', 'x', true],
    ['a list', [], true],
    ['a number for a password', { password: 7 }, true],
    ['a number for an email', { email: 7 }, true],
    ['a list for auth', { auth: [] }, true],
    ['auth that is no base64', { auth: 'ci:pw' }, true],
    ['auth that is base64 of URLs', { auth: 'Y2k6_-8=' }, true],
    ['auth with one letter too many', { auth: 'dTpwc' }, true],
    ['auth with too much padding', { auth: 'dTpwcA===' }, true],
    ['auth without a colon', { auth: base64('token') }, true],
  ];
  for (const [name, entry, refuses] of rows) {
    it(`${refuses ? 'refuses' : 'lets pass'} ${name}`, () => expect(kubeletRefuses(entry)).to.equal(refuses));
  }
});
