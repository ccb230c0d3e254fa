import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { coverageOf, printedOf, totalsOf, type Products } from '../../scripts/coverage.ts';
import type { GeneratedFile } from '../../scripts/charts.ts';
import { readProducts } from '../../scripts/generate.ts';
import { productPages } from '../../scripts/products.ts';
import { PRODUCTS } from '../../src/check/products/all.gen.ts';
import { clusterText } from '../../src/check/remediation/text.ts';

describe('the pages about products', function () {
  this.timeout(30_000);
  let products: Products;
  let pages: readonly GeneratedFile[];
  before(async () => {
    products = await readProducts();
    pages = await productPages(products);
  });

  it('are one for each product and one for all, and nothing is left of others', async () => {
    expect(Object.keys(products)).to.deep.equal(Object.keys(PRODUCTS));
    const files = ['README.md', ...Object.keys(products).map((id) => `${id}.md`)];
    expect(pages.map(({ path }) => path)).to.have.members(files.map((file) => `docs/registries/${file}`));
    expect(await readdir('docs/registries')).to.have.members(files);
  });

  it('have every word filled in', () => {
    for (const { path, text } of pages) {
      const told = text.replaceAll(/`[^`\n]*`/g, '');
      expect(told, path).to.not.match(/undefined|\[object|NaN|\{[a-z]+\}/);
      expect(text, path).to.match(
        /^# \S.*\n\n<!-- Generated from src\/check\/products|^# Registries\n\n<!-- Generated from/,
      );
    }
  });

  it('say of each product everything that its file says', () => {
    const plain = (text: string): string => text.replaceAll(/\\(.)/g, '$1');
    for (const [id, { name, permission, probe, unproven, advice, impossible = {} }] of Object.entries(
      products,
    )) {
      const text = plain(pages.find(({ path }) => path.endsWith(`/${id}.md`))?.text ?? '');
      expect(text).to.include(`# ${name}\n`);
      for (const one of [permission, ...probe, ...unproven])
        expect(text).to.include(`${one.text} _(${one.evidence})_`);
      for (const reason of Object.keys(advice)) expect(text).to.include(`\n### ${reason}\n`);
      for (const reason of Object.keys(impossible)) expect(text).to.include(`\n- ${reason}: `);
      for (const { summary, docs } of Object.values(advice)) {
        const named = clusterText(summary).replaceAll('{login}', 'Secret SECRET');
        expect(text).to.include(named.replaceAll(/\{([a-z]+)\}/g, (_, key: string) => key.toUpperCase()));
        if (docs !== undefined) expect(text).to.include(`(${docs})`);
      }
    }
  });

  it('link every product from the table of all', () => {
    const text = pages.find(({ path }) => path.endsWith('README.md'))?.text ?? '';
    for (const id of Object.keys(products)) expect(text).to.include(`](${id}.md)`);
    expect(text).to.include(totalsOf(coverageOf(products)));
  });
});

describe('coverageOf', () => {
  it('tells advice of its own from that for any registry and from what cannot be', () => {
    const { harbor } = PRODUCTS;
    const { reasons, rows } = coverageOf({ harbor });
    const cell = (reason: string): unknown => rows[0]?.cells[reasons.findIndex((one) => one === reason)];
    expect(rows[0]?.cells).to.have.length(reasons.length);
    expect([cell('PushDenied'), cell('RateLimited'), cell('RepositoryWouldBeCreated')]).to.deep.equal([
      harbor.advice.PushDenied?.evidence,
      'generic',
      'impossible',
    ]);
  });

  it('has a column for every reason that any product treats in its own way', () => {
    const { harbor } = PRODUCTS;
    const advice = {
      ...harbor.advice,
      ProxyFailed: { summary: 'x', steps: [], evidence: 'recalled' },
    } as const;
    const table = coverageOf({ harbor: { ...harbor, advice } });
    expect(table.reasons).to.include.members(['PushDenied', 'LoginLocked', 'ProxyFailed']);
    expect(table.rows[0]?.cells[table.reasons.indexOf('ProxyFailed')]).to.equal('recalled');
  });

  it('adds up', async () => {
    const table = coverageOf(await readProducts());
    const [, cells = 0, specific = 0, generic = 0, impossible = 0] =
      /(\d+) cells: (\d+) specific .*, (\d+) generic, (\d+) impossible$/.exec(totalsOf(table))?.map(Number) ??
      [];
    expect(cells).to.equal(table.rows.length * table.reasons.length);
    expect(specific + generic + impossible).to.equal(cells);
    expect(printedOf(table)).to.include(totalsOf(table));
  });
});
