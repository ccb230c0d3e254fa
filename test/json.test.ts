import { expect } from 'chai';
import { fieldsOf, isObject, parseJson } from '../src/json.ts';

describe('parseJson', () => {
  const rows: readonly [text: string, expected: unknown][] = [
    ['{}', {}],
    ['{"a":1}', { a: 1 }],
    ['[]', undefined],
    ['null', undefined],
    ['7', undefined],
    ['"x"', undefined],
    ['', undefined],
    ['{', undefined],
    ['\u{FEFF}{}', undefined],
  ];
  for (const [text, expected] of rows) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () =>
      expect(parseJson(text)).to.deep.equal(expected));
  }

  it('survives deep nesting', () => {
    expect(parseJson('['.repeat(200_000))).to.equal(undefined);
    expect(parseJson(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)).to.not.equal(undefined);
  });

  it('gives no object a prototype from outside', () => {
    const parsed = parseJson('{"__proto__":{"errors":[{"code":"DENIED"}]}}');
    expect(Object.getPrototypeOf(parsed)).to.equal(Object.prototype);
  });
});

describe('isObject and fieldsOf', () => {
  it('tell objects with keys from everything else', () => {
    for (const value of [{}, { a: 1 }, Object.create(null) as object]) {
      expect(isObject(value)).to.equal(true);
      expect(fieldsOf(value)).to.equal(value);
    }
    for (const value of [undefined, null, 7, 'x', true, [], [{}], () => undefined]) {
      expect(isObject(value)).to.equal(false);
      expect(fieldsOf(value)).to.deep.equal({});
    }
  });
});
