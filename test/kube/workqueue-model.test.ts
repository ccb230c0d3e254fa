import { expect } from 'chai';
import * as fc from 'fast-check';
import { createWorkqueue } from '../../src/kube/workqueue.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { takeNow } from '../support/take-now.ts';

describe('createWorkqueue', () => {
  it('loses no key and gives none twice at once, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 80, size: 'max' }), async (steps) => {
        await new Model().check(steps);
      }),
      { numRuns: 300 },
    );
  });
});

type Step =
  | { readonly kind: 'add' | 'take' | 'done' | 'remove'; readonly key: string }
  | { readonly kind: 'addAfter'; readonly key: string; readonly ms: number }
  | { readonly kind: 'advance'; readonly ms: number };

const aKey = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('add', 'take', 'take', 'done', 'done', 'remove'), key: aKey }),
  fc.record({ kind: fc.constant('addAfter'), key: aKey, ms: fc.nat(100) }),
  fc.record({ kind: fc.constant('advance'), ms: fc.nat(60) }),
);

/** What a queue owes, kept the simple way: for each key the time from which it may be given. */
class Model {
  readonly #clock = createFakeClock();
  readonly #queue = createWorkqueue(this.#clock);
  readonly #owed = new Map<string, number>();
  readonly #working = new Set<string>();

  async check(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#apply(step);
    for (const key of this.#working) this.#finish(key);
    await this.#clock.advance(200);
    while (this.#owed.size > 0) {
      await this.#take();
      for (const key of this.#working) this.#finish(key);
    }
    await this.#clock.advance(200);
    expect(await takeNow(this.#queue)).to.equal(undefined);
  }

  async #apply(step: Step): Promise<void> {
    switch (step.kind) {
      case 'add':
        this.#queue.add(step.key);
        this.#owed.set(step.key, this.#clock.monotonic());
        return;
      case 'addAfter':
        this.#queue.addAfter(step.key, step.ms);
        this.#owed.set(
          step.key,
          Math.min(this.#owed.get(step.key) ?? Infinity, this.#clock.monotonic() + step.ms),
        );
        return;
      case 'remove':
        this.#queue.remove(step.key);
        this.#owed.delete(step.key);
        return;
      case 'done':
        if (this.#working.has(step.key)) this.#finish(step.key);
        return;
      case 'take':
        await this.#take();
        return;
      case 'advance':
        await this.#clock.advance(step.ms);
    }
  }

  async #take(): Promise<void> {
    const now = this.#clock.monotonic();
    const due = [...this.#owed].filter(([key, at]) => at <= now && !this.#working.has(key));
    const key = await takeNow(this.#queue);
    if (due.length === 0) expect(key).to.equal(undefined);
    else expect(due.map(([name]) => name)).to.include(key);
    if (key === undefined) return;
    this.#owed.delete(key);
    this.#working.add(key);
  }

  #finish(key: string): void {
    this.#working.delete(key);
    this.#queue.done(key);
  }
}
