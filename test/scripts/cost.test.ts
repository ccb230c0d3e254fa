import { expect } from 'chai';
import { isLinear, LENGTHS } from '../../scripts/bench/cost/parsers.ts';
import { alignedLines } from '../../scripts/bench/lines.ts';

describe('isLinear', () => {
  const rows = [
    { name: 'a time that a limit holds', factor: 1, expected: true },
    { name: 'a linear time', factor: 8, expected: true },
    { name: 'a linear time on a busy machine', factor: 14, expected: true },
    { name: 'a square time', factor: 64, expected: false },
  ];
  for (const { name, factor, expected } of rows) {
    it(`${expected ? 'accepts' : 'refuses'} ${name}`, () => {
      expect(isLinear({ name, us: LENGTHS.map(() => 1), factor })).to.equal(expected);
    });
  }
});

describe('alignedLines', () => {
  it('aligns columns and leaves no space at the end of a line', () => {
    expect(
      alignedLines([
        ['a', 'bbb', 'c'],
        ['aaaa', 'b', ''],
      ]),
    ).to.equal('a     bbb  c\naaaa  b\n');
  });
});
