import type { Clock } from '../clock.ts';
import { KubeNetworkError } from './errors.ts';

/** A signal that aborts with the caller's, or when the time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Starts the time anew, with another length. */
  restart(ms: number): void;
  /** Ends timer and listeners; the signal stays as it is. Always call it. */
  clear(): void;
}

const CLEARED = new Error('cleared');

/**
 * Starts a deadline of `ms` milliseconds below `outer`. When it passes, the signal's reason is a
 * {@link KubeNetworkError} `ETIMEDOUT` that names `what`; after an abort of `outer` it is the reason of that.
 * (`AbortSignal.any` would keep each request's signal alive as long as the process's.)
 */
export function startDeadline(ms: number, what: string, clock: Clock, outer: AbortSignal): Deadline {
  const inner = new AbortController();
  let timer = new AbortController();
  const pass = (): void => inner.abort(outer.reason);
  if (outer.aborted) pass();
  else outer.addEventListener('abort', pass, { once: true });

  const start = (lengthMs: number): void => {
    clock.sleep(lengthMs, timer.signal).then(
      () => inner.abort(new KubeNetworkError('ETIMEDOUT', `${what}: no answer in ${String(lengthMs)} ms`)),
      () => undefined,
    );
  };
  start(ms);
  return {
    signal: inner.signal,
    restart(lengthMs) {
      timer.abort(CLEARED);
      timer = new AbortController();
      start(lengthMs);
    },
    clear() {
      timer.abort(CLEARED);
      outer.removeEventListener('abort', pass);
    },
  };
}
