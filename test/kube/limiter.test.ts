import { expect } from 'chai';
import * as fc from 'fast-check';
import { createLimiter, type Limiter } from '../../src/kube/limiter.ts';
import { createFakeClock, type FakeClock, settle } from '../support/fake-clock.ts';

describe('createLimiter', () => {
  let clock: FakeClock;
  let passed: number[];
  const signal = new AbortController().signal;

  beforeEach(() => {
    clock = createFakeClock();
    passed = [];
  });

  const ask = (limiter: Limiter, count: number): void => {
    for (let index = 0; index < count; index += 1) {
      void limiter.take(signal).then(() => passed.push(clock.monotonic()));
    }
  };

  it('lets a burst pass, then the rate', async () => {
    ask(createLimiter({ qps: 10, burst: 3 }, clock), 5);
    await settle();
    expect(passed).to.have.length(3);
    await clock.advance(99);
    expect(passed).to.have.length(3);
    await clock.advance(1);
    expect(passed).to.have.length(4);
    await clock.advance(100);
    expect(passed).to.have.length(5);
  });

  it('fills up to the burst and no further', async () => {
    const limiter = createLimiter({ qps: 10, burst: 3 }, clock);
    await clock.advance(60_000);
    ask(limiter, 4);
    await settle();
    expect(passed).to.have.length(3);
  });

  it('halves the rate for a minute', async () => {
    const limiter = createLimiter({ qps: 10, burst: 1 }, clock);
    limiter.slowDown();
    ask(limiter, 1000);
    await clock.advance(10_000);
    expect(passed).to.have.length(51);
  });

  it('has the full rate again after that minute', async () => {
    const limiter = createLimiter({ qps: 10, burst: 1000 }, clock);
    ask(limiter, 1000);
    await settle();
    limiter.slowDown();
    await clock.advance(70_000);
    ask(limiter, 1000);
    await settle();
    expect(passed).to.have.length(1000 + 300 + 100);
  });

  it('gives the token of an aborted wait back', async () => {
    const limiter = createLimiter({ qps: 10, burst: 1 }, clock);
    ask(limiter, 1);
    const stop = new AbortController();
    const aborted = limiter.take(stop.signal).catch((error: unknown) => error);
    stop.abort(new Error('stop'));
    expect(await aborted).to.have.property('message', 'stop');
    ask(limiter, 1);
    await clock.advance(100);
    expect(passed).to.have.length(2);
  });

  it('refuses a signal that has aborted, at no cost', async () => {
    const limiter = createLimiter({ qps: 1, burst: 1 }, clock);
    expect(
      await limiter.take(AbortSignal.abort(new Error('stop'))).catch((error: unknown) => error),
    ).to.have.property('message', 'stop');
    ask(limiter, 1);
    await settle();
    expect(passed).to.have.length(1);
  });

  it('never lets more than burst + rate × time pass, in any window', async () => {
    const aLoad = fc.array(fc.tuple(fc.nat(20), fc.nat(2000)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        aLoad,
        async (qps, burst, load) => {
          passed = [];
          clock = createFakeClock();
          const limiter = createLimiter({ qps, burst }, clock);
          for (const [count, ms] of load) {
            ask(limiter, count);
            await clock.advance(ms);
          }
          await clock.advance(500_000);
          expect(passed).to.have.length(load.reduce((sum, [count]) => sum + count, 0));
          expect(passed).to.deep.equal(passed.toSorted((a, b) => a - b));
          for (const [from, start] of passed.entries()) {
            for (const [index, end] of passed.slice(from).entries()) {
              expect(index + 1).to.be.at.most(burst + (qps * (end - start)) / 1000 + 1e-6);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
