/** The longest text read as a duration. Below it, no sum of parts overflows Go's 64-bit nanoseconds. */
const MAX_LENGTH = 20;

/** One part after the other; exact in whole milliseconds, so that no rounding can differ from Go's. The CRD has the same. */
const FORM = /^(?:[0-9]{1,6}(?:\.[0-9]{1,3})?[hms]|[0-9]{1,9}ms)+$/;
const PART = /([0-9]+)(?:\.([0-9]+))?(ms|[hms])/g;

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * Reads a duration as Go writes it (time.ParseDuration), such as `10m`, `1h30m` or `1.5s`: whole milliseconds.
 * Undefined for everything else: other units, signs, spaces, more than 20 characters or more than three decimals.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > MAX_LENGTH || !FORM.test(text)) return undefined;
  let totalMs = 0;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART)) {
    const thousandths = Number(whole) * 1000 + Number(fraction.padEnd(3, '0'));
    totalMs += (thousandths * (UNIT_MS[unit] ?? 0)) / 1000;
  }
  return totalMs;
}

/**
 * Writes milliseconds as Go reads them, in the fewest parts: `1h30m`, `10m`, `1s500ms`, `0s`.
 * Fractions of a millisecond are dropped; what is negative or no number is `0s`.
 */
export function formatDuration(ms: number): string {
  let rest = ms > 0 ? Math.floor(ms) : 0;
  let text = '';
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${String(count)}${unit}`;
    rest -= count * unitMs;
  }
  return text === '' ? '0s' : text;
}
