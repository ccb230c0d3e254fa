import { expect } from 'chai';
import { createInterrupts, Interrupted } from '../../src/controller/interrupt.ts';

const { signal: never } = new AbortController();

/** Work that lasts until its signal aborts, and then fails with that reason, or as a test says. */
function untilAborted(signal: AbortSignal, error?: Error): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(error ?? (signal.reason as Error)));
  });
}

/** What a promise was rejected with. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'it was not rejected',
    (error: unknown) => error,
  );
}

describe('createInterrupts', () => {
  it('hands on what the work answers', async () => {
    expect(await createInterrupts().guard('a', never, () => Promise.resolve(7))).to.equal(7);
  });

  it('hands on what the work throws', async () => {
    const error = new Error('it failed');
    expect(await rejection(createInterrupts().guard('a', never, () => Promise.reject(error)))).to.equal(
      error,
    );
  });

  it('ends the work on a key, which then answers nothing', async () => {
    const interrupts = createInterrupts();
    let reason: unknown;
    const working = interrupts.guard('a', never, (signal) => {
      signal.addEventListener('abort', () => (reason = signal.reason));
      return untilAborted(signal);
    });
    interrupts.interrupt('a');
    expect(await working).to.equal(undefined);
    expect(reason).to.be.instanceOf(Interrupted);
  });

  it('takes any error of work that was ended for its end', async () => {
    const interrupts = createInterrupts();
    const working = interrupts.guard('a', never, (signal) => untilAborted(signal, new Error('aborted')));
    interrupts.interrupt('a');
    expect(await working).to.equal(undefined);
  });

  it('hands on an answer that came in spite of the interruption', async () => {
    const interrupts = createInterrupts();
    const working = interrupts.guard('a', never, () => {
      interrupts.interrupt('a');
      return Promise.resolve(7);
    });
    expect(await working).to.equal(7);
  });

  it('leaves the work on other keys alone', async () => {
    const interrupts = createInterrupts();
    const done = Promise.withResolvers<number>();
    const working = interrupts.guard('a', never, (signal) =>
      Promise.race([done.promise, untilAborted(signal)]),
    );
    interrupts.interrupt('b');
    done.resolve(7);
    expect(await working).to.equal(7);
  });

  it('lets go of work that is over', async () => {
    const interrupts = createInterrupts();
    const seen = await interrupts.guard('a', never, (signal) => Promise.resolve(signal));
    interrupts.interrupt('a');
    expect(seen?.aborted).to.equal(false);
  });

  it('does not end work that begins later', async () => {
    const interrupts = createInterrupts();
    interrupts.interrupt('a');
    await interrupts.guard('a', never, () => Promise.resolve());
    interrupts.interrupt('a');
    const aborted = await interrupts.guard('a', never, (signal) => Promise.resolve(signal.aborted));
    expect(aborted).to.equal(false);
  });

  it('ends with the outer signal, whose reason goes on', async () => {
    const outer = new AbortController();
    const stopped = new Error('shutdown');
    const working = createInterrupts().guard('a', outer.signal, untilAborted);
    outer.abort(stopped);
    expect(await rejection(working)).to.equal(stopped);
  });
});
