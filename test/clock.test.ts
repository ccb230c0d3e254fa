import { expect } from 'chai';
import {
  clampDelayMs,
  DeadlineExceeded,
  LONGEST_TIMER_MS,
  reasonOf,
  startDeadline,
  systemClock,
} from '../src/clock.ts';
import { createFakeClock, settle } from './support/fake-clock.ts';

/** What a promise was refused with. */
async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it was kept'),
    (error: unknown) => error,
  );
}

describe('M5: clampDelayMs', () => {
  const rows: readonly [name: string, ms: number, expected: number][] = [
    ['keeps a whole number', 250, 250],
    ['keeps 0', 0, 0],
    ['rounds up, so that nothing wakes early', 0.2, 1],
    ['takes a negative time for none', -5, 0],
    ['takes NaN for no time', Number.NaN, 0],
    ['takes negative infinity for no time', -Infinity, 0],
    ['keeps the longest delay that a timer takes', LONGEST_TIMER_MS, LONGEST_TIMER_MS],
    ['cuts a longer one, which a timer would take for 1 ms', LONGEST_TIMER_MS + 1, LONGEST_TIMER_MS],
    ['cuts infinity', Infinity, LONGEST_TIMER_MS],
  ];
  for (const [name, ms, expected] of rows) {
    it(name, () => expect(clampDelayMs(ms)).to.equal(expected));
  }
});

describe('systemClock.sleep', () => {
  const never = new AbortController().signal;

  it('waits as long as it was told, by the monotonic clock', async () => {
    const start = systemClock.monotonic();
    await systemClock.sleep(20, never);
    // A timer may be late but not early: Node's timers count whole milliseconds.
    expect(systemClock.monotonic() - start).to.be.at.least(19);
  });

  it('does not wait at all for a signal that is aborted already', async () => {
    const reason = new Error('stopped before');
    expect(await refusalOf(systemClock.sleep(3_600_000, AbortSignal.abort(reason)))).to.equal(reason);
  });

  it('M5: ends with the reason of a signal that aborts while it waits, also in a sleep over 2^31 ms', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    const sleep = refusalOf(systemClock.sleep(2 ** 40, controller.signal));
    // Were the delay not clamped, the timer would have fired by now.
    await systemClock.sleep(5, never);
    controller.abort(reason);
    expect(await sleep).to.equal(reason);
  });

  it('throws an error even for a reason that is none', async () => {
    expect(await refusalOf(systemClock.sleep(1000, AbortSignal.abort('words')))).to.be.an.instanceof(Error);
  });

  it('tells the time of day', () => {
    expect(systemClock.now()).to.be.above(Date.UTC(2025, 0, 1));
  });
});

describe('startDeadline', () => {
  it('aborts with DeadlineExceeded when the time is over, and not before', async () => {
    const clock = createFakeClock();
    using deadline = startDeadline(clock, 1000);
    await clock.advance(999);
    expect(deadline.signal.aborted).to.equal(false);
    await clock.advance(1);
    expect(deadline.signal.reason).to.be.an.instanceof(DeadlineExceeded);
  });

  it("aborts with the parent's reason when the parent aborts first, and keeps it", async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    using deadline = startDeadline(clock, 1000, parent.signal);
    const reason = new Error('shutdown');
    parent.abort(reason);
    await clock.advance(2000);
    expect(deadline.signal.reason).to.equal(reason);
  });

  it('is aborted from the start under an aborted parent', () => {
    const reason = new Error('shutdown');
    using deadline = startDeadline(createFakeClock(), 1000, AbortSignal.abort(reason));
    expect(deadline.signal.reason).to.equal(reason);
  });

  it('keeps its own reason where the parent aborts later', async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    using deadline = startDeadline(clock, 10, parent.signal);
    await clock.advance(10);
    parent.abort(new Error('shutdown'));
    expect(deadline.signal.reason).to.be.an.instanceof(DeadlineExceeded);
  });

  it('stops its timer when it is disposed, and never aborts after that', async () => {
    const clock = createFakeClock();
    const deadline = startDeadline(clock, 1000);
    expect(clock.sleeps).to.deep.equal([1000]);
    deadline[Symbol.dispose]();
    await settle();
    expect(clock.sleeps).to.deep.equal([]);
    await clock.advance(5000);
    expect(deadline.signal.aborted).to.equal(false);
  });

  it('counts from anew when it is restarted, with another length', async () => {
    const clock = createFakeClock();
    using deadline = startDeadline(clock, 1000);
    await clock.advance(999);
    deadline.restart(5000);
    await settle();
    expect(clock.sleeps).to.deep.equal([5000]);
    await clock.advance(4999);
    expect(deadline.signal.aborted).to.equal(false);
    await clock.advance(1);
    expect(deadline.signal.reason).to.be.an.instanceof(DeadlineExceeded);
  });

  it('aborts with the reason that it is given, which hears of the time that was too short', async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const reason = (ms: number): Error => new RangeError(`over ${String(ms)} ms`);
    using first = startDeadline(clock, 1000, parent.signal, reason);
    using second = startDeadline(clock, 1000, parent.signal, reason);
    second.restart(2000);
    await clock.advance(2000);
    expect([first.signal.reason, second.signal.reason].map(String)).to.deep.equal([
      'RangeError: over 1000 ms',
      'RangeError: over 2000 ms',
    ]);
  });

  it('stops also the timer of a restart when it is disposed', async () => {
    const clock = createFakeClock();
    const deadline = startDeadline(clock, 1000);
    deadline.restart(2000);
    deadline[Symbol.dispose]();
    await settle();
    expect(clock.sleeps).to.deep.equal([]);
  });
});

describe('reasonOf', () => {
  it('is the reason of the signal', () => {
    const reason = new Error('stopped');
    expect(reasonOf(AbortSignal.abort(reason))).to.equal(reason);
  });

  it('is an error even where the reason is none', () => {
    expect(String(reasonOf(AbortSignal.abort('words')))).to.equal('Error: aborted');
  });
});
