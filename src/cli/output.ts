import { oneLine } from '../text.ts';

/** Colours of a terminal, or none. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly open: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** Colours only for a terminal that has not said otherwise (no-color.org). */
export function paintFor(
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR, TERM }: { readonly NO_COLOR?: string | undefined; readonly TERM?: string | undefined },
): Paint {
  const wanted = isTTY === true && !NO_COLOR && TERM !== 'dumb';
  const by = (code: number) => (text: string) => (wanted ? `\u{1B}[${code}m${text}\u{1B}[0m` : text);
  return { good: by(32), bad: by(31), open: by(33), strong: by(1) };
}

/**
 * Rows as columns, three spaces apart, without trailing ones. Every cell is made fit for a terminal.
 * @param least width of the first column at least, in characters
 */
export function columns(rows: readonly (readonly string[])[], least = 0): string {
  const clean = rows.map((row) => row.map((cell) => oneLine(cell)));
  const widths =
    clean[0]?.map((_, at) => Math.max(at === 0 ? least : 0, ...clean.map((row) => (row[at] ?? '').length))) ??
    [];
  return clean
    .map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('   '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Data as JSON or YAML, with a line break at the end. */
export async function serialise(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, undefined, 2)}\n`;
  // Not by name: it is a CommonJS package, and of those a bundle exports nothing but the whole.
  const { default: yaml } = await import('yaml');
  return yaml.stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Writes to stdout and waits until it is taken: a pipe may be slow. */
export function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
