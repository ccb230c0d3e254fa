import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseChallenges, type Challenge } from '../../src/registry/challenge.ts';
import { hostile, madeOf, properties } from '../support/properties.ts';

type Plain = readonly [scheme: string, params: readonly (readonly [name: string, value: string])[]];

const PIECES = [
  'Bearer',
  'Basic',
  ' ',
  ',',
  '=',
  '"',
  '\\',
  '\t',
  ', ',
  'realm',
  'realm="https://a.example/t"',
  'service=',
  'scope',
  '==',
  ';',
  '__proto__',
] as const;
const fields = fc.array(fc.oneof(hostile(400), madeOf(PIECES, 60)), { maxLength: 12 });

const word = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const value = fc.string({ unit: fc.constantFrom(...'abc/:"\\,= \t;é'), maxLength: 20 });
const challenge: fc.Arbitrary<Plain> = fc.tuple(
  word,
  fc.uniqueArray(fc.tuple(word, value), { maxLength: 4, selector: ([name]) => name.toLowerCase() }),
);

/** As the RFC writes it, with the spaces that it allows. */
function written([scheme, params]: Plain, space: string, comma: string): string {
  const list = params.map(([name, text]) => `${name}${space}=${space}"${text.replace(/["\\]/g, '\\$&')}"`);
  return `${scheme} ${list.join(comma)}`;
}

function plain(challenges: readonly Challenge[]): readonly Plain[] {
  return challenges.map(({ scheme, params }) => [scheme, [...params]]);
}

function lower([scheme, params]: Plain): Plain {
  return [scheme.toLowerCase(), params.map(([name, text]) => [name.toLowerCase(), text])];
}

const spaces = fc.constantFrom('', ' ', '\t', '  \t');
const commas = fc.constantFrom(',', ', ', ' ,\t', ',, ,');

properties('challenge', (holds) => {
  holds(
    'M6: gives at most 8 challenges of 4 KiB, in lower case, and never throws',
    fc.property(fields, (lines) => {
      const found = parseChallenges(lines);
      expect(found.length).to.be.at.most(8);
      for (const { scheme, params } of found) {
        expect(scheme).to.match(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
        for (const [name, text] of params) {
          expect(name).to.match(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
          expect(text.length).to.be.at.most(4096);
        }
      }
    }),
    400,
  );

  holds(
    'reads nothing that is not in the field',
    fc.property(fields, (lines) => {
      const all = lines.join('\n').toLowerCase().replaceAll('\\', '');
      for (const { scheme, params } of parseChallenges(lines)) {
        expect(all).to.include(scheme);
        for (const [name, text] of params) {
          expect(all).to.include(name);
          expect(all).to.include(text.toLowerCase().replaceAll('\\', ''));
        }
      }
    }),
  );

  holds(
    'reads back what is written, on one line or on several, whatever the spaces',
    fc.property(
      fc.array(challenge, { maxLength: 8 }),
      spaces,
      commas,
      fc.nat(8),
      (challenges, space, comma, at) => {
        const texts = challenges.map((one) => written(one, space, comma));
        const expected = challenges.map(lower);
        expect(plain(parseChallenges(texts))).to.deep.equal(expected);
        const lines = [texts.slice(0, at).join(comma), texts.slice(at).join(comma)];
        expect(plain(parseChallenges(lines))).to.deep.equal(expected);
      },
    ),
  );

  holds(
    'gives the same challenges for the same lines in another order',
    fc.property(fc.array(challenge, { maxLength: 8 }), fc.nat(8), (challenges, turn) => {
      const texts = challenges.map((one) => written(one, '', ', '));
      const turned = [...texts.slice(turn), ...texts.slice(0, turn)];
      const sorted = (list: readonly string[]): readonly string[] =>
        plain(parseChallenges(list))
          .map((one) => JSON.stringify(one))
          .toSorted();
      expect(sorted(turned)).to.deep.equal(sorted(texts));
    }),
  );

  holds(
    'finds a good challenge among lines of garbage, as long as there are fewer than 8',
    fc.property(
      fc.array(hostile(40), { maxLength: 4 }),
      fc.array(hostile(40), { maxLength: 4 }),
      (before, after) => {
        const realm = 'https://auth.example/token?a=b,c';
        const lines = [...before, `Bearer realm="${realm}", service=reg`, ...after];
        const found = parseChallenges(lines);
        if (parseChallenges(before).length >= 8) return;
        const good = found.find(({ scheme, params }) => scheme === 'bearer' && params.get('realm') === realm);
        expect(good?.params.get('service')).to.equal('reg');
      },
    ),
  );

  holds(
    'passes over characters that start nothing, in the same line as well',
    fc.property(fc.string({ unit: fc.constantFrom(...'(;)@/[]{}<>?é\0,'), maxLength: 20 }), (garbage) => {
      expect(plain(parseChallenges([`${garbage}Bearer realm="r"`]))).to.deep.equal([
        ['bearer', [['realm', 'r']]],
      ]);
    }),
  );

  holds(
    'M6: looks at each character a bounded number of times',
    fc.property(fc.constantFrom(...PIECES), fc.constantFrom(...PIECES), (first, second) => {
      // What follows 4 KiB changes nothing, however much it is: the work has a bound.
      const line = (first + second + ' ').repeat(2000).slice(0, 4096);
      const all = plain(parseChallenges([line]));
      expect(plain(parseChallenges([line + 'x'.repeat(1_000_000)]))).to.deep.equal(all);
    }),
    50,
  );
});
