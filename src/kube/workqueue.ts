import { reasonOf, type Clock } from '../clock.ts';
import { Delays } from './delays.ts';

/** Keys that need work: each waits at most once, and is never worked on twice at the same time. */
export interface Workqueue {
  /** Work on the key as soon as it is its turn. A delay of the key is over; while it is worked on, once more after. */
  add(key: string): void;
  /** Work on the key in `ms` milliseconds. Of several times the earliest counts; a key that already waits is left. */
  addAfter(key: string, ms: number): void;
  /** The next key, first come first served; the caller must call `done`. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<string>;
  /** The work on the key is over. */
  done(key: string): void;
  /** The work on the key failed. Answers how often in a row it has. */
  failed(key: string): number;
  /** The work on the key went well: its failures are forgotten. */
  succeeded(key: string): void;
  /** Forget the key, its failures included; work under way goes on. */
  remove(key: string): void;
  /** How many keys wait for a worker now: those that are worked on, or not due yet, do not count. */
  depth(): number;
}

/** A queue as in client-go (`util/workqueue`). It has a timer only while somebody waits in `next`. */
export function createWorkqueue(clock: Clock): Workqueue {
  return new Queue(clock);
}

interface Waiter {
  resolve(key: string): void;
}

const RESTARTED = new Error('another time is earlier');

class Queue implements Workqueue {
  readonly #clock: Clock;
  readonly #ready = new Set<string>();
  /** Lives as long as the set has a next element: a new iterator would walk over the gaps of those taken. */
  #cursor = this.#ready.values();
  readonly #working = new Set<string>();
  /** Keys to be worked on again once they are done. */
  readonly #again = new Set<string>();
  readonly #delays = new Delays();
  /** How often each key has failed in a row. */
  readonly #failures = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();
  #timer: { readonly at: number; readonly stop: AbortController } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(key: string): void {
    this.#promote();
    this.#delays.delete(key);
    this.#enqueue(key);
    this.#serve();
  }

  addAfter(key: string, ms: number): void {
    this.#promote();
    if (this.#ready.has(key) || this.#again.has(key)) return;
    // NaN and what is past mean now.
    this.#delays.set(key, this.#clock.monotonic() + (ms > 0 ? ms : 0));
    this.#serve();
  }

  next(signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiters.delete(waiter);
        this.#arm();
        reject(reasonOf(signal));
      };
      const waiter: Waiter = {
        resolve: (key) => {
          signal.removeEventListener('abort', stop);
          resolve(key);
        },
      };
      if (signal.aborted) {
        stop();
        return;
      }
      signal.addEventListener('abort', stop, { once: true });
      this.#waiters.add(waiter);
      this.#serve();
    });
  }

  done(key: string): void {
    this.#promote();
    this.#working.delete(key);
    if (this.#again.delete(key)) this.#ready.add(key);
    this.#serve();
  }

  failed(key: string): number {
    const count = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, count);
    return count;
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  remove(key: string): void {
    this.#failures.delete(key);
    this.#ready.delete(key);
    this.#again.delete(key);
    this.#delays.delete(key);
    this.#serve();
  }

  depth(): number {
    this.#serve();
    return this.#ready.size;
  }

  #enqueue(key: string): void {
    if (this.#working.has(key)) this.#again.add(key);
    else this.#ready.add(key);
  }

  /** Brings what is due into the queue, in the order of its time. */
  #promote(): void {
    const now = this.#clock.monotonic();
    for (let key = this.#delays.takeDue(now); key !== undefined; key = this.#delays.takeDue(now))
      this.#enqueue(key);
  }

  /** Gives keys to those who wait. */
  #serve(): void {
    this.#promote();
    for (const waiter of this.#waiters) {
      const key = this.#take();
      if (key === undefined) break;
      this.#waiters.delete(waiter);
      waiter.resolve(key);
    }
    this.#arm();
  }

  #take(): string | undefined {
    let first = this.#cursor.next();
    if (first.done === true) {
      this.#cursor = this.#ready.values();
      first = this.#cursor.next();
    }
    if (first.done === true) return undefined;
    this.#ready.delete(first.value);
    this.#working.add(first.value);
    return first.value;
  }

  /** One timer, for the earliest key, while somebody waits for it. */
  #arm(): void {
    const at = this.#waiters.size > 0 ? this.#delays.earliest() : undefined;
    if (this.#timer?.at === at) return;
    this.#timer?.stop.abort(RESTARTED);
    this.#timer = undefined;
    if (at === undefined) return;
    const stop = new AbortController();
    this.#timer = { at, stop };
    this.#clock.sleep(at - this.#clock.monotonic(), stop.signal).then(
      () => this.#ring(),
      () => undefined,
    );
  }

  #ring(): void {
    this.#timer = undefined;
    this.#serve();
  }
}
