import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Mutant } from '../test/mutants/mutant.ts';
import { OUTSIDE, RULES, rulesOf } from '../test/security/rules.ts';
import { runMocha, type TestRun } from './mocha-json.ts';

/**
 * Breaks one rule of docs/security.md after the other in a copy of the tree and runs the tests that name it: each has to fail.
 * Arguments: rules (`B1 E3`); none for all. Ends with 1 where a mutant lives, cannot be made, or a rule has none.
 */
async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((rule) => !RULES.includes(rule));
  if (unknown.length > 0) {
    console.error(`no such rule: ${unknown.join(', ')}; there are ${RULES.join(', ')}`);
    return 1;
  }
  const all = await readMutants();
  const rules = RULES.filter(
    (rule) => !OUTSIDE.includes(rule) && (wanted.length === 0 || wanted.includes(rule)),
  );
  const bare = rules.filter((rule) => !all.some((mutant) => mutant.rule === rule));
  const mutants = all.filter(({ rule }) => rules.includes(rule));
  console.log(`${mutants.length} mutants of ${rules.length} rules; first the tests as they are`);
  const trees = await Promise.all([copyTree(), copyTree()]);
  try {
    const broken = await baseline(trees[0], mutants);
    if (broken !== undefined) {
      console.error(broken);
      return 1;
    }
    const queue = [...mutants];
    let left = 0;
    await Promise.all(
      trees.map(async (tree) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const startedMs = performance.now();
          const { killed, words } = await judge(tree, mutant);
          if (!killed) left += 1;
          const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
          console.log(
            `${killed ? 'killed  ' : 'SURVIVED'}  ${mutant.rule.padEnd(5)}  ${mutant.what}  (${words}, ${seconds} s)`,
          );
        }
      }),
    );
    for (const rule of bare) console.log(`SURVIVED  ${rule.padEnd(5)}  has no mutant`);
    console.log(`${mutants.length - left} killed, ${left + bare.length} survived`);
    return left + bare.length === 0 ? 0 : 1;
  } finally {
    await Promise.all(trees.map((tree) => rm(tree, { recursive: true, force: true })));
  }
}

/** Every mutant of test/mutants. */
async function readMutants(): Promise<readonly Mutant[]> {
  const folder = join(import.meta.dirname, '..', 'test', 'mutants');
  const files = (await readdir(folder)).filter((file) => file !== 'mutant.ts').toSorted();
  const modules = await Promise.all(
    files.map(async (file) => (await import(join(folder, file))) as { readonly MUTANTS: readonly Mutant[] }),
  );
  return modules.flatMap(({ MUTANTS }) => MUTANTS);
}

/** What is not copied: packages, which are linked, and what only Git or a build needs. */
const LEFT_OUT = new Set(['node_modules', '.git', 'dist', 'coverage']);

async function copyTree(): Promise<string> {
  const root = join(import.meta.dirname, '..');
  const tree = await mkdtemp(join(tmpdir(), 'registry-push-check-mutant-'));
  const entries = (await readdir(root)).filter((name) => !LEFT_OUT.has(name));
  await Promise.all(entries.map((name) => cp(join(root, name), join(tree, name), { recursive: true })));
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

/** A test that fails anyway kills nothing. */
async function baseline(tree: string, mutants: readonly Mutant[]): Promise<string | undefined> {
  const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
  const { code, tests, output } = await runMocha({ root: tree, files, args: [], limitMs: 600_000 });
  if (code === 0) return undefined;
  const failed = tests.filter((test) => test.failed).map(({ fullTitle }) => `  ${fullTitle}`);
  return [
    'the tests fail before anything is broken:',
    ...failed,
    ...(failed.length === 0 ? [output] : []),
  ].join('\n');
}

async function judge(
  tree: string,
  { rule, file, find, replace, tests }: Mutant,
): Promise<{ readonly killed: boolean; readonly words: string }> {
  const path = join(tree, file);
  const text = await readFile(path, 'utf8');
  const places = text.split(find).length - 1;
  if (places !== 1) return { killed: false, words: `its text occurs ${places} times in ${file}` };
  // A function: the replacement is no pattern.
  await writeFile(
    path,
    text.replace(find, () => replace),
  );
  try {
    const args = ['--bail', '--grep', `(?:^| )(?:[A-Z][A-Za-z0-9]*, )*${rule}(?:, [A-Z][A-Za-z0-9]*)*: `];
    return verdictOf(rule, await runMocha({ root: tree, files: tests, args, limitMs: 120_000 }));
  } finally {
    await writeFile(path, text);
  }
}

function verdictOf(rule: string, { code, tests, output }: TestRun): { killed: boolean; words: string } {
  if (code === undefined) return { killed: false, words: 'the tests did not end within 2 minutes' };
  if (tests.length === 0) {
    const why = code === 0 ? 'no test names the rule' : `the tests do not load: ${output.trim().slice(-600)}`;
    return { killed: false, words: why };
  }
  const killer = tests.find((test) => test.failed && rulesOf(test.fullTitle).includes(rule));
  if (killer !== undefined) return { killed: true, words: `by "${killer.fullTitle.slice(0, 100)}"` };
  return { killed: false, words: `${tests.length} tests that name the rule pass` };
}

process.exitCode = await main(process.argv.slice(2));
