/** How waiting grows with failures. */
export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/**
 * Exponential back-off with full jitter: a random share of `firstMs`, doubled with every further failure up to
 * `capMs`. Without failures it is 0. `random` answers 0 (inclusive) to 1 (exclusive).
 * Full jitter spreads clients best: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, { firstMs, capMs }: Backoff, random: () => number): number {
  if (failures <= 0) return 0;
  return random() * Math.min(capMs, firstMs * 2 ** (failures - 1));
}
