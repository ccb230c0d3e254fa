/** The rules of docs/security.md, in its order: where a login goes, what is shown, which address, how much, what never prints. */
export const RULES = [
  ...numbered('B', 9),
  ...numbered('E', 5),
  ...numbered('M', 6),
  ...numbered('L', 8),
  'TLS',
  'Trust',
] as const;

/** The rules that live in a policy of the API server and not in src: no edit of src could break them. */
export const OUTSIDE: readonly string[] = ['B9'];

function numbered(letter: string, last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${String(index + 1)}`);
}

/** Bad input has a number, and a test of it begins with `row N: `; this is the highest one. */
export const LAST_ROW = 95;

/** The rules that a test's full title names: any `describe` or `it` of it may begin with `B1: ` or `B1, M3: `. */
export function rulesOf(fullTitle: string): readonly string[] {
  return labels(fullTitle, '(?:[BEML]\\d|TLS|Trust)');
}

/** The rows that a test's full title names: `row 7: `, `row 7, row 8: `. */
export function rowsOf(fullTitle: string): readonly number[] {
  return labels(fullTitle, 'row \\d+').map((label) => Number(label.slice(4)));
}

function labels(fullTitle: string, label: string): readonly string[] {
  const list = new RegExp(`(?:^| )(${label}(?:, ${label})*): `, 'g');
  return [...fullTitle.matchAll(list)].flatMap(([, found = '']) => found.split(', '));
}
