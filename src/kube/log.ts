/** Where the toolkit reports what nobody awaits. The entry point supplies it; fields hold no secrets. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

const LONGEST = 300;

/**
 * An error as one line: its class and its message, without stack, cause or further properties, because those
 * may hold headers or bodies. Control characters are replaced, and the text ends at 300 characters.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is not an Error was thrown';
  return printable(`${error.name}: ${error.message}`);
}

/** Text from outside on one line: control characters become spaces, 300 characters at most. */
export function printable(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1).toWellFormed()}…` : line;
}
