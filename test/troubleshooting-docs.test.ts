import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { needsFix, REASONS, type Reason } from '../src/check/reason.ts';
import { NAMES } from '../src/cli/explain-answer.ts';
import { expectToParse } from './support/shell.ts';

const FAILURES = (Object.keys(REASONS) as Reason[]).filter(needsFix);
const PARTS = [
  '**Symptom.** ',
  '**Evidence.** ',
  '**Causes.**\n\n- ',
  '**Fix.** ',
  '**Verify.** Check again',
];

/** What links to the headings of a page end with, as GitHub makes it. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/troubleshooting.md', () => {
  let text: string;
  before(async () => (text = await readFile('docs/troubleshooting.md', 'utf8')));

  it('has a heading for each reason that needs a fix, with all its parts in their order', () => {
    const sections = new Map(text.split(/^## /m).map((one) => [one.split('\n', 1)[0], one]));
    for (const reason of FAILURES) {
      const section = sections.get(reason) ?? '';
      const places = PARTS.map((part) => section.indexOf(part));
      expect(places, reason).to.deep.equal(places.toSorted((a, b) => a - b));
      expect(places[0], reason).to.be.greaterThan(0);
    }
  });

  it('names every other reason', () => {
    const findings = NAMES.slice(NAMES.indexOf('UploadNotCancelled'));
    for (const name of NAMES.filter((one) => !findings.includes(one))) expect(text).to.include(name);
  });

  it('shows only commands that a shell can parse, and nothing that was not filled in', () => {
    const commands = [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].map(([, command = '']) => command);
    expect(commands.length).to.be.greaterThan(100);
    expectToParse(commands);
    expect(text).to.not.match(/\{[a-z]+\}|undefined|\[object/);
  });

  it('links only to headings that exist', async () => {
    const links = [...text.matchAll(/\]\(([\w/.-]*)#([\w-]+)\)/g)];
    expect(links.length).to.be.greaterThan(100);
    for (const [, page = '', anchor] of links) {
      const target = page === '' ? text : await readFile(join('docs', page), 'utf8');
      expect(anchorsOf(target), page).to.include(anchor);
    }
  });
});
