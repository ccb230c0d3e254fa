import type { Clock } from '../clock.ts';

/** Sustained requests per second, and how many may go at once after a quiet time. */
export interface Limits {
  readonly qps: number;
  readonly burst: number;
}

/** A token bucket in front of the API server. */
export interface Limiter {
  /** Waits for a token, first come first served. An abort ends the wait with the signal's reason. */
  take(signal: AbortSignal): Promise<void>;
  /** The server said 429: half the rate for the next 60 s. */
  slowDown(): void;
}

const SLOW_MS = 60_000;

/** A full bucket of `burst` tokens that gains `qps` a second; never more than `burst + qps × t` pass in `t` seconds. */
export function createLimiter({ qps, burst }: Limits, clock: Clock): Limiter {
  let tokens = burst;
  let countedAt = clock.monotonic();
  let slowUntil = -Infinity;

  const refill = (): void => {
    const now = clock.monotonic();
    const slowMs = Math.max(0, Math.min(now, slowUntil) - countedAt);
    const earned = ((now - countedAt - slowMs / 2) * qps) / 1000;
    tokens = Math.min(burst, tokens + earned);
    countedAt = now;
  };

  return {
    async take(signal) {
      signal.throwIfAborted();
      refill();
      // Below zero the token is borrowed: each further caller waits behind the ones before it.
      tokens -= 1;
      if (tokens >= 0) return;
      const rate = clock.monotonic() < slowUntil ? qps / 2 : qps;
      try {
        await clock.sleep((-tokens * 1000) / rate, signal);
      } catch (error) {
        tokens += 1;
        throw error;
      }
    },
    slowDown() {
      refill();
      slowUntil = clock.monotonic() + SLOW_MS;
    },
  };
}
