import { expect } from 'chai';
import fc from 'fast-check';
import { PRODUCTS, type ProductId } from '../../src/check/products/all.gen.ts';
import type { Product } from '../../src/check/products/product.ts';
import { fitting, recognise, signsOf } from '../../src/check/recognise.ts';
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

/** The products whose signs these are. */
function fits(shown: Shown): readonly string[] {
  return fitting(signsOf(shown.hostname, pingOf(shown)));
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
        expect(fits(shown), told(shown)).to.deep.equal([row.id]);
        expect(recognise(shown.hostname, pingOf(shown)), told(shown)).to.equal(row.id);
      }
    });
  }

  it('knows each also by an answer that is marked as all registries and proxies mark theirs', () => {
    for (const row of PRODUCT_ROWS) {
      for (const { hostname, ping } of showings(row).filter((shown) => shown.ping !== undefined)) {
        // Of zot, a 401 is known by the lack of it.
        const header = row.id === 'zot' ? {} : { 'docker-distribution-api-version': 'registry/2.0' };
        const marks = { ...header, server: 'nginx', ...ping?.marks };
        expect(fits({ hostname, ping: { ...ping, marks } }), row.id).to.deep.equal([row.id]);
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
    [
      'a proxy that lets /v2/ through and offers Basic',
      { ...ANSWER, status: 200, challenges: ['Basic realm="Restricted"'], body: '{}' },
    ],
    ['a page', { ...ANSWER, status: 200, contentType: 'text/html', body: '<h1>Harbor GitLab Quay</h1>' }],
  ];
  for (const [name, ping] of unknown) {
    it(`does not guess at ${name}`, () => expect(recognise('registry.example', ping)).to.equal(undefined));
  }

  const claims: readonly (readonly [vendor: string, challenge: string])[] = [
    ['GitHub', 'Bearer realm="https://ghcr.io/token",service="ghcr.io"'],
    ['Docker Hub', 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'],
    ['Alibaba', 'Bearer realm="https://t.example/auth",service="registry.aliyuncs.com:cn-hangzhou:1"'],
    ['Oracle', 'Bearer realm="https://t.example/20180419/docker/token",service="fra.ocir.io",scope=""'],
    ['Amazon', 'Basic realm="https://t.example/",service="ecr.amazonaws.com"'],
  ];
  for (const [vendor, challenge] of claims) {
    it(`believes no answer that claims to be ${vendor}: the login of its users is not for another host`, () => {
      const ping = { ...ANSWER, challenges: [challenge], marks: { 'x-github-request-id': 'A1B2' } };
      expect(recognise('registry.example', ping)).to.equal(undefined);
    });
  }

  const harborToo = 'Basic realm="harbor"';
  const gitlabToo = { 'gitlab-container-registry-version': '4.15.0' };
  it('does not choose where an answer shows the signs of several', () => {
    const marks = { 'docker-distribution-api-version': 'registry/2.0', ...gitlabToo };
    for (const shown of [gitlabToo, marks])
      expect(recognise('registry.example', { ...ANSWER, challenges: [harborToo], marks: shown })).to.equal(
        undefined,
      );
  });

  it('goes by the host first, whatever the answer shows', () => {
    const ping = { ...ANSWER, challenges: [harborToo], marks: gitlabToo };
    expect(recognise('quay.io', ping)).to.equal('quay');
    expect(recognise('teamimages.azurecr.io', { ...ping, marks: {} })).to.equal('acr');
  });

  it('takes an error without a list for that of zot only where the header of others is missing', () => {
    const ping = { ...ANSWER, body: '{"code":"UNAUTHORIZED"}' };
    expect(recognise('zot.example', ping)).to.equal('zot');
    const marks = { 'docker-distribution-api-version': 'registry/2.0' };
    expect(recognise('zot.example', { ...ping, marks })).to.equal('distribution');
  });

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

  it('knows the host of whoever is asked for a login, or says which host it is for', () => {
    const byAnswer = PRODUCT_ROWS.filter((row) =>
      showings(row).some(({ hostname }) => recognise(hostname, undefined) !== row.id),
    );
    expect(byAnswer.map(({ id }) => id)).to.include.members(['ghcr', 'gitlab', 'harbor', 'openshift', 'zot']);
    for (const { id } of byAnswer) {
      const { advice } = ALL[id as ProductId];
      for (const reason of ['CredentialsRejected', 'CredentialsExpired', 'PushDenied'] as const) {
        const summary = advice[reason]?.summary ?? '{host}';
        const texts =
          typeof summary === 'string' ? [summary] : [summary.cluster, summary.elsewhere ?? '{host}'];
        for (const text of texts) expect(text, `${id} ${reason}`).to.include('{host}');
      }
    }
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
