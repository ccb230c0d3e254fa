import { oneLine } from '../text.ts';

/** Where the toolkit reports what nobody awaits. The entry point supplies it; fields hold no secrets. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Longest text from outside in a log line or an error, in characters. */
export const LONGEST_TEXT = 300;

/**
 * An error as one line: its class and its message, without stack, cause or further properties, because those
 * may hold headers or bodies. Control characters are replaced, and the text ends at 300 characters.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is not an Error was thrown';
  return oneLine(`${error.name}: ${error.message}`, LONGEST_TEXT);
}
