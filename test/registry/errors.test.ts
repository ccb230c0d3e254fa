import { expect } from 'chai';
import fc from 'fast-check';
import { ERROR_CODES, parseErrorCodes } from '../../src/registry/errors.ts';

const list = (...entries: readonly unknown[]): string => JSON.stringify({ errors: entries });

describe('E1: parseErrorCodes', () => {
  const rows: readonly [name: string, body: string, codes: readonly string[]][] = [
    ['reads the form of the specification', list({ code: 'DENIED', message: 'words' }), ['DENIED']],
    ['reads the bare object that zot sends', '{"code":"UNAUTHORIZED"}', ['UNAUTHORIZED']],
    ['keeps the order', list({ code: 'UNKNOWN' }, { code: 'DENIED' }), ['UNKNOWN', 'DENIED']],
    ['drops repetitions', list({ code: 'DENIED' }, { code: 'DENIED' }), ['DENIED']],
    [
      'keeps three at most',
      list(...ERROR_CODES.map((code) => ({ code }))),
      ['BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'BLOB_UPLOAD_UNKNOWN'],
    ],
    ['looks at the first sixteen only', list(...Array.from('0123456789abcdef'), { code: 'DENIED' }), []],
    ['drops codes that nobody knows', list({ code: 'EVIL\u001b[31m' }, { code: 'DENIED' }), ['DENIED']],
    ['drops codes in another case', list({ code: 'denied' }), []],
    [
      'drops codes that are no strings',
      list({ code: 7 }, { code: null }, { code: ['DENIED'] }, { code: {} }),
      [],
    ],
    ['drops entries that are no objects', list(null, 1, 'DENIED', [['DENIED']], true), []],
    [
      'takes names that every object has for no codes',
      list({ code: 'constructor' }, { code: 'toString' }),
      [],
    ],
    ['finds none behind __proto__', '{"__proto__":{"code":"DENIED"}}', []],
    ['finds none in an empty body', '', []],
    ['finds none in a web page', '<html>DENIED</html>', []],
    ['finds none in an array', '[{"code":"DENIED"}]', []],
    ['finds none in a text', '"DENIED"', []],
    ['finds none in null', 'null', []],
    ['finds none where errors is no list', '{"errors":{"code":"DENIED"}}', []],
  ];
  for (const [name, body, codes] of rows) {
    it(name, () => expect(parseErrorCodes(body)).to.deep.equal(codes));
  }

  it('gives known codes or none, whatever the body', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const codes = parseErrorCodes(body);
        expect(codes.length).to.be.at.most(3);
        expect(ERROR_CODES).to.include.members(codes);
      }),
    );
  });
});
