import type { Probed } from '../check/observation.ts';
import type { ProbeJob } from '../check/probe.ts';

/** What came of a probe. */
export interface Answered {
  readonly kind: 'answered';
  readonly probed: Probed;
}

/** No slot is free: ask again after that many milliseconds. */
export interface Busy {
  readonly kind: 'busy';
  readonly retryAfterMs: number;
}

/** Decides when a probe may run. It never makes its caller wait for a slot. */
export interface Prober {
  /**
   * Runs the probe now, or says when to ask again.
   * @throws the signal's reason where it aborts
   */
  ask(job: ProbeJob, signal: AbortSignal): Promise<Answered | Busy>;
  /** Probes that run now. */
  readonly inFlight: number;
}

/** How long a caller that found no slot should wait, in milliseconds: about the time of one quick probe. */
const BUSY_RETRY_MS = 250;

/** A prober with one limit over all registries: at most `concurrency` probes at once. */
export function createProber(
  run: (job: ProbeJob, signal: AbortSignal) => Promise<Probed>,
  concurrency: number,
): Prober {
  let inFlight = 0;
  return {
    get inFlight() {
      return inFlight;
    },
    ask: async (job, signal) => {
      if (inFlight >= concurrency) return { kind: 'busy', retryAfterMs: BUSY_RETRY_MS };
      inFlight += 1;
      try {
        return { kind: 'answered', probed: await run(job, signal) };
      } finally {
        inFlight -= 1;
      }
    },
  };
}
