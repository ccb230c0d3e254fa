import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { crdText, parseCrd, versionOf } from '../../src/cli/crd.ts';
import { parseVersion } from '../../src/cli/semver.ts';
import { version } from '../../src/cli/version.ts';
import { CRD_FILE, readCrd } from '../api/crd.ts';

describe('crdText and parseCrd', () => {
  it('are the file of this repository', async () => {
    expect(crdText).to.equal(await readFile(CRD_FILE, 'utf8'));
    expect(parseCrd()).to.deep.equal(await readCrd());
  });
});

describe('versionOf', () => {
  it('finds on the CustomResourceDefinition the version of the package', () => {
    expect(versionOf(parseCrd())).to.equal(version);
    expect(parseVersion(version)).to.not.equal(undefined);
  });

  it('finds none where there are no annotations', () => {
    expect(versionOf({ metadata: {} })).to.equal(undefined);
  });
});
