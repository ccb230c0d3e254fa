import type { Evidence, Product } from '../src/check/products/product.ts';
import { needsFix, REASONS, type FailureReason } from '../src/check/reason.ts';

/** Products by the names of their files. */
export type Products = Readonly<Record<string, Product>>;

/** Reasons whose fix is mostly a matter of the product; those of other cells are added. */
const MATTER: readonly FailureReason[] = [
  'PushDenied',
  'CredentialsRejected',
  'CredentialsExpired',
  'RepositoryNotFound',
  'RepositoryWouldBeCreated',
  'RegistryReadOnly',
  'QuotaExceeded',
  'RateLimited',
  'LoginLocked',
  'AccessBlocked',
];

/** What each mark of evidence means. */
export const RESTS_ON: Readonly<Record<Evidence, string>> = {
  measured: 'seen on a real server',
  source: "read in the product's own source",
  documented: "the vendor's documentation",
  reported: 'captures and reports of others',
  recalled: 'as far as is known; not looked up',
};

/** What is said of a reason at a product: advice of its own, that for any registry, or that it cannot be. */
export type Coverage = Evidence | 'generic' | 'impossible';

/** The coverage of all products, one row each, with the reasons that are its columns. */
export interface CoverageTable {
  readonly reasons: readonly FailureReason[];
  readonly rows: readonly {
    readonly id: string;
    readonly name: string;
    readonly cells: readonly Coverage[];
  }[];
}

/** What is said of each reason at each product. */
export function coverageOf(products: Products): CoverageTable {
  const all = Object.entries(products);
  const said = all.flatMap(([, { advice, impossible = {} }]) => Object.keys({ ...advice, ...impossible }));
  const others = (Object.keys(REASONS) as FailureReason[]).filter(
    (reason) => needsFix(reason) && !MATTER.includes(reason) && said.includes(reason),
  );
  const reasons = [...MATTER, ...others];
  const cell = ({ advice, impossible }: Product, reason: FailureReason): Coverage =>
    advice[reason]?.evidence ?? (impossible?.[reason] === undefined ? 'generic' : 'impossible');
  const rows = all.map(([id, product]) => ({
    id,
    name: product.name,
    cells: reasons.map((reason) => cell(product, reason)),
  }));
  return { reasons, rows };
}

/** The coverage in one line. */
export function totalsOf({ reasons, rows }: CoverageTable): string {
  const cells = rows.flatMap((row) => row.cells);
  const count = (kind: Coverage): number => cells.filter((one) => one === kind).length;
  const evidence = (Object.keys(RESTS_ON) as Evidence[]).filter((kind) => count(kind) > 0);
  const own = evidence.map((kind) => `${count(kind)} ${kind}`).join(', ');
  const specific = cells.length - count('generic') - count('impossible');
  return `${rows.length} products, ${reasons.length} reasons, ${cells.length} cells: ${specific} specific (${own}), ${count('generic')} generic, ${count('impossible')} impossible`;
}

/** The coverage as a table of Markdown. `link` makes the text of a product's cell. */
export function tableOf(
  { reasons, rows }: CoverageTable,
  link: (id: string, name: string) => string,
): string {
  return [
    ['product', ...reasons],
    ['product', ...reasons].map(() => '---'),
    ...rows.map(({ id, name, cells }) => [link(id, name), ...cells]),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** The coverage as text for a terminal: a letter for each cell, and what they mean. */
export function printedOf(table: CoverageTable): string {
  const width = Math.max(...table.rows.map(({ id }) => id.length), 0);
  const letters: Readonly<Record<Coverage, string>> = {
    measured: 'M',
    source: 'S',
    documented: 'D',
    reported: 'I',
    recalled: 'R',
    generic: '·',
    impossible: '-',
  };
  const key = Object.entries(letters).map(([kind, letter]) => `${letter} ${kind}`);
  return [
    ...table.rows.map(
      ({ id, cells }) => `${id.padEnd(width)}  ${cells.map((cell) => letters[cell]).join(' ')}`,
    ),
    `Columns: ${table.reasons.join(', ')}`,
    key.join(', '),
    totalsOf(table),
  ].join('\n');
}
