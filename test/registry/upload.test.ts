import { expect } from 'chai';
import type { Response } from '../../src/registry/http.ts';
import { parseRegistryUrl, type Registry } from '../../src/registry/origin.ts';
import { pingUrl, sessionOf, uploadUrl } from '../../src/registry/upload.ts';

function registryAt(url: string): Registry {
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  return registry;
}

const https = registryAt('https://reg.example:5000');
const http = registryAt('http://reg.example');
const prefixed = registryAt('https://reg.example/registry');

describe('pingUrl', () => {
  it('is /v2/ below the prefix', () => {
    expect(pingUrl(https).href).to.equal('https://reg.example:5000/v2/');
    expect(pingUrl(prefixed).href).to.equal('https://reg.example/registry/v2/');
  });
});

describe('uploadUrl', () => {
  const rows: readonly [name: string, registry: Registry, repository: string, path: string][] = [
    ['is below the prefix', prefixed, 'team/app', '/registry/v2/team/app/blobs/uploads/'],
    ['takes a repository of one part', https, 'app', '/v2/app/blobs/uploads/'],
    ['encodes a query', https, 'app?x=1', '/v2/app%3Fx%3D1/blobs/uploads/'],
    ['encodes a fragment', https, 'app#x', '/v2/app%23x/blobs/uploads/'],
    ['encodes a backslash and white space', https, 'a\\b c', '/v2/a%5Cb%20c/blobs/uploads/'],
    ['encodes a percent sign', https, 'a%2fb', '/v2/a%252fb/blobs/uploads/'],
  ];
  for (const [name, registry, repository, path] of rows) {
    it(name, () => {
      const url = uploadUrl(registry, repository);
      expect([url.origin, url.pathname, url.search, url.hash]).to.deep.equal([
        registry.origin.origin,
        path,
        '',
        '',
      ]);
    });
  }
});

describe('sessionOf', () => {
  const session = (location: string | undefined, registry: Registry = https): unknown => {
    const response: Response = {
      kind: 'response',
      status: 202,
      challenges: [],
      location,
      contentType: undefined,
      retryAfter: undefined,
      body: '',
    };
    const found = sessionOf(response, registry, uploadUrl(registry, 'team/app'));
    return found.kind === 'here' ? found.url.href : found.kind === 'elsewhere' ? found.host : found.kind;
  };
  const state = `_state=${'a'.repeat(8000)}`;

  const rows: readonly [name: string, location: string | undefined, registry: Registry, expected: string][] =
    [
      [
        'reads an absolute URL',
        'https://reg.example:5000/v2/a/u/1',
        https,
        'https://reg.example:5000/v2/a/u/1',
      ],
      ['reads a path', '/v2/a/u/1', https, 'https://reg.example:5000/v2/a/u/1'],
      ['reads a relative path', '1', https, 'https://reg.example:5000/v2/team/app/blobs/uploads/1'],
      ['reads a URL without scheme', '//reg.example:5000/v2/a', https, 'https://reg.example:5000/v2/a'],
      ['keeps a long query as it is', `/v2/a?${state}`, https, `https://reg.example:5000/v2/a?${state}`],
      ['knows a default port', 'http://reg.example:80/v2/a', http, 'http://reg.example/v2/a'],
      ['reads below the prefix', '/registry/v2/a', prefixed, 'https://reg.example/registry/v2/a'],
      [
        'drops user name and password',
        'https://u:p@reg.example:5000/v2/a',
        https,
        'https://reg.example:5000/v2/a',
      ],
      ['finds another host', 'https://other.example/v2/a', https, 'other.example'],
      ['finds another host without scheme', '//other.example/v2/a', https, 'other.example'],
      ['finds another host behind a backslash', '/\\other.example/v2/a', https, 'other.example'],
      [
        'finds another host behind a user name',
        'https://reg.example:5000@other.example/v2/a',
        https,
        'other.example',
      ],
      ['finds another port', 'https://reg.example:5001/v2/a', https, 'reg.example:5001'],
      ['finds no port where there is one', 'https://reg.example/v2/a', https, 'reg.example'],
      ['finds http at an https registry', 'http://reg.example:5000/v2/a', https, 'insecure'],
      ['finds http at another host', 'http://other.example/v2/a', https, 'insecure'],
      ['takes https at an http registry for another origin', 'https://reg.example/v2/a', http, 'reg.example'],
      ['takes none for missing', undefined, https, 'missing'],
      ['takes an empty one for missing', '', https, 'missing'],
      ['takes one that is no URL for missing', 'https://exa mple/', https, 'missing'],
      ['takes another scheme for missing', 'ftp://reg.example/v2/a', https, 'missing'],
      ['takes data for missing', 'data:text/plain,x', https, 'missing'],
      ['takes a path outside /v2/ for missing', '/admin/delete', https, 'missing'],
      ['takes a path out of /v2/ for missing', '/v2/../admin', https, 'missing'],
      ['takes an encoded path out of /v2/ for missing', '/v2/%2e%2e/admin', https, 'missing'],
      ['takes a path that only begins like /v2 for missing', '/v2evil/a', https, 'missing'],
      ['takes a path outside the prefix for missing', '/v2/a', prefixed, 'missing'],
    ];
  for (const [name, location, registry, expected] of rows) {
    it(name, () => expect(session(location, registry)).to.equal(expected));
  }
});
