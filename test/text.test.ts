import { expect } from 'chai';
import fc from 'fast-check';
import { oneLine, sanitise, timestamp } from '../src/text.ts';

describe('M4: sanitise', () => {
  const rows: readonly [name: string, text: string, max: number, expected: string][] = [
    ['keeps plain words', 'all good', 20, 'all good'],
    ['keeps letters of other alphabets and emoji', 'реестр 登録 🎉', 20, 'реестр 登録 🎉'],
    ['replaces terminal escapes', '\u001b[31mred', 20, '�[31mred'],
    ['replaces line breaks', 'a\r\nb\u2028c\u2029d\u0085e', 20, 'a��b�c�d�e'],
    ['replaces NUL and DEL', 'a\0b\u007fc', 20, 'a�b�c'],
    ['replaces bidirectional overrides', 'a\u202egnp\u2066x', 20, 'a�gnp�x'],
    ['replaces invisible characters', 'a\u200bb\u{FEFF}c', 20, 'a�b�c'],
    ['replaces lone surrogates', 'a\ud800b', 20, 'a�b'],
    ['keeps a text of exactly the longest length', 'abcd', 4, 'abcd'],
    ['cuts a longer one and marks the cut', 'abcde', 4, 'abc…'],
    ['counts code points and cuts none apart', '🎉🎉🎉🎉🎉', 4, '🎉🎉🎉…'],
    ['makes nothing of nothing', '', 4, ''],
  ];
  for (const [name, text, max, expected] of rows) {
    it(name, () => expect(sanitise(text, max)).to.equal(expected));
  }

  it('gives well-formed text without harmful characters and never more than allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        const clean = sanitise(text, max);
        expect(clean.isWellFormed()).to.equal(true);
        expect(clean).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect([...clean].length).to.be.at.most(max);
      }),
    );
  });
});

describe('M4: oneLine', () => {
  const rows: readonly [name: string, text: string, max: number | undefined, expected: string][] = [
    ['keeps plain words and the spaces between them', 'all  good', undefined, 'all  good'],
    ['keeps letters of other alphabets and emoji', 'реестр 🎉', undefined, 'реестр 🎉'],
    ['makes one space of a line break', 'a\r\nb', undefined, 'a b'],
    ['makes spaces of every other end of a line', 'a\u2028b\u2029c\u0085d\ve\ff', undefined, 'a b c d e f'],
    ['makes spaces of escapes and bidirectional overrides', 'a\u001b[31m\u202eb', undefined, 'a [31m b'],
    ['drops them at both ends', '\n a\t', undefined, 'a'],
    ['replaces lone surrogates', 'a\ud800b', undefined, 'a�b'],
    ['keeps a text of exactly the longest length', 'abcd', 4, 'abcd'],
    ['cuts a longer one and marks the cut', 'abcde', 4, 'abc…'],
    ['counts code points and cuts none apart', '🎉🎉🎉🎉🎉', 4, '🎉🎉🎉…'],
  ];
  for (const [name, text, max, expected] of rows) {
    it(name, () => expect(oneLine(text, max)).to.equal(expected));
  }
});

describe('timestamp', () => {
  it('writes whole seconds in UTC, as the API server does', () => {
    expect(timestamp(Date.UTC(2026, 0, 31, 12) + 999)).to.equal('2026-01-31T12:00:00Z');
  });
});
