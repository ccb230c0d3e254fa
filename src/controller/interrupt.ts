/** The reason of a probe's signal when its check was deleted, replaced or edited. */
export class Interrupted extends Error {
  constructor() {
    super('the check changed');
  }
}

/** Ends work on a key whose question nobody asks any more. */
export interface Interrupts {
  /** Runs `work` with a signal that {@link Interrupts.interrupt} aborts; undefined where that happened. */
  guard<T>(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined>;
  interrupt(key: string): void;
}

/** Keys are worked on once at a time, so each has at most one controller. */
export function createInterrupts(): Interrupts {
  const running = new Map<string, AbortController>();
  return {
    guard: async (key, signal, work) => {
      const controller = new AbortController();
      running.set(key, controller);
      try {
        return await work(AbortSignal.any([signal, controller.signal]));
      } catch (error) {
        // An aborted request fails with any error at all: only the signal says why.
        if (controller.signal.aborted) return undefined;
        throw error;
      } finally {
        running.delete(key);
      }
    },
    interrupt: (key) => running.get(key)?.abort(new Interrupted()),
  };
}
