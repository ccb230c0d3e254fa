import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Command } from 'commander';
import { addCheckCommand } from '../../src/cli/check.ts';
import { addControllerCommand } from '../../src/cli/controller.ts';
import { addCrdsCommand } from '../../src/cli/crds.ts';
import { EXIT } from '../../src/cli/exit.ts';
import { addExplainCommand } from '../../src/cli/explain.ts';
import { addVersionCommand } from '../../src/cli/version.ts';

/** Every command that does something, by its whole name. */
function commands(): ReadonlyMap<string, Command> {
  const program = new Command('registry-push-check');
  const all = [addCheckCommand, addControllerCommand, addCrdsCommand, addExplainCommand, addVersionCommand];
  for (const add of all) add(program);
  const found = program.commands.flatMap((one): [string, Command][] =>
    one.commands.length === 0
      ? [[one.name(), one]]
      : one.commands.map((inner) => [`${one.name()} ${inner.name()}`, inner]),
  );
  return new Map(found);
}

/** The options that the help of a command shows, without --help. */
function optionsOf(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map(({ flags }) => flags);
}

describe('docs/cli.md', () => {
  let text: string;
  before(async () => (text = await readFile('docs/cli.md', 'utf8')));

  /** The first cells of the rows whose cell is in backquotes, of a chapter. */
  const cells = (chapter: string): readonly string[] =>
    [...chapter.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, cell = '']) => cell);
  const chapterOf = (name: string): string =>
    text.split(/^## /m).find((one) => one.startsWith(`${name}\n`)) ?? '';

  it('lists the commands', () => {
    expect(cells(text.split(/^## /m)[0] ?? '')).to.have.members([...commands().keys()]);
  });

  for (const name of commands().keys()) {
    it(`lists the options of ${name}, as its help does, and no other`, () => {
      const command = commands().get(name);
      const options = command === undefined ? [] : optionsOf(command);
      expect(cells(chapterOf(name))).to.have.members([...options]);
    });
  }

  it('says what goes with a URL and what with a file, as the help does', () => {
    const help = commands().get('check')?.helpInformation() ?? '';
    for (const [, flags = '', of] of chapterOf('check').matchAll(/^\| `([^`]+)` +\| (URL|file|both) +\|/gm)) {
      const line = help
        .replace(/\n {10,}/g, ' ')
        .split('\n')
        .find((one) => one.trim().startsWith(flags));
      if (of === 'file' && flags !== '-f, --file <file>') expect(line, flags).to.match(/ with --file:/);
      else expect(line, flags).to.not.match(/ with --file:/);
    }
  });

  it('lists the exit codes', () => {
    const rows = [...chapterOf('check').matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    const { SIGTERM, ...codes } = EXIT;
    expect(rows).to.have.members([0, ...Object.values(codes)]);
    expect(text).to.include(`${SIGTERM}: SIGTERM`);
  });
});

describe('registry-push-check check --help', () => {
  it('names the exit codes', () => {
    let help = '';
    const program = new Command('registry-push-check').configureOutput({
      writeOut: (text) => (help += text),
    });
    addCheckCommand(program);
    const [command] = program.commands;
    command?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const shown = [...help.matchAll(/^ {2}(\d+) {2,}\S/gm)].map(([, code]) => Number(code));
    const { SIGTERM: _, ...codes } = EXIT;
    expect(shown).to.have.members([0, ...Object.values(codes)]);
  });
});
