import { expect } from 'chai';
import fc from 'fast-check';
import { parseChallenges } from '../../src/registry/challenge.ts';

type Expected = readonly [scheme: string, params: Readonly<Record<string, string>>];

function read(...fields: readonly string[]): Expected[] {
  return parseChallenges(fields).map(({ scheme, params }) => [scheme, Object.fromEntries(params)]);
}

describe('M6: parseChallenges', () => {
  const realm = 'https://auth.example/token';
  const rows: readonly [name: string, fields: readonly string[], expected: readonly Expected[]][] = [
    [
      'reads quoted parameters',
      [`Bearer realm="${realm}",service="reg",scope="repository:a/b:pull,push"`],
      [['bearer', { realm, service: 'reg', scope: 'repository:a/b:pull,push' }]],
    ],
    ['reads unquoted parameters', ['Bearer realm=x,service=y'], [['bearer', { realm: 'x', service: 'y' }]]],
    [
      'reads white space around everything',
      ['  Bearer\trealm = "x" ,  service\t=y '],
      [['bearer', { realm: 'x', service: 'y' }]],
    ],
    [
      'reads escaped characters',
      [String.raw`Basic realm="a \"b\" \\ c"`],
      [['basic', { realm: String.raw`a "b" \ c` }]],
    ],
    ['reads an empty value', ['Bearer realm="x",scope=""'], [['bearer', { realm: 'x', scope: '' }]]],
    ['reads an empty unquoted value', ['Bearer realm=,service=y'], [['bearer', { realm: '', service: 'y' }]]],
    ['takes schemes and names in any case', ['BEARER Realm="X"'], [['bearer', { realm: 'X' }]]],
    [
      'reads several challenges in one field',
      ['Basic realm="b", Bearer realm="x",service="y", Negotiate'],
      [
        ['basic', { realm: 'b' }],
        ['bearer', { realm: 'x', service: 'y' }],
        ['negotiate', {}],
      ],
    ],
    [
      'reads several fields in order',
      ['Basic realm="b"', 'Bearer realm="x"'],
      [
        ['basic', { realm: 'b' }],
        ['bearer', { realm: 'x' }],
      ],
    ],
    [
      'reads parameters and challenges without commas',
      ['Bearer realm="x" service="y" Basic realm="b"'],
      [
        ['bearer', { realm: 'x', service: 'y' }],
        ['basic', { realm: 'b' }],
      ],
    ],
    [
      'passes over doubled commas',
      [', ,Bearer realm="x",,, service="y",'],
      [['bearer', { realm: 'x', service: 'y' }]],
    ],
    ['passes over empty fields', ['', ' ', 'Basic'], [['basic', {}]]],
    [
      'reads a challenge after one with token68',
      ['Negotiate YWJjZA==, Bearer realm="x"'],
      [
        ['negotiate', { ywjjza: '=' }],
        ['bearer', { realm: 'x' }],
      ],
    ],
    [
      'keeps commas and schemes in quotes where they are',
      ['Basic realm="a, Bearer realm=\'evil\'"'],
      [['basic', { realm: "a, Bearer realm='evil'" }]],
    ],
    [
      'takes the first of repeated parameters',
      ['Bearer realm="x",realm="evil"'],
      [['bearer', { realm: 'x' }]],
    ],
    ['drops parameters before any scheme', ['realm="x", Bearer service="y"'], [['bearer', { service: 'y' }]]],
    [
      'gives a new field no parameters of the last one',
      ['Bearer realm="x"', 'service="y"'],
      [['bearer', { realm: 'x' }]],
    ],
    ['reads up to the end where a quote is open', ['Bearer realm="x'], [['bearer', { realm: 'x' }]]],
    ['reads a backslash at the end', ['Bearer realm="x\\'], [['bearer', { realm: 'x\\' }]]],
    [
      'takes names that every object has for ordinary ones',
      ['Bearer constructor="c",realm="x"'],
      [['bearer', { constructor: 'c', realm: 'x' }]],
    ],
    ['finds none in none', [], []],
    ['finds none in punctuation', ['===', '"",;()<>@'], []],
  ];
  for (const [name, fields, expected] of rows) {
    it(name, () => expect(read(...fields)).to.deep.equal(expected));
  }

  it('keeps a parameter named __proto__ apart from the prototype', () => {
    const [challenge] = parseChallenges(['Bearer __proto__="p"']);
    expect(challenge?.params.get('__proto__')).to.equal('p');
    expect(challenge?.params.get('toString')).to.equal(undefined);
  });

  it('reads eight challenges at most, over all fields', () => {
    expect(read(Array(20).fill('Basic').join(', '))).to.have.length(8);
    expect(read(...Array<string>(20).fill('Basic'))).to.have.length(8);
  });

  it('reads 4 KiB of a field and no more', () => {
    const at = (padding: number): Expected[] => read(`${' '.repeat(padding)}Basic realm="x"`);
    expect(at(4000)).to.deep.equal([['basic', { realm: 'x' }]]);
    expect(at(4096)).to.deep.equal([]);
    expect(read(`Basic realm="${'a'.repeat(16_384)}"`)[0]?.[1]['realm']).to.have.length(4096 - 13);
  });

  const hostile: readonly [name: string, field: string][] = [
    ['commas', ','.repeat(16_384)],
    ['quotes', '"'.repeat(16_384)],
    ['backslashes', `Basic realm="${'\\'.repeat(16_384)}`],
    ['equals signs', '='.repeat(16_384)],
    ['parameters', 'a=b '.repeat(4096)],
    ['parameters without values', 'Basic a='.repeat(2048)],
    ['words', 'a '.repeat(8192)],
    ['one word', 'a'.repeat(16_384)],
    ['white space', `Basic${' '.repeat(16_384)}x`],
    ['what a plausible expression takes exponential time for', `Basic a="${'",'.repeat(8192)}`],
  ];
  for (const [name, field] of hostile) {
    it(`reads 16 kB of ${name} a thousand times over without getting stuck`, () => {
      // A thousand fields: what took a second for each would never end within mocha's timeout.
      expect(parseChallenges(Array<string>(1000).fill(field)).length).to.be.at.most(8);
    });
  }

  it('never throws and gives eight at most, with a scheme of token characters, whatever the fields', () => {
    const words = fc.constantFrom('Bearer', 'Basic', 'realm', '=', '"', ',', ' ', '\\', 'x', '\t', 'é', '\0');
    const field = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
        const challenges = parseChallenges(fields);
        expect(challenges.length).to.be.at.most(8);
        for (const { scheme } of challenges) expect(scheme).to.match(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
      }),
      { numRuns: 500 },
    );
  });

  it('reads back what it is given in the form of the RFC', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const params = fc.dictionary(name, fc.stringMatching(/^[ -~]{0,20}$/), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    const challenge = fc.tuple(name, params);
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const field = challenges
          .map(([scheme, values]) => {
            const written = Object.entries(values).map(
              ([key, value]) => `${key}="${value.replace(/["\\]/g, '\\$&')}"`,
            );
            return `${scheme} ${written.join(', ')}`;
          })
          .join(', ');
        expect(read(field)).to.deep.equal(challenges);
      }),
    );
  });
});
