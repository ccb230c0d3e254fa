import { expect } from 'chai';
import { runController, type Turn } from '../../src/kube/controller.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { createWorkqueue, type Workqueue } from '../../src/kube/workqueue.ts';
import { createFakeClock, type FakeClock, settle } from '../support/fake-clock.ts';

describe('runController', () => {
  let clock: FakeClock;
  let queue: Workqueue;
  let stop: AbortController;
  let logs: string[];
  let running: Promise<void>;

  beforeEach(() => {
    clock = createFakeClock();
    queue = createWorkqueue(clock);
    stop = new AbortController();
    logs = [];
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  const log = (level: string, message: string, fields?: unknown): void => {
    logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  const start = (
    reconcile: (key: string, signal: AbortSignal) => Promise<Turn>,
    { workers = 2, random = () => 0.999_999 }: { workers?: number; random?: () => number } = {},
  ): void => {
    running = runController({ queue, workers, reconcile, log, clock, random, signal: stop.signal });
  };

  it('works on so many keys at once, and never on one key twice at once', async () => {
    const started: string[] = [];
    const ends: (() => void)[] = [];
    start((key) => {
      started.push(key);
      return new Promise((resolve) => ends.push(() => resolve({})));
    });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    queue.add('a');
    await settle();
    expect(started).to.deep.equal(['a', 'b']);
    ends[0]?.();
    await settle();
    expect(started).to.deep.equal(['a', 'b', 'c']);
    ends[1]?.();
    await settle();
    expect(started).to.deep.equal(['a', 'b', 'c', 'a']);
    for (const end of ends) end();
  });

  it('comes back when the turn asks for it, and only then', async () => {
    const turns: number[] = [];
    start(() => {
      turns.push(clock.monotonic());
      return Promise.resolve(turns.length === 1 ? { requeueAfterMs: 60_000 } : {});
    });
    queue.add('a');
    await clock.advance(59_999);
    expect(turns).to.have.length(1);
    await clock.advance(1);
    expect(turns).to.have.length(2);
    await clock.advance(3_600_000);
    expect(turns).to.have.length(2);
  });

  it('tries a failing key again after 1 s, doubled up to 5 minutes, from the start after a success', async () => {
    const turns: number[] = [];
    start(() => {
      turns.push(clock.monotonic());
      return turns.length === 12
        ? Promise.resolve({ requeueAfterMs: 7 })
        : Promise.reject(new Error('broken'));
    });
    queue.add('a');
    await clock.advance(2_000_000);
    const gaps = turns.slice(1).map((at, index) => at - (turns[index] ?? 0));
    expect(gaps.slice(0, 13)).to.deep.equal([
      1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000, 7, 1000,
    ]);
  });

  it('starts with 1 s for a key that was removed meanwhile and comes back', async () => {
    const turns: number[] = [];
    start(() => {
      turns.push(clock.monotonic());
      return Promise.reject(new Error('broken'));
    });
    queue.add('a');
    await clock.advance(1000 + 2000 + 4000);
    expect(turns).to.have.length(4);
    queue.remove('a');
    await clock.advance(3_600_000);
    queue.add('a');
    await clock.advance(1000);
    const [first = 0, second = 0] = turns.slice(4);
    expect(second - first).to.equal(1000);
  });

  it('lets half of the back-off to chance', async () => {
    let turns = 0;
    start(
      () => {
        turns += 1;
        return Promise.reject(new Error('broken'));
      },
      { random: () => 0 },
    );
    queue.add('a');
    await clock.advance(499);
    expect(turns).to.equal(1);
    await clock.advance(1);
    expect(turns).to.equal(2);
  });

  it('waits as long as the API server asks', async () => {
    let turns = 0;
    start(() => {
      turns += 1;
      return Promise.reject(
        new KubeError({ status: 429, reason: 'TooManyRequests', message: 'busy', retryAfterMs: 9000 }),
      );
    });
    queue.add('a');
    await clock.advance(8999);
    expect(turns).to.equal(1);
    await clock.advance(1);
    expect(turns).to.equal(2);
  });

  const thrown: readonly [string, unknown, string][] = [
    ['an error', new TypeError('x is undefined'), 'TypeError: x is undefined'],
    ['a long text', new Error('y'.repeat(5000)), `${'y'.repeat(292)}…`],
    ['control characters', new Error('a\u001b[31m\nb'), 'Error: a [31m b'],
    ['no error', 'token', 'something that is not an Error was thrown'],
    ['an error with a secret aside', Object.assign(new Error('no'), { headers: 'canary' }), 'Error: no'],
  ];
  for (const [name, error, text] of thrown) {
    it(`survives ${name}, logs class and message alone, and goes on with other keys`, async () => {
      const done: string[] = [];
      start(
        (key) => {
          // oxlint-disable-next-line typescript/only-throw-error -- the point of the test
          if (key === 'bad') throw error;
          done.push(key);
          return Promise.resolve({});
        },
        { workers: 1 },
      );
      queue.add('bad');
      queue.add('good');
      await settle();
      expect(done).to.deep.equal(['good']);
      expect(logs).to.have.length(1);
      expect(logs[0]).to.include(text);
      expect(logs[0]).to.not.include('canary');
    });
  }

  it('after an abort starts nothing, and resolves when the turns under way have ended', async () => {
    let end: (() => void) | undefined;
    let ended = false;
    const started: string[] = [];
    start(
      (key, signal) => {
        started.push(`${key} ${String(signal === stop.signal)}`);
        return new Promise((_, reject) => (end = () => reject(new Error('aborted'))));
      },
      { workers: 1 },
    );
    void running.then(() => (ended = true));
    queue.add('a');
    queue.add('b');
    await settle();
    stop.abort();
    await settle();
    expect(ended).to.equal(false);
    end?.();
    await settle();
    expect(ended).to.equal(true);
    expect(started).to.deep.equal(['a true']);
    expect(logs).to.deep.equal([]);
    expect(clock.sleeps).to.deep.equal([]);
  });
});
