import { expect } from 'chai';
import fc from 'fast-check';
import { PRODUCTS, type ProductId } from '../../src/check/products/all.gen.ts';
import type { Product, ProductAdvice, Statement } from '../../src/check/products/product.ts';
import { needsFix, REASONS, type FailureReason } from '../../src/check/reason.ts';
import { LET_CREATE, OTHER_REPOSITORY } from '../../src/check/remediation/other-repository.ts';
import { TRY_LOGIN } from '../../src/check/remediation/mend-secret.ts';
import { quote, remedyFor, type Facts, type Remediation } from '../../src/check/remediation/remedy.ts';
import {
  OTHER_SECRET,
  RENEW_EXPIRY,
  WRITE_GIVEN_LOGIN,
  WRITE_LOGIN,
} from '../../src/check/remediation/write-login.ts';
import { clusterText } from '../../src/check/remediation/text.ts';
import { verifyCommand } from '../../src/controller/verify.ts';
import { commandOf, expectToParse, sorted, wordsOf } from '../support/shell.ts';
import { PRODUCT_ROWS, type ProductRow } from './product-rows.ts';

const ALL: Readonly<Record<ProductId, Product>> = PRODUCTS;
const FORMS = [undefined, 'docker', 'password', 'token', 'other'] as const;
const SOURCES = [undefined, 'JWT', 'ECRPassword', 'SecretKey', 'Annotation'] as const;
const DEFAULT_REPOSITORY = 'stellaops/doctor-test';
const NAMED = new Set([
  LET_CREATE,
  OTHER_REPOSITORY,
  OTHER_SECRET,
  RENEW_EXPIRY,
  TRY_LOGIN,
  WRITE_GIVEN_LOGIN,
  WRITE_LOGIN,
]);
/** What every advice may be filled with, besides the product's own. */
const COMMON = ['host', 'hostname', 'url', 'server', 'repository'] as const;
const EVIDENCE = new Set(['measured', 'source', 'documented', 'reported', 'recalled']);
const HEDGE = /as far as is known|may be called|probably/i;
const FAILURES = (Object.keys(REASONS) as FailureReason[]).filter((reason) => needsFix(reason));

/** One product, with the row that shows it. */
interface Case {
  readonly id: ProductId;
  readonly product: Product;
  readonly row: ProductRow;
  readonly cells: readonly (readonly [reason: FailureReason, advice: ProductAdvice])[];
}

const CASES: readonly Case[] = PRODUCT_ROWS.flatMap((row): Case[] => {
  if (!Object.hasOwn(ALL, row.id)) return [];
  const id = row.id as ProductId;
  const cells = Object.entries(ALL[id].advice) as [FailureReason, ProductAdvice][];
  return [{ id, product: ALL[id], row, cells }];
});

function factsAt({ id, row }: Case, more: Partial<Facts> = {}): Facts {
  return {
    host: row.hostname,
    url: `https://${row.hostname}`,
    server: row.hostname,
    repository: row.repository,
    product: id,
    secret: 'login',
    form: undefined,
    namespace: 'apps',
    name: 'check',
    verify: verifyCommand('apps', 'check'),
    ...more,
  };
}

/** Every form of Secret, every source of an end, a repository of one's own and the default one, and hosts and names of every form. */
function everyFacts(one: Case): readonly Facts[] {
  const repositories = [one.row.repository, DEFAULT_REPOSITORY];
  const at = FORMS.flatMap((form) =>
    SOURCES.flatMap((expirySource) =>
      repositories.map((repository) => factsAt(one, { form, expirySource, repository })),
    ),
  );
  const names = { secret: 'a-9.b-9', namespace: 'n-9', name: 'c-9.d' };
  return [
    ...at,
    factsAt(one, { secret: undefined }),
    factsAt(one, {
      ...names,
      repository: 'a.b__c--d/e_f-9/x',
      host: 'reg-9.example:5000',
      url: 'https://reg-9.example:5000',
    }),
    factsAt(one, {
      ...names,
      host: '[fd00::1]:5000',
      url: 'http://[fd00::1]:5000/prefix',
      server: '[fd00::1]:5000',
    }),
  ];
}

function remedy(reason: FailureReason, facts: Facts): Remediation {
  return remedyFor(reason, facts) ?? expect.fail(`no remediation for ${reason}`);
}

const ownSteps = ({ steps }: ProductAdvice): readonly string[] =>
  steps.map(clusterText).filter((step) => !NAMED.has(step));
const textsOf = (advice: ProductAdvice): readonly string[] => [
  clusterText(advice.summary),
  ...ownSteps(advice),
];
const wordsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\{([a-z]+)\}/g)].map(([, key = '']) => key);
const commandsOf = (steps: readonly string[]): readonly string[] =>
  steps.flatMap((step) => commandOf(step) ?? []);

function within(url: string, domains: readonly string[]): boolean {
  const { protocol, hostname, username } = new URL(url);
  const ours = domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
  return protocol === 'https:' && username === '' && ours;
}

/** The words of a product's name that are its own. */
const ownNames = (name: string): readonly string[] =>
  name
    .split(/[^\w.]+/)
    .filter(
      (word) =>
        word.length > 2 &&
        !/^(?:and|artifact|cloud|container|images?|packages?|registry|service)$/i.test(word),
    );

const statementsOf = (product: Product): readonly Statement[] => [
  product.permission,
  ...product.probe,
  ...product.unproven,
  ...Object.values(product.impossible ?? {}),
];

for (const one of CASES) {
  const { product, row, cells } = one;
  describe(`the product ${one.id}`, () => {
    it('says what a push needs, what a check does there and what a green one does not prove', () => {
      expect(product.name).to.match(/^\S.*\S$/);
      expect(product.probe).to.not.deep.equal([]);
      expect(product.unproven).to.not.deep.equal([]);
      for (const { text } of [product.permission, ...product.probe, ...product.unproven])
        expect(text).to.match(/^[^a-z].{10,}\.$/);
      for (const { text } of Object.values(product.impossible ?? {})) expect(text).to.match(/^[^.]{5,}$/);
    });

    it('says of every word what it rests on, and is not certain of what nobody has looked up', () => {
      for (const { text, evidence } of statementsOf(product)) {
        expect(EVIDENCE, text).to.include(evidence);
        if (evidence === 'recalled') expect(text).to.match(HEDGE);
      }
      for (const [reason, advice] of cells) {
        expect(EVIDENCE, reason).to.include(advice.evidence);
        if (advice.evidence === 'recalled') expect(textsOf(advice).join(' '), reason).to.match(HEDGE);
      }
      for (const { evidence, text } of Object.values(product.impossible ?? {}))
        expect(['measured', 'source'], text).to.include(evidence);
    });

    it('has advice for failures only, and none for what it cannot give', () => {
      expect(cells).to.not.deep.equal([]);
      for (const [reason] of cells) expect(FAILURES).to.include(reason);
      for (const reason of Object.keys(product.impossible ?? {})) {
        expect(FAILURES).to.include(reason);
        expect(product.advice).to.not.have.property(reason);
      }
    });

    it('links to pages of its vendor, over https', () => {
      expect(product.domains).to.deep.equal(row.domains);
      expect(product.domains).to.not.deep.equal([]);
      for (const domain of product.domains) expect(domain).to.match(/^(?:[a-z0-9-]+\.)+[a-z]{2,}$/);
      const docs = cells.flatMap(([, advice]) => advice.docs ?? []);
      const texts = [
        ...cells.flatMap(([, advice]) => textsOf(advice)),
        ...statementsOf(product).map(({ text }) => text),
      ];
      const typed = texts.flatMap((text) =>
        [...text.matchAll(/https?:\/\/[^\s'"`)>,]+/g)].map(([url]) => url),
      );
      // An address that is filled in is that of the check, not a link.
      const fixed = typed.filter((url) => !/^https:\/\/[^/]*\{/.test(url));
      for (const url of [product.docs, ...docs, ...fixed])
        expect(within(url, product.domains), url).to.equal(true);
    });

    it('fills its advice with its own words and those for all, and never with names of the cluster', () => {
      const values = product.values?.({ hostname: row.hostname, repository: row.repository }) ?? {};
      if (product.values !== undefined) expect(Object.keys(values), row.repository).to.not.deep.equal([]);
      for (const taken of [
        ...COMMON,
        'hostport',
        'login',
        'secret',
        'newsecret',
        'namespace',
        'name',
        'operator',
      ])
        expect(values).to.not.have.property(taken);
      const allowed = new Set([...COMMON, ...Object.keys(values)]);
      // {login} is two words: it belongs into sentences, not into commands.
      for (const [, { steps }] of cells)
        expect(steps.map(clusterText).flatMap(wordsIn)).to.not.include('login');
      const used = cells
        .flatMap(([, advice]) => textsOf(advice).flatMap(wordsIn))
        .filter((word) => word !== 'login');
      expect(used.filter((word) => !allowed.has(word))).to.deep.equal([]);
      expect(Object.keys(values).filter((word) => !used.includes(word))).to.deep.equal([]);
    });

    it('says first in one sentence what to do, and where', () => {
      for (const [reason, advice] of cells) {
        const summary = clusterText(advice.summary);
        expect(summary, reason)
          .to.match(/^[A-Z].*\.$/)
          .and.not.match(/[.!?] [A-Z]/);
        expect(
          ownNames(product.name).some((word) => summary.includes(word)),
          summary,
        ).to.equal(true);
      }
    });

    it('shows in every situation at most eight steps, filled in, none twice, the last one verifies', () => {
      for (const [reason, advice] of cells) {
        expect(remedy(reason, factsAt(one)).docsUrl, reason).to.equal(advice.docs ?? product.docs);
        for (const facts of everyFacts(one)) {
          const { summary, steps } = remedy(reason, facts);
          for (const text of [summary, ...steps]) {
            expect(text, reason).to.not.match(/\{[a-z]+\}|undefined|\[object|[\r\n]/);
            expect(text.length, text).to.be.within(10, 1024);
          }
          // An Event has room for it behind the message.
          expect(summary.length, summary).to.be.below(400);
          expect(steps.length, `${reason}\n${steps.join('\n')}`).to.be.within(2, 8);
          expect(commandOf(steps.at(-1) ?? ''), reason).to.equal(facts.verify);
          expect(new Set(steps), reason).to.have.property('size', steps.length);
        }
      }
    });

    it('writes its commands behind a colon, at the end of a step, with no password in them', () => {
      for (const step of cells.flatMap(([, advice]) => ownSteps(advice))) {
        const command = commandOf(step);
        const sentence = command === undefined ? step : step.slice(0, -command.length);
        // An option outside of a command: its program may be missing in test/support/shell.ts.
        expect(sentence, step).to.not.match(/(?:^|\s)--?[a-z][\w-]*[ =]/);
        expect(command ?? '').to.not.match(
          /(?:-u|--user)[ =]\S+:|--(?:password|token|secret)[ =]|htpasswd\s+-\S*b/,
        );
        if (command === undefined) expect(step).to.match(/\.$/);
        // A program that src/check/remediation/command.ts does not know would be no command: nothing here would look at it.
        expect(sentence, step).to.not.match(/: [a-z][\w-]* [^:]*(?<!\.)$/);
      }
    });

    it('has no word in capitals that is also what a word in braces is shown as, where nothing is known for it', () => {
      for (const [reason, advice] of cells) {
        const texts = textsOf(advice);
        // Among them those of the named steps.
        const shown = new Set(
          [...texts.flatMap(wordsIn), 'secret', 'newsecret', 'namespace', 'name'].map((word) =>
            word.toUpperCase(),
          ),
        );
        const typed = texts.flatMap(
          (text) => text.replaceAll(/\{[a-z]+\}/g, ' ').match(/[A-Z][A-Z_]+/g) ?? [],
        );
        expect(
          typed.filter((word) => shown.has(word)),
          `${reason}\n${texts.join('\n')}`,
        ).to.deep.equal([]);
      }
    });

    it('writes commands that a shell can parse and run', () => {
      const all = cells.flatMap(([reason]) =>
        everyFacts(one).flatMap((facts) => remedy(reason, facts).steps),
      );
      const commands = [...new Set(commandsOf(all))];
      expectToParse(commands);
      const calls = wordsOf(commands.join('\n')).flat();
      expect(calls.filter((word) => /undefined|\{[a-z]+\}/.test(word))).to.deep.equal([]);
    });
  });
}

describe('the commands of all products', () => {
  const own = [
    ...new Set(CASES.flatMap(({ cells }) => cells.flatMap(([, advice]) => commandsOf(ownSteps(advice))))),
  ];
  const keys = [...new Set(own.flatMap(wordsIn))];
  const nasty = fc.string({
    unit: fc.constantFrom(...`'"\\$\`&|;<>*?~#!{}()[] \n\tab-=,:%`),
    minLength: 1,
    maxLength: 12,
  });

  function filled(values: Readonly<Record<string, string>>): string {
    return own
      .map((step) => step.replace(/\{([a-z]+)\}/g, (_, key: string) => quote(values[key] ?? '')))
      .join('\n');
  }

  it('take whatever is filled in as one word, or as a part of one', () => {
    const plain = Object.fromEntries(keys.map((key) => [key, `plain-${key}-`]));
    const words = wordsOf(filled(plain));
    fc.assert(
      fc.property(fc.tuple(...keys.map(() => nasty)), (texts) => {
        const values = Object.fromEntries(keys.map((key, at) => [key, texts[at] ?? '']));
        const expected = words.map((call) =>
          call.map((word) => word.replace(/plain-([a-z]+)-/g, (_, key: string) => values[key] ?? '')),
        );
        expect(sorted(wordsOf(filled(values)))).to.deep.equal(sorted(expected));
      }),
      { numRuns: 20 },
    );
  });
});
