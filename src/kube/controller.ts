import type { Clock } from '../clock.ts';
import { backoffMs } from './backoff.ts';
import { KubeError } from './errors.ts';
import { describeError, type Log } from './log.ts';
import type { Workqueue } from './workqueue.ts';

/** What a turn asks for: come back in so many milliseconds, or only when something changes. */
export interface Turn {
  readonly requeueAfterMs?: number;
}

/** What the workers need. */
export interface ControllerOptions {
  readonly queue: Workqueue;
  /** How many keys are worked on at once. */
  readonly workers: number;
  /** One turn of one key. What it throws is logged by class and message, and the key comes again after a back-off. */
  reconcile(key: string, signal: AbortSignal): Promise<Turn>;
  readonly log: Log;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const BACKOFF = { firstMs: 1000, capMs: 300_000 };

/**
 * Works on keys until the signal aborts and every turn under way has ended; then it resolves. A key that fails is
 * tried again after 1 s, doubled up to 5 minutes (half of it random), and not before a Retry-After of the API server.
 */
export async function runController(options: ControllerOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.workers }, () => work(options)));
}

async function work(options: ControllerOptions): Promise<void> {
  const { queue, signal } = options;
  for (;;) {
    const key = await queue.next(signal).catch(() => undefined);
    if (key === undefined) return;
    await turn(options, key);
    queue.done(key);
  }
}

async function turn(options: ControllerOptions, key: string): Promise<void> {
  const { clock, log, queue, random, signal } = options;
  const startedAt = clock.monotonic();
  try {
    const { requeueAfterMs } = await options.reconcile(key, signal);
    queue.succeeded(key);
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
  } catch (error) {
    if (signal.aborted) return;
    const failures = queue.failed(key);
    const retryMs = retryAfter(error, failures, random);
    const tookMs = Math.round(clock.monotonic() - startedAt);
    log('warn', 'a turn failed', { key, failures, retryMs, tookMs, error: describeError(error) });
    queue.addAfter(key, retryMs);
  }
}

function retryAfter(error: unknown, failures: number, random: () => number): number {
  const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
  const half = { firstMs: BACKOFF.firstMs / 2, capMs: BACKOFF.capMs / 2 };
  return Math.round(Math.max(asked, backoffMs(failures, half, () => 1) + backoffMs(failures, half, random)));
}
