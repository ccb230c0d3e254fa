import { expect } from 'chai';
import { columns } from '../../src/cli/output.ts';
import { paragraphs, widthOf, wrap } from '../../src/cli/paragraphs.ts';

const ROWS = [
  ['Fix', 'Give the user of the login the right to push.'],
  [
    '',
    '1. See what the name resolves to, on this very machine: getent hosts registry.example.com and-a-long-argument',
  ],
  ['', '- a cause that nobody would have thought of'],
] as const;

describe('paragraphs', () => {
  it('makes a line of each row where there is no terminal', () => {
    expect(paragraphs(ROWS, 8, undefined)).to.equal(columns(ROWS, 8));
  });

  it('wraps sentences in a terminal, and leaves a command whole on a line of its own', () => {
    expect(paragraphs(ROWS, 8, 40)).to.equal(
      [
        'Fix        Give the user of the login',
        '           the right to push.',
        '           1. See what the name resolves',
        '              to, on this very machine:',
        '              getent hosts registry.example.com and-a-long-argument',
        '           - a cause that nobody would',
        '             have thought of',
        '',
      ].join('\n'),
    );
  });

  it('lets nothing through that a terminal obeys', () => {
    expect(paragraphs([['Cause', 'a\u{1B}[31m b\nc']], 0, 30)).to.not.match(/[^\n -~]/);
  });
});

describe('wrap', () => {
  const rows: readonly (readonly [name: string, text: string, lines: readonly string[]])[] = [
    ['nothing', '', ['']],
    ['what fits', 'one two', ['one two']],
    ['what does not', 'aaaaaaaaaa bbbbbbbbb cc', ['aaaaaaaaaa bbbbbbbbb', 'cc']],
    ['a word that is too long', `a ${'x'.repeat(30)} b`, ['a', 'x'.repeat(30), 'b']],
  ];
  for (const [name, text, lines] of rows) {
    it(`of ${name} loses nothing`, () => {
      // Narrower than any line gets.
      expect(wrap(text, 3)).to.deep.equal(lines);
    });
  }
});

describe('widthOf', () => {
  it('is that of a terminal, and none of a file', () => {
    expect(widthOf({ isTTY: true, columns: 80 })).to.equal(80);
    expect(widthOf({ isTTY: false, columns: 80 })).to.equal(undefined);
    expect(widthOf({})).to.equal(undefined);
  });
});
