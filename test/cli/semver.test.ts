import { expect } from 'chai';
import { compareVersions, parseVersion, type Version } from '../../src/cli/semver.ts';

function version(text: string): Version {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new Error(`${text} is no version`);
  return parsed;
}

describe('parseVersion', () => {
  it('reads numbers and a pre-release, and drops the build', () => {
    expect(version('1.20.3-rc.1+build.7')).to.deep.equal({ numbers: [1n, 20n, 3n], preRelease: ['rc', '1'] });
  });

  const malformed: readonly string[] = [
    '',
    'banana',
    'v1.2.3',
    '1.2',
    '1.2.3.4',
    '1.02.3',
    '1.2.3-',
    '1.2.3-rc..1',
    '1.2.3-01',
    '1.2.3+',
    ' 1.2.3',
    '1.2.3\n',
    '-1.2.3',
    `1.2.3-${'a'.repeat(255)}`,
  ];
  for (const text of malformed) {
    it(`takes ${JSON.stringify(text.slice(0, 20))} for no version`, () => {
      expect(parseVersion(text)).to.equal(undefined);
    });
  }
});

describe('compareVersions', () => {
  // semver.org 2.0.0, 11, and numbers that a double would mix up.
  const ascending: readonly string[] = [
    '0.0.1-0',
    '0.0.1',
    '0.9.0',
    '0.10.0',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1-rc.1',
    '2.0.0',
    '9007199254740992.0.0',
    '9007199254740993.0.0',
  ];
  for (const [at, lower] of ascending.entries()) {
    it(`puts ${lower} before all that follow`, () => {
      for (const higher of ascending.slice(at + 1)) {
        expect(compareVersions(version(lower), version(higher)), `${lower} < ${higher}`).to.be.below(0);
        expect(compareVersions(version(higher), version(lower)), `${higher} > ${lower}`).to.be.above(0);
      }
    });
  }

  it('takes builds of one version for equal', () => {
    expect(compareVersions(version('1.0.0-rc.1+a'), version('1.0.0-rc.1+b'))).to.equal(0);
    expect(compareVersions(version('1.0.0+a'), version('1.0.0'))).to.equal(0);
  });
});
