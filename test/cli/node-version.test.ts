import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { nodeProblem, OLDEST_NODE } from '../../src/cli/node-version.ts';

describe('nodeProblem', () => {
  for (const version of ['v18.20.8', 'v20.20.2', 'v22.99.0', 'v24.0.0', 'v24.11.1', 'v9.12.0']) {
    it(`names ${version} and what is needed`, () => {
      expect(nodeProblem(version)).to.equal(
        `registry-push-check needs Node.js 24.12 or newer, this is ${version}; in a checkout, "npm exec --no -- registry-push-check" brings its own`,
      );
    });
  }

  for (const version of [
    'v24.12.0',
    'v24.12.0-nightly',
    'v24.100.0',
    'v25.0.0',
    'v26.1.0',
    process.version,
  ]) {
    it(`takes ${version}`, () => {
      expect(nodeProblem(version)).to.equal(undefined);
    });
  }

  it('says what package.json says', async () => {
    const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as {
      readonly engines: { readonly node: string };
    };
    expect(engines.node).to.equal(`>=${OLDEST_NODE}`);
  });

  it('is asked before a command loads anything', async () => {
    const text = await readFile('src/cli.ts', 'utf8');
    expect(text.indexOf('nodeProblem(process.version)'))
      .to.be.greaterThan(0)
      .and.lessThan(text.indexOf('new Command('));
  });
});
