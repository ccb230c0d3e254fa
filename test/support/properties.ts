import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';

const CORPUS = 'test/properties/corpus';

/**
 * Says that something holds whatever the input, as an `it` of this title. `runs` is how many inputs are tried where FC_RUNS does not say.
 */
export type Holds = <Args extends [unknown, ...unknown[]]>(
  title: string,
  property: fc.IPropertyWithHooks<Args>,
  runs?: number,
) => void;

/**
 * The properties of one subject. Each is tried with the cases that once broke it (`corpus/<subject>.json`: a list of argument lists
 * under the property's title) and with new ones of chance. A red run prints its seed and the smallest input that fails:
 * FC_SEED repeats it, FC_RUNS tries more.
 */
export function properties(subject: string, define: (holds: Holds) => void): void {
  describe(`whatever the input, ${subject}`, () => {
    const cases = casesOf(subject);
    const seen = new Set<string>();
    define((title, property, runs = 200) => {
      seen.add(title);
      it(title, () => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the file is ours, and a wrong case fails
        const examples = (cases[title] ?? []) as never[];
        fc.assert(property, { examples, ...effort(runs) });
      });
    });
    it('has no case in its corpus that no property takes', () =>
      expect(Object.keys(cases).filter((title) => !seen.has(title))).to.deep.equal([]));
  });
}

/** Where nobody asks for more, looking for the smallest input that fails must end before mocha ends the test without a word. */
function effort(runs: number): Pick<fc.Parameters, 'interruptAfterTimeLimit' | 'numRuns' | 'seed'> {
  const [seed, asked] = [numberOf('FC_SEED'), numberOf('FC_RUNS')];
  return {
    numRuns: asked ?? runs,
    ...(seed === undefined ? {} : { seed }),
    ...(asked === undefined ? { interruptAfterTimeLimit: 10_000 } : {}),
  };
}

function numberOf(name: 'FC_RUNS' | 'FC_SEED'): number | undefined {
  const text = process.env[name] ?? '';
  if (text !== '' && !/^-?\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return text === '' ? undefined : Number(text);
}

function casesOf(subject: string): Readonly<Record<string, readonly unknown[][]>> {
  const file = join(CORPUS, `${subject.replaceAll(' ', '-')}.json`);
  if (!existsSync(file)) return {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the file is ours
  return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, readonly unknown[][]>>;
}

/** Text of every kind: ASCII, all of Unicode, lone surrogates, and the characters that hide or turn text. */
export function hostile(maxLength = 60): fc.Arbitrary<string> {
  const nasty = fc.constantFrom(
    '\0',
    '\n',
    '\r',
    '\t',
    '\u001b[31m',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u2028',
    '\ufeff',
    '\ud800',
    '\udc00',
    '💥',
    'é',
    '"',
    '\\',
    '{{',
    '`$(id)`',
  );
  const piece = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 8 }), nasty);
  return fc.oneof(
    fc.string({ maxLength }),
    fc.string({ unit: 'binary', maxLength }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength })
      .map((units) => String.fromCharCode(...units)),
    fc.array(piece, { maxLength: Math.ceil(maxLength / 6) }).map((all) => all.join('').slice(0, maxLength)),
  );
}

/** What a text is made of, put together at random: finds more at a grammar's edges than letters of chance. */
export function madeOf(pieces: readonly string[], maxPieces = 12): fc.Arbitrary<string> {
  return fc
    .array(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...pieces) },
        { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
      ),
      {
        maxLength: maxPieces,
      },
    )
    .map((all) => all.join(''));
}

/** JSON values with keys that every object inherits, and with keys of the subject. */
export function trees(
  keys: readonly string[],
  leaves: fc.Arbitrary<unknown> = fc.constantFrom(null, true, 0, -1, 1e21, '', 'x'),
): fc.Arbitrary<unknown> {
  const key = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...keys) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        'hasOwnProperty',
        'valueOf',
      ),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaves,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((members) => {
        const object = {};
        // Not by assignment: `__proto__` has to be a member like any other, as JSON.parse makes it.
        for (const [name, value] of members)
          Object.defineProperty(object, name, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        return object;
      }),
    ),
  }));
  return tree;
}
