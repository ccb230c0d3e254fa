import { commandOf } from '../check/remediation/command.ts';
import { oneLine } from '../text.ts';
import { columns } from './output.ts';

/** Of a terminal: undefined where there is none, so that nothing is wrapped in a file or a pipe. */
export function widthOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number | undefined {
  return stream.isTTY === true ? stream.columns : undefined;
}

/**
 * Rows of a label and a text. In a terminal sentences are wrapped between words, and commands stand on lines of their own, whole, as
 * somebody will copy them.
 * @param least width of the labels at least, in characters
 * @param width of the terminal; undefined: one line for each row
 */
export function paragraphs(
  rows: readonly (readonly [label: string, text: string])[],
  least: number,
  width: number | undefined,
): string {
  if (width === undefined) return columns(rows, least);
  const labels = Math.max(least, ...rows.map(([label]) => label.length)) + '   '.length;
  return rows
    .flatMap(([label, text]) => {
      const [first = '', ...more] = linesOf(oneLine(text), width - labels);
      return [label.padEnd(labels) + first, ...more.map((line) => ' '.repeat(labels) + line)];
    })
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function linesOf(text: string, width: number): readonly string[] {
  const [hang = ''] = /^(?:\d+\.|-) /.exec(text) ?? [];
  const command = commandOf(text);
  const prose = command === undefined ? text : text.slice(0, -command.length);
  const [first = '', ...more] = wrap(prose.slice(hang.length).trimEnd(), width - hang.length);
  return [
    hang + first,
    ...[...more, ...(command === undefined ? [] : [command])].map((line) => ' '.repeat(hang.length) + line),
  ];
}

/** A text in lines of at most `width` characters, as far as its words allow; no line is narrower than 20. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= Math.max(width, 20) || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
