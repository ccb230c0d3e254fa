import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { generatedFiles, typesOf } from '../../scripts/generate.ts';
import { CRD_FILE } from './crd.ts';

describe('npm run generate', function () {
  this.timeout(30_000);

  it('has nothing to change', async () => {
    const files = await generatedFiles();
    expect(files.map(({ path }) => path)).to.include('src/api/v1alpha1.gen.ts');
    for (const { path, text } of files) {
      expect(await readFile(path, 'utf8'), `${path} is out of date: npm run generate`).to.equal(text);
    }
  });

  it('turns descriptions into doc comments', async () => {
    const [types] = await typesOf(CRD_FILE, await readFile(CRD_FILE, 'utf8'));
    expect(types?.text).to.match(
      /\/\*\*\n\s+\* Base URL of the registry: .*\n\s+\*\/\n\s+registryUrl: string;/,
    );
  });
});
