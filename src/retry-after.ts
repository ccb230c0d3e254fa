/** Shortest and longest wait that a server can ask for, in milliseconds. */
const BOUNDS_MS = { least: 1_000, most: 3_600_000 } as const;

/** IMF-fixdate (RFC 9110, section 5.6.7). */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads a Retry-After value (RFC 9110, section 10.2.3) into milliseconds, clamped to 1 s … 1 h; undefined where it is
 * absent or neither a number of at most nine digits nor an IMF-fixdate.
 */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return clampRetryAfter(Number(text) * 1000);
  if (text.length > 32 || !IMF_FIXDATE.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : clampRetryAfter(at - nowMs);
}

/** What a server asks to wait, brought into 1 s … 1 h; in milliseconds. */
export function clampRetryAfter(ms: number): number {
  return Math.min(Math.max(ms, BOUNDS_MS.least), BOUNDS_MS.most);
}
