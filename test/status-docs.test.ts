import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { CONDITION } from '../src/api/registrypushcheck.ts';
import { FINDINGS } from '../src/check/reason.ts';
import { verifyCommand } from '../src/controller/verify.ts';
import { VERDICTS, type Verdict } from './controller/verdicts.ts';

/** The cells of each row of the table under a heading, without the head. */
function rows(text: string, heading: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [body = ''] = section.split('\n## ');
  const lines = body.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** A verdict as a row of the page. */
function row(
  name: string,
  { check, ready, stalled, reconciling, observed, kstatus, argo }: Verdict,
): string[] {
  const status = (short: string | undefined): string => short?.split('/')[0] ?? '';
  const older = observed === -1 ? '-1' : 'older';
  const generation = observed === check.metadata.generation ? 'current' : older;
  return [name, status(ready), status(stalled), status(reconciling), generation, kstatus, argo];
}

describe('docs/status.md', () => {
  let text: string;
  before(async () => {
    text = await readFile('docs/status.md', 'utf8');
  });

  it('says of every combination of conditions what the operator writes, and what tools make of it', () => {
    const table = rows(text, 'Conditions');
    expect(table.length).to.be.greaterThan(10);
    expect(table).to.deep.equal(table.map(([name = '']) => row(name, VERDICTS[name] ?? expect.fail(name))));
  });

  it('leaves out no combination', () => {
    const combination = (cells: readonly string[]): string => cells.slice(1).join(' | ');
    const told = new Set(rows(text, 'Conditions').map(combination));
    const all = Object.entries(VERDICTS).map(([name, verdict]) => combination(row(name, verdict)));
    // Which older generation it is changes nothing for a reader.
    const wanted = all.map((cells) => cells.replace(/ (?:-1|older) /, ' old '));
    const have = new Set([...told].map((cells) => cells.replace(/ (?:-1|older) /, ' old ')));
    expect(wanted.filter((cells) => !have.has(cells))).to.deep.equal([]);
  });

  it('names every condition', () => {
    for (const type of Object.values(CONDITION)) expect(text).to.include(`\`${type}\``);
  });

  it('explains every finding, and no other', () => {
    const named = rows(text, 'Findings').map(([cell]) => cell?.replaceAll('`', ''));
    expect(named).to.have.members([...FINDINGS]);
  });

  it('names every event that is not a verdict or a finding', () => {
    const named = rows(text, 'Events')
      .map(([, reason]) => reason)
      .join(' ');
    for (const reason of ['PushAuthorized', 'CredentialsExpiring', 'SecretChanged', 'Suspended', 'Resumed'])
      expect(named).to.include(`\`${reason}\``);
  });

  it('shows the command that every remediation ends with', () =>
    expect(text).to.include(verifyCommand('team', 'team-registry')));
});
