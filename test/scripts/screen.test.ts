import { expect } from 'chai';
import { fit } from '../../scripts/demo/screen.ts';

const MORE = '… (the window is too low for the rest)';

describe('fit', () => {
  const rows: readonly (readonly [
    what: string,
    text: string,
    size: readonly [number, number],
    shown: string,
  ])[] = [
    ['shows all where there is room', 'a\nb\n', [4, 80], 'a|b|'],
    ['says that there is more where there is not', 'a\nb\nc\n', [4, 80], `a|b|${MORE}`],
    ['counts the rows of a line that wraps', `a\n${'b'.repeat(80)}\nc\n`, [4, 40], `a|${MORE}`],
    ['takes a line that just fits for one row', `a\n${'b'.repeat(40)}\n`, [4, 40], `a|${'b'.repeat(40)}|`],
    ['shows nothing else in a window of two rows', 'a\nb\n', [2, 80], MORE],
  ];
  for (const [what, text, [height, columns], shown] of rows) {
    it(what, () => {
      const lines = fit(text, { rows: height, columns }).split('\r\n');
      expect(lines.map((line) => line.replace('\u{1B}[K', '')).join('|')).to.equal(shown);
      expect(lines.every((line) => line.endsWith('\u{1B}[K'))).to.equal(true);
    });
  }
});
