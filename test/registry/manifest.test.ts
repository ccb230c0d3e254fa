import { expect } from 'chai';
import { manifestUrl, shownManifest, type ManifestName } from '../../src/registry/manifest.ts';
import { aRegistry } from '../support/builders.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const manifest = (repository: string, reference: string): ManifestName => ({ repository, reference });

describe('manifestUrl', () => {
  const rows: readonly [name: string, repository: string, reference: string, path: string][] = [
    ['is below the prefix', 'team/base', 'v1', '/registry/v2/team/base/manifests/v1'],
    ['leaves a digest as it is', 'base', DIGEST, `/registry/v2/base/manifests/${DIGEST}`],
    ['encodes a plus sign', 'base', 'sha512+b64u:x', '/registry/v2/base/manifests/sha512%2Bb64u:x'],
    ['encodes what climbs', 'base', '../../x', '/registry/v2/base/manifests/..%2F..%2Fx'],
    ['encodes a query', 'base?x', 'a?x=1', '/registry/v2/base%3Fx/manifests/a%3Fx%3D1'],
    ['encodes a fragment', 'base#x', 'a#x', '/registry/v2/base%23x/manifests/a%23x'],
    ['encodes a backslash', 'a\\b', 'c\\d', '/registry/v2/a%5Cb/manifests/c%5Cd'],
    ['encodes a percent sign', 'a%2fb', '%2e%2e', '/registry/v2/a%252fb/manifests/%252e%252e'],
  ];
  for (const [name, repository, reference, path] of rows) {
    it(name, () => {
      const registry = aRegistry('https://reg.example:5000/registry');
      const url = manifestUrl(registry, manifest(repository, reference));
      expect([url.origin, url.pathname, url.search, url.hash]).to.deep.equal([
        'https://reg.example:5000',
        path,
        '',
        '',
      ]);
    });
  }
});

describe('shownManifest', () => {
  it('writes a tag after a colon and a digest after an @', () => {
    expect(shownManifest(manifest('team/base', 'v1'))).to.equal('team/base:v1');
    expect(shownManifest(manifest('team/base', DIGEST))).to.equal(`team/base@${DIGEST}`);
  });
});
