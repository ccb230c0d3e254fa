import { expect } from 'chai';
import { LONGEST_TIMER_MS } from '../../src/clock.ts';
import { createWorkqueue, type Workqueue } from '../../src/kube/workqueue.ts';
import { createFakeClock, type FakeClock, settle } from '../support/fake-clock.ts';
import { takeNow } from '../support/take-now.ts';

describe('createWorkqueue', () => {
  let clock: FakeClock;
  let queue: Workqueue;
  let stop: AbortController;
  /** What `next` has given so far, taken by somebody who always waits and never is done by himself. */
  let taken: string[];

  beforeEach(() => {
    clock = createFakeClock();
    queue = createWorkqueue(clock);
    stop = new AbortController();
    taken = [];
  });
  afterEach(() => stop.abort());

  const listen = async (): Promise<void> => {
    for (;;) {
      const key = await queue.next(stop.signal).catch(() => undefined);
      if (key === undefined) return;
      taken.push(key);
    }
  };
  const takeAll = async (): Promise<string[]> => {
    const keys: string[] = [];
    for (let key = await takeNow(queue); key !== undefined; key = await takeNow(queue)) keys.push(key);
    return keys;
  };

  it('gives keys first come first served, each once', async () => {
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect(await takeAll()).to.deep.equal(['b', 'a', 'c']);
  });

  it('counts what waits for a worker: what is due, not what is worked on or due later', async () => {
    for (const key of ['a', 'b']) queue.add(key);
    queue.addAfter('c', 1000);
    queue.addAfter('d', 2000);
    expect(queue.depth()).to.equal(2);
    await queue.next(stop.signal);
    queue.add('a');
    expect(queue.depth()).to.equal(1);
    await clock.advance(1000);
    expect(queue.depth()).to.equal(2);
    expect(await takeAll()).to.deep.equal(['b', 'c']);
    expect(queue.depth()).to.equal(0);
  });

  it('serves those who wait in their order', async () => {
    const first = queue.next(stop.signal);
    const second = queue.next(stop.signal);
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).to.deep.equal(['a', 'b']);
  });

  it('gives a key again only after it is done', async () => {
    queue.add('a');
    await queue.next(stop.signal);
    queue.add('a');
    queue.add('a');
    expect(await takeAll()).to.deep.equal([]);
    queue.done('a');
    expect(await takeAll()).to.deep.equal(['a']);
    queue.done('a');
    expect(await takeAll()).to.deep.equal([]);
  });

  it('puts a key that comes again behind the others', async () => {
    for (const key of ['a', 'b']) queue.add(key);
    await queue.next(stop.signal);
    queue.add('a');
    queue.add('c');
    queue.done('a');
    expect(await takeAll()).to.deep.equal(['b', 'c', 'a']);
  });

  it('gives a delayed key at its time', async () => {
    void listen();
    queue.addAfter('a', 5000);
    await clock.advance(4999);
    expect(taken).to.deep.equal([]);
    await clock.advance(1);
    expect(taken).to.deep.equal(['a']);
  });

  it('gives delayed keys in the order of their times, not of their arrival', async () => {
    void listen();
    for (const [key, ms] of [
      ['c', 300],
      ['a', 100],
      ['d', 400],
      ['b', 200],
    ] as const)
      queue.addAfter(key, ms);
    await clock.advance(400);
    expect(taken).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('keeps the earliest of several times', async () => {
    void listen();
    queue.addAfter('a', 5000);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 9000);
    await clock.advance(1000);
    expect(taken).to.deep.equal(['a']);
    queue.done('a');
    await clock.advance(20_000);
    expect(taken).to.deep.equal(['a']);
  });

  it('ends the delay of a key that is added', async () => {
    void listen();
    queue.addAfter('a', 5000);
    queue.add('a');
    await settle();
    queue.done('a');
    await clock.advance(20_000);
    expect(taken).to.deep.equal(['a']);
  });

  it('ignores a delay for a key that waits already', async () => {
    queue.add('a');
    queue.addAfter('a', 5000);
    expect(await takeAll()).to.deep.equal(['a']);
    queue.add('a');
    queue.addAfter('a', 5000);
    queue.done('a');
    expect(await takeAll()).to.deep.equal(['a']);
    queue.done('a');
    await clock.advance(20_000);
    expect(await takeAll()).to.deep.equal([]);
  });

  it('holds back a key whose time comes while it is worked on', async () => {
    queue.add('a');
    await queue.next(stop.signal);
    queue.addAfter('a', 100);
    void listen();
    await clock.advance(100);
    expect(taken).to.deep.equal([]);
    queue.done('a');
    await settle();
    expect(taken).to.deep.equal(['a']);
  });

  it('queues a key that fell due before one that is added later', async () => {
    queue.addAfter('due', 100);
    await clock.advance(200);
    queue.add('late');
    expect(await takeAll()).to.deep.equal(['due', 'late']);
  });

  const times: readonly [string, number, number][] = [
    ['NaN', Number.NaN, 0],
    ['the past', -5, 0],
    ['now', 0, 0],
    ['a fraction', 0.5, 1],
    ['more than a timer takes', LONGEST_TIMER_MS + 5000, LONGEST_TIMER_MS + 5000],
  ];
  for (const [name, ms, dueAfter] of times) {
    it(`takes a delay of ${name}`, async () => {
      void listen();
      queue.addAfter('a', ms);
      await clock.advance(dueAfter);
      expect(taken).to.deep.equal(['a']);
    });
  }

  it('forgets a key that is removed, wherever it waits', async () => {
    queue.add('ready');
    queue.remove('ready');
    queue.addAfter('delayed', 10);
    queue.remove('delayed');
    queue.add('working');
    await queue.next(stop.signal);
    queue.add('working');
    queue.remove('working');
    queue.done('working');
    await clock.advance(100);
    expect(await takeAll()).to.deep.equal([]);
  });

  it('counts how often in a row a key has failed', () => {
    const counts = ['a', 'a', 'b', 'a'].map((key) => queue.failed(key));
    expect(counts).to.deep.equal([1, 2, 1, 3]);
    queue.succeeded('a');
    expect([queue.failed('a'), queue.failed('b')]).to.deep.equal([1, 2]);
  });

  it('forgets the failures of a key that is removed', () => {
    queue.failed('a');
    queue.remove('a');
    expect(queue.failed('a')).to.equal(1);
  });

  it('ends a wait with the reason of the abort, and loses no key by it', async () => {
    const aborted = queue.next(stop.signal).catch((error: unknown) => error);
    stop.abort(new Error('shutting down'));
    expect(await aborted).to.have.property('message', 'shutting down');
    queue.add('a');
    expect(await queue.next(stop.signal).catch((error: unknown) => error)).to.have.property(
      'message',
      'shutting down',
    );
    expect(await queue.next(new AbortController().signal)).to.equal('a');
  });

  it('keeps nobody waiting for a key that is due, though its timer comes late', async () => {
    let lateMs = 0;
    queue = createWorkqueue({ ...clock, monotonic: () => clock.monotonic() + lateMs });
    queue.add('w');
    void listen();
    await settle();
    queue.add('w');
    queue.addAfter('a', 1000);
    queue.addAfter('b', 2000);
    lateMs = 1000;
    expect(queue.depth(), 'counted').to.equal(0);
    await settle();
    lateMs = 2000;
    queue.addAfter('w', 1);
    queue.remove('other');
    await settle();
    expect(taken).to.deep.equal(['w', 'a', 'b']);
  });

  it('has a timer only while somebody waits', async () => {
    queue.addAfter('a', 5000);
    expect(clock.sleeps).to.deep.equal([]);
    void listen();
    expect(clock.sleeps).to.deep.equal([5000]);
    queue.addAfter('b', 1000);
    expect(clock.sleeps).to.deep.equal([1000]);
    stop.abort();
    await settle();
    expect(clock.sleeps).to.deep.equal([]);
  });

  it('keeps the order of many keys whose times change', async () => {
    for (let index = 0; index < 10_000; index += 1) queue.addAfter(`key-${String(index)}`, 10_000 - index);
    for (let round = 0; round < 10; round += 1) {
      for (let index = 0; index < 10_000; index += 1)
        queue.addAfter(`key-${String(index)}`, 10_000 - index - round);
    }
    await clock.advance(10_000);
    const expected = Array.from({ length: 10_000 }, (_, index) => `key-${String(9999 - index)}`);
    expect(await takeAll()).to.deep.equal(expected);
  });
});
