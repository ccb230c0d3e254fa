/** Time as a parameter: what below the entry points asks for the time or waits does it through this. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch: for timestamps that people read. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start: for durations and deadlines. */
  monotonic(): number;
  /**
   * Waits `ms` milliseconds. A `signal` that aborts ends the wait with the signal's reason.
   * Values below 0 or NaN wait 0 ms; values over {@link LONGEST_TIMER_MS} wait that long.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest delay that `setTimeout` takes: above it, Node fires at once (Node docs, timers). */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Brings a delay into the range that `setTimeout` keeps: whole milliseconds, 0 to {@link LONGEST_TIMER_MS}. */
export function clampDelayMs(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS);
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(reasonOf(signal));
        return;
      }
      const stop = (): void => {
        clearTimeout(timer);
        reject(reasonOf(signal));
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, clampDelayMs(ms));
      signal.addEventListener('abort', stop, { once: true });
    }),
};

/** Why a signal aborted, as an Error. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

/** The reason of a signal that a {@link startDeadline} aborted: tells a deadline from a shutdown. */
export class DeadlineExceeded extends Error {
  constructor() {
    super('deadline exceeded');
  }
}

/** A running deadline; `using` it stops its timer. */
export interface Deadline {
  /** Aborts when the time is over (with the deadline's reason) or when the parent aborts (with its reason). */
  readonly signal: AbortSignal;
  /** Starts the time anew: `ms` milliseconds from now. */
  restart(ms: number): void;
  [Symbol.dispose](): void;
}

/**
 * Starts a deadline of `ms` milliseconds; `parent`, where given, ends it early. `reason` makes what the signal aborts
 * with of the time that was too short, in milliseconds; without it, that is a {@link DeadlineExceeded}.
 */
export function startDeadline(
  clock: Clock,
  ms: number,
  parent?: AbortSignal,
  reason: (ms: number) => Error = () => new DeadlineExceeded(),
): Deadline {
  const over = new AbortController();
  let timer = new AbortController();
  const stop = (): void => timer.abort(new Error('deadline stopped'));
  const start = (lengthMs: number): void => {
    timer = new AbortController();
    clock.sleep(lengthMs, timer.signal).then(
      () => over.abort(reason(lengthMs)),
      () => undefined,
    );
  };
  start(ms);
  return {
    signal: parent === undefined ? over.signal : AbortSignal.any([parent, over.signal]),
    restart(lengthMs) {
      stop();
      start(lengthMs);
    },
    [Symbol.dispose]: stop,
  };
}
