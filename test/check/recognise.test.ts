import { expect } from 'chai';
import fc from 'fast-check';
import { PRODUCTS, type ProductId } from '../../src/check/products/all.gen.ts';
import type { Product } from '../../src/check/products/product.ts';
import { recognise, signsOf } from '../../src/check/recognise.ts';
import { REASONS, type Reason } from '../../src/check/reason.ts';
import { remedyFor } from '../../src/check/remediation/remedy.ts';
import type { Response } from '../../src/registry/http.ts';
import { MARKS, type Marks } from '../../src/registry/marks.ts';
import { PRODUCT_ROWS, type ProductRow, type Shown } from './product-rows.ts';

const IDS = Object.keys(PRODUCTS) as ProductId[];
const ALL: Readonly<Record<ProductId, Product>> = PRODUCTS;

const ANSWER: Response = {
  kind: 'response',
  status: 401,
  challenges: [],
  location: undefined,
  contentType: undefined,
  retryAfter: undefined,
  marks: {},
  body: '',
};

function pingOf({ ping }: Shown): Response | undefined {
  return ping && { ...ANSWER, ...ping };
}

/** What it says of a row, by both ways of showing itself. */
const showings = ({ also = [], ...first }: ProductRow): readonly Shown[] => [first, ...also];

/** The products whose signs these are; one that is asked last only where there is no other. */
function fitting(shown: Shown): readonly string[] {
  const signs = signsOf(shown.hostname, pingOf(shown));
  const fits = IDS.filter((id) => ALL[id].is(signs));
  const first = fits.filter((id) => ALL[id].last !== true);
  return first.length === 0 ? fits : first;
}

const told = (shown: Shown): string => JSON.stringify(shown);

describe('the rows of products', () => {
  it('are one for each product, in the order of their names', () => {
    expect(PRODUCT_ROWS.map(({ id }) => id)).to.deep.equal(IDS.toSorted());
  });
});

describe('recognise', () => {
  for (const row of PRODUCT_ROWS) {
    it(`knows ${row.id}, and takes it for nothing else`, () => {
      for (const shown of showings(row)) {
        expect(fitting(shown), told(shown)).to.deep.equal([row.id]);
        expect(recognise(shown.hostname, pingOf(shown)), told(shown)).to.equal(row.id);
      }
    });
  }

  it('knows each also by an answer that is marked as all registries and proxies mark theirs', () => {
    for (const row of PRODUCT_ROWS) {
      for (const { hostname, ping } of showings(row).filter((shown) => shown.ping !== undefined)) {
        const marks = { 'docker-distribution-api-version': 'registry/2.0', server: 'nginx', ...ping?.marks };
        expect(fitting({ hostname, ping: { ...ping, marks } }), row.id).to.deep.equal([row.id]);
      }
    }
  });

  for (const row of PRODUCT_ROWS.filter((one) => showings(one).some(({ ping }) => ping === undefined))) {
    it(`knows the host of ${row.id} whatever it answers, written in any case, and no host that only looks like it`, () => {
      for (const { hostname } of showings(row).filter(({ ping }) => ping === undefined)) {
        for (const status of [200, 401, 503])
          expect(recognise(hostname.toUpperCase(), { ...ANSWER, status, body: 'x' }), hostname).to.equal(
            row.id,
          );
        const others = [
          `${hostname}.example`,
          `${hostname}x`,
          hostname.replaceAll('.', 'x'),
          `x/${hostname}`,
        ];
        for (const other of others) expect(recognise(other, undefined), other).to.equal(undefined);
      }
    });
  }

  const unknown: readonly (readonly [name: string, ping: Response | undefined])[] = [
    ['a registry that was not asked', undefined],
    ['an open one without any sign', { ...ANSWER, status: 200, body: '{}' }],
    ['one with a token service of its own', { ...ANSWER, challenges: ['Bearer realm="https://t.example/"'] }],
    ['one with a realm that is no URL', { ...ANSWER, challenges: ['Bearer realm="t",service="s"'] }],
    ['one with Basic', { ...ANSWER, challenges: ['Basic realm="Restricted"'] }],
    ['a page', { ...ANSWER, status: 200, contentType: 'text/html', body: '<h1>Harbor GitLab Quay</h1>' }],
  ];
  for (const [name, ping] of unknown) {
    it(`does not guess at ${name}`, () => expect(recognise('registry.example', ping)).to.equal(undefined));
  }

  it('takes any text, and gives the name of a product or nothing', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom('harbor', 'https://x.example/jwt/auth'),
    );
    const marks = fc.dictionary(fc.constantFrom(...MARKS), text) as fc.Arbitrary<Marks>;
    const ping = fc.record({ status: fc.nat(600), challenges: fc.array(text), marks, body: text });
    fc.assert(
      fc.property(text, fc.option(ping, { nil: undefined }), (hostname, one) => {
        expect([undefined, ...IDS]).to.include(recognise(hostname, one && { ...ANSWER, ...one }));
      }),
    );
  });

  it('lets nothing of what a registry says into the advice', () => {
    const canary = 'cAnArY';
    for (const row of PRODUCT_ROWS.flatMap(showings)) {
      const { challenges = [], marks = {}, body = '' } = row.ping ?? {};
      const marked = Object.entries(marks).map(([name, value]) => [name, `${value}${canary}`]);
      const ping: Response = {
        ...ANSWER,
        location: canary,
        contentType: canary,
        challenges: [
          ...challenges.map((one) => `${one},error_description="${canary}"`),
          `Basic realm="${canary}"`,
        ],
        marks: Object.fromEntries(marked) as Marks,
        body: `${body}${canary}`,
      };
      const facts = {
        host: row.hostname,
        url: `https://${row.hostname}`,
        server: row.hostname,
        repository: 'team/app',
        product: recognise(row.hostname, ping),
        secret: 'login',
        form: undefined,
        namespace: 'apps',
        name: 'check',
        verify: 'kubectl get rpc',
      };
      for (const reason of Object.keys(REASONS) as Reason[])
        expect(JSON.stringify(remedyFor(reason, facts) ?? '')).to.not.include(canary);
    }
  });
});
