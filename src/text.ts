/** What must not reach a terminal, a log or a status: controls, invisible characters, bidirectional overrides, line separators. */
const HARMFUL = '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]';
const EACH = new RegExp(HARMFUL, 'gu');
const RUNS = new RegExp(`${HARMFUL}+`, 'gu');

/**
 * Makes a text from outside fit to be shown: no control, escape or bidirectional characters, at most `maxLength`
 * code points (an ellipsis marks the cut). It does not hide secrets: never give it one.
 */
export function sanitise(text: string, maxLength: number): string {
  const start = text.slice(0, 4 * maxLength + 4);
  return cut(start.toWellFormed().replaceAll(EACH, '\u{FFFD}'), maxLength);
}

/** Text on one line: a space for what {@link sanitise} replaces, at most `maxLength` code points where it is given. */
export function oneLine(text: string, maxLength = Infinity): string {
  return cut(text.toWellFormed().replaceAll(RUNS, ' ').trim(), maxLength);
}

/** The timestamp of a time (milliseconds since the epoch), in UTC and whole seconds, as the API server writes it (RFC 3339). */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const points = [...text];
  return points.length <= maxLength ? text : `${points.slice(0, maxLength - 1).join('')}…`;
}
