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

describe('B8: sessionOf', () => {
  const session = (location: string | undefined, registry: Registry = https): unknown => {
    const response: Response = {
      kind: 'response',
      status: 202,
      challenges: [],
      location,
      contentType: undefined,
      retryAfter: undefined,
      marks: {},
      body: '',
    };
    const found = sessionOf(response, registry, uploadUrl(registry, 'team/app'));
    if (found.kind === 'here') return found.url.href;
    return found.kind === 'elsewhere' ? (found.host ?? 'not shown') : found.kind;
  };
  const state = `_state=${'a'.repeat(8000)}`;
  const uploads = '/v2/team/app/blobs/uploads';

  const rows: readonly [name: string, location: string | undefined, registry: Registry, expected: string][] =
    [
      [
        'reads an absolute URL',
        `https://reg.example:5000${uploads}/1`,
        https,
        `https://reg.example:5000${uploads}/1`,
      ],
      ['reads a path', `${uploads}/1`, https, `https://reg.example:5000${uploads}/1`],
      ['reads a relative path', '1', https, 'https://reg.example:5000/v2/team/app/blobs/uploads/1'],
      [
        'reads a URL without scheme',
        `//reg.example:5000${uploads}/1`,
        https,
        `https://reg.example:5000${uploads}/1`,
      ],
      [
        'keeps a long query as it is',
        `${uploads}/1?${state}`,
        https,
        `https://reg.example:5000${uploads}/1?${state}`,
      ],
      ['knows a default port', `http://reg.example:80${uploads}/1`, http, `http://reg.example${uploads}/1`],
      [
        'reads below the prefix',
        `/registry${uploads}/1`,
        prefixed,
        `https://reg.example/registry${uploads}/1`,
      ],
      [
        'drops user name and password',
        `https://u:p@reg.example:5000${uploads}/1`,
        https,
        `https://reg.example:5000${uploads}/1`,
      ],
      [
        'takes a session without the s of uploads (GHCR)',
        '/v2/team/app/blobs/upload/1',
        https,
        'https://reg.example:5000/v2/team/app/blobs/upload/1',
      ],
      ['keeps away from a session of another repository', '/v2/b/blobs/uploads/1', https, 'outside'],
      ['keeps away from more than one segment', `${uploads}/manifests/latest`, https, 'outside'],
      ['keeps away from a name that only begins so', '/v2/team/app/blobs/uploadsx/1', https, 'outside'],
      ['keeps away from the uploads themselves', `${uploads}/`, https, 'outside'],
      ['takes a slash at the end', `${uploads}/1/`, https, `https://reg.example:5000${uploads}/1/`],
      ['finds another host', `https://other.example${uploads}/1`, https, 'other.example'],
      ['finds another host without scheme', `//other.example${uploads}/1`, https, 'other.example'],
      ['finds another host behind a backslash', `/\\other.example${uploads}/1`, https, 'other.example'],
      [
        'finds another host behind a user name',
        `https://reg.example:5000@other.example${uploads}/1`,
        https,
        'other.example',
      ],
      ['finds another port', `https://reg.example:5001${uploads}/1`, https, 'reg.example:5001'],
      ['finds no port where there is one', `https://reg.example${uploads}/1`, https, 'reg.example'],
      ['finds another host that is not fit to be shown', `https://call,me${uploads}/1`, https, 'not shown'],
      ['finds http at an https registry', `http://reg.example:5000${uploads}/1`, https, 'insecure'],
      ['finds http at another host', `http://other.example${uploads}/1`, https, 'insecure'],
      [
        'takes https at an http registry for another origin',
        `https://reg.example${uploads}/1`,
        http,
        'reg.example',
      ],
      ['takes none for missing', undefined, https, 'missing'],
      ['takes an empty one for missing', '', https, 'missing'],
      ['takes one that is no URL for missing', 'https://exa mple/', https, 'missing'],
      ['takes another scheme for missing', `ftp://reg.example${uploads}/1`, https, 'missing'],
      ['takes data for missing', 'data:text/plain,x', https, 'missing'],
      ['finds a path outside /v2/', '/admin/blobs/uploads/1', https, 'outside'],
      ['finds a path out of /v2/', '/v2/../admin/blobs/uploads/1', https, 'outside'],
      ['finds an encoded path out of /v2/', '/v2/%2e%2e/admin/blobs/uploads/1', https, 'outside'],
      ['finds a path that only begins like /v2', '/v2evil/a/blobs/uploads/1', https, 'outside'],
      ['finds a path outside the prefix', `${uploads}/1`, prefixed, 'outside'],
      ['finds a manifest', '/v2/a/manifests/latest', https, 'outside'],
      ['finds a blob', '/v2/a/blobs/sha256:0', https, 'outside'],
      [
        'finds a manifest with uploads in its query',
        '/v2/a/manifests/latest?/blobs/uploads/',
        https,
        'outside',
      ],
      ['finds an encoded slash', '/v2/a/manifests/x%2f..%2f/blobs/uploads/1', https, 'outside'],
      ['finds an encoded backslash', '/v2/a%5C..%5cmanifests/blobs/uploads/1', https, 'outside'],
      ['finds a path outside at another host there', 'https://other.example/admin', https, 'other.example'],
    ];
  for (const [name, location, registry, expected] of rows) {
    it(name, () => expect(session(location, registry)).to.equal(expected));
  }
});
