import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { runMocha } from '../../scripts/mocha-json.ts';
import type { Mutant } from '../mutants/mutant.ts';
import { LAST_ROW, OUTSIDE, RULES, rowsOf, rulesOf } from './rules.ts';

const MUTANTS = join('test', 'mutants');

/** The rows of the table of rules: rule → test files. */
async function documented(): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile('docs/security.md', 'utf8');
  const rows = [...text.matchAll(/^\| ([A-Z]\w*) +\|.*\|([^|]*)\|$/gm)].filter(([, rule = '']) =>
    RULES.includes(rule),
  );
  return new Map(
    rows.map(([, rule = '', tests = '']) => [
      rule,
      [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
    ]),
  );
}

async function mutants(): Promise<readonly Mutant[]> {
  const files = (await readdir(MUTANTS)).filter((file) => file !== 'mutant.ts');
  const modules = await Promise.all(
    files.map(
      async (file) =>
        (await import(join(process.cwd(), MUTANTS, file))) as { readonly MUTANTS: readonly Mutant[] },
    ),
  );
  return modules.flatMap((module) => module.MUTANTS);
}

describe('the rules of docs/security.md', () => {
  let titles: readonly { readonly file: string; readonly fullTitle: string }[];
  before(async function () {
    this.timeout(60_000);
    const files = (await readdir('test', { recursive: true })).filter((file) => file.endsWith('.test.ts'));
    const paths = files.map((file) => join('test', file)).filter((path) => !path.endsWith('rules.test.ts'));
    // What mocha finds, not what the sources look like: titles are made from tables, too.
    const { tests } = await runMocha({
      root: process.cwd(),
      files: paths,
      args: ['--dry-run'],
      limitMs: 60_000,
    });
    titles = tests.map(({ file, fullTitle }) => ({ file: relative(process.cwd(), file), fullTitle }));
    expect(titles.length).to.be.greaterThan(4000);
  });

  it('are all in the table there, in order', async () => {
    expect([...(await documented()).keys()]).to.deep.equal(RULES);
  });

  it('each have the tests that the table names, and each of those names the rule', async () => {
    for (const [rule, files] of await documented()) {
      expect(files, rule).not.to.deep.equal([]);
      for (const file of files) {
        const found = titles.filter((test) => test.file === file && rulesOf(test.fullTitle).includes(rule));
        expect(found.length, `${rule}: tests in ${file}`).to.be.greaterThan(0);
      }
    }
  });

  it('each have an edit that breaks them, at a place that is there once, and tests that name the rule', async () => {
    const all = await mutants();
    const bare = RULES.filter(
      (rule) => !OUTSIDE.includes(rule) && !all.some((mutant) => mutant.rule === rule),
    );
    expect(bare).to.deep.equal([]);
    for (const { rule, what, file, find, replace, tests } of all) {
      const places = (await readFile(file, 'utf8')).split(find).length - 1;
      expect({ what, places }).to.deep.equal({ what, places: 1 });
      expect(replace, what).not.to.equal(find);
      const named = titles.filter(
        (test) => tests.includes(test.file) && rulesOf(test.fullTitle).includes(rule),
      );
      expect(named.length, `${rule}: ${what}`).to.be.greaterThan(0);
    }
  });

  it('each have edits of their own', async () => {
    const edits = (await mutants()).map(({ file, find, replace }) => JSON.stringify([file, find, replace]));
    expect(edits.filter((edit, at) => edits.indexOf(edit) !== at)).to.deep.equal([]);
  });

  it('are named by no test that means none of them', () => {
    const named = new Set(titles.flatMap(({ fullTitle }) => rulesOf(fullTitle)));
    expect([...named].filter((rule) => !RULES.includes(rule))).to.deep.equal([]);
  });

  it('have a test for every numbered row of bad input', () => {
    const tested = new Set(titles.flatMap(({ fullTitle }) => rowsOf(fullTitle)));
    const rows = Array.from({ length: LAST_ROW }, (_, index) => index + 1);
    expect(rows.filter((row) => !tested.has(row))).to.deep.equal([]);
    expect([...tested].filter((row) => !rows.includes(row))).to.deep.equal([]);
  });
});
