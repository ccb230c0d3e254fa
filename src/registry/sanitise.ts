/** What must not reach a terminal, a log or a status: controls, line separators, bidirectional overrides, lone surrogates. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Makes a text from outside fit to be shown: no control, escape or bidirectional characters, at most `maxLength`
 * code points (an ellipsis marks the cut). It does not hide secrets: never give it one.
 */
export function sanitise(text: string, maxLength: number): string {
  const clean = text
    .slice(0, 4 * maxLength + 4)
    .toWellFormed()
    .replace(HARMFUL, '\u{FFFD}');
  const points = [...clean];
  return points.length <= maxLength ? clean : `${points.slice(0, maxLength - 1).join('')}…`;
}
