import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly ms: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: wakes sleepers one after the other, each at its own time, and lets everything that
   * follows from it happen before the next one wakes.
   */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as a correction of the machine's time does. */
  jump(ms: number): void;
  /** How long each sleeper asked to sleep, in the order of falling asleep. */
  readonly sleeps: readonly number[];
}

/** A fake clock; its wall time starts at 2026-01-01T00:00:00Z. */
export function createFakeClock(): FakeClock {
  let monotonic = 1000;
  let wallOffset = Date.UTC(2026, 0, 1) - monotonic;
  const sleepers = new Set<Sleeper>();

  const wakeNext = (until: number): boolean => {
    const [next] = [...sleepers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
    if (next === undefined) return false;
    monotonic = Math.max(monotonic, next.at);
    next.wake();
    return true;
  };

  return {
    now: () => monotonic + wallOffset,
    monotonic: () => monotonic,
    get sleeps() {
      return [...sleepers].map(({ ms }) => ms);
    },
    jump: (ms) => {
      wallOffset += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        const sleeper: Sleeper = {
          at: monotonic + Math.max(0, Number.isNaN(ms) ? 0 : ms),
          ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal.removeEventListener('abort', stop);
            resolve();
          },
        };
        if (signal.aborted) {
          stop();
          return;
        }
        signal.addEventListener('abort', stop, { once: true });
        sleepers.add(sleeper);
      }),
    async advance(ms) {
      const until = monotonic + ms;
      await settle();
      while (wakeNext(until)) await settle();
      monotonic = until;
    },
  };
}

/** Lets all promises that can go on without the clock go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
