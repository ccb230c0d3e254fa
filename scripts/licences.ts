import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What licences and their notices are called in packages. */
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-](?!.*\.(?:[cm]?[jt]s|json)$).*)?$/i;

const RULE = '='.repeat(80);

/** The folders of the packages that the input files of a bundle belong to, sorted. */
export function bundledPackages(inputs: readonly string[]): readonly string[] {
  const folders = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].toSorted();
}

/**
 * Name, version and licence of each package, with the text of every licence file that it ships: minified code must keep
 * what MIT, BSD, ISC and Apache-2.0 ask to be kept. Throws where a package names no licence at all.
 */
export async function licenceTexts(folders: readonly string[]): Promise<string> {
  const texts = await Promise.all(folders.map((folder) => licenceText(folder)));
  return texts.join('\n');
}

async function licenceText(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  if (license === undefined) throw new Error(`${name} ${version} names no licence: it cannot be bundled.`);
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  if (files.length === 0) texts.push(await licenceChapter(folder));
  return [RULE, `${name} ${version} (${license})`, RULE, ...texts.map((text) => `\n${text.trim()}\n`)].join(
    '\n',
  );
}

/** Some packages have their licence only as a chapter of their README; empty where there is none. */
async function licenceChapter(folder: string): Promise<string> {
  const readme = (await readdir(folder)).find((file) => /^readme(?:\.|$)/i.test(file));
  const text = readme === undefined ? '' : await readFile(join(folder, readme), 'utf8');
  return /^#* *licen[cs]e\b[\s\S]*/im.exec(text)?.[0] ?? '';
}
