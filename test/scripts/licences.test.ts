import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { bundledPackages, licenceTexts } from '../../scripts/licences.ts';

describe('bundledPackages', () => {
  it('finds the folder of each package once, scopes and nested packages included', () => {
    const inputs = [
      'src/cli.ts',
      'node_modules/b/lib/x.js',
      'node_modules/b/lib/y.js',
      'node_modules/@s/a/dist/x.js',
      'node_modules/b/node_modules/@t/c/x.js',
    ];
    expect(bundledPackages(inputs)).to.deep.equal([
      'node_modules/@s/a',
      'node_modules/b',
      'node_modules/b/node_modules/@t/c',
    ]);
  });
});

describe('licenceTexts', () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'licences-'))));
  afterEach(() => rm(dir, { recursive: true }));

  /** A package with these files; answers its folder. */
  const aPackage = async (files: Readonly<Record<string, string>>): Promise<string> => {
    const manifest = JSON.stringify({ name: 'a', version: '1.0.0', license: 'MIT' });
    for (const [name, text] of Object.entries({ 'package.json': manifest, ...files })) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    return dir;
  };

  const rows: readonly (readonly [name: string, files: Readonly<Record<string, string>>, text: string])[] = [
    ['a licence', { LICENSE: 'L\n' }, '\nL\n'],
    ['a licence in small letters, with an ending', { 'licence.md': 'L' }, '\nL\n'],
    [
      'several, a notice among them',
      { 'LICENSE-MIT': 'M', NOTICE: 'N', 'COPYING.txt': 'C' },
      '\nC\n\n\nM\n\n\nN\n',
    ],
    [
      'only a chapter of its README',
      { 'README.md': '# a\n\nText\n\n## License\n\nMIT, me\n' },
      '\n## License\n\nMIT, me\n',
    ],
    ['files that only sound alike', { 'license-checker.js': 'x', LICENSE: 'L', unlicensed: 'y' }, '\nL\n'],
  ];
  for (const [name, files, text] of rows) {
    it(`takes of a package with ${name} what belongs to it`, async () => {
      const rule = '='.repeat(80);
      const expected = [rule, 'a 1.0.0 (MIT)', rule, text].join('\n');
      expect(await licenceTexts([await aPackage(files)])).to.equal(expected);
    });
  }

  it('refuses a package without a licence', async () => {
    const folder = await aPackage({ 'package.json': '{"name":"a","version":"1.0.0"}' });
    const failed = await licenceTexts([folder]).catch((error: unknown) => error);
    expect(failed).to.be.an('error').with.property('message').that.includes('a 1.0.0 names no licence');
  });
});
