import { expect } from 'chai';
import type { Probed } from '../../src/check/observation.ts';
import type { ProbeJob } from '../../src/check/probe.ts';
import { createProber } from '../../src/probing/prober.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';

const probed: Probed = {
  observation: { kind: 'LoginWanted' },
  pull: undefined,
  steps: [],
  scheme: undefined,
  certificateEndsMs: undefined,
  durationMs: 0,
};
const never = new AbortController().signal;

function aJob(repository: string): ProbeJob {
  const registry = parseRegistryUrl('registry.example.com');
  if ('problem' in registry) throw new Error(registry.problem);
  return { registry, repository, credential: undefined, pull: undefined, timeoutMs: 1000 };
}

/** A probe that runs until the test ends it. */
function controlled(): {
  readonly run: (job: ProbeJob, signal: AbortSignal) => Promise<Probed>;
  readonly running: Map<string, PromiseWithResolvers<Probed>>;
  readonly signals: AbortSignal[];
} {
  const running = new Map<string, PromiseWithResolvers<Probed>>();
  const signals: AbortSignal[] = [];
  return {
    running,
    signals,
    run: (job, signal) => {
      const one = Promise.withResolvers<Probed>();
      running.set(job.repository, one);
      signals.push(signal);
      return one.promise;
    },
  };
}

describe('createProber', () => {
  it('runs the probe under the signal of its caller and answers what it met', async () => {
    const { run, running, signals } = controlled();
    const { signal } = new AbortController();
    const asked = createProber(run, 1).ask(aJob('a'), signal);
    running.get('a')?.resolve(probed);
    expect(await asked).to.deep.equal({ kind: 'answered', probed });
    expect(signals[0]).to.equal(signal);
  });

  it('runs as many probes as its limit says and answers busy at once for the next one', async () => {
    const { run, running } = controlled();
    const prober = createProber(run, 2);
    const first = prober.ask(aJob('a'), never);
    const second = prober.ask(aJob('b'), never);
    expect(prober.inFlight).to.equal(2);
    const busy = await prober.ask(aJob('c'), never);
    expect(busy).to.include({ kind: 'busy' });
    expect(busy).to.have.property('retryAfterMs').that.is.within(1, 60_000);
    expect([...running.keys()]).to.deep.equal(['a', 'b']);
    for (const one of running.values()) one.resolve(probed);
    await Promise.all([first, second]);
  });

  it('frees the slot after an answer', async () => {
    const { run, running } = controlled();
    const prober = createProber(run, 1);
    const first = prober.ask(aJob('a'), never);
    running.get('a')?.resolve(probed);
    await first;
    expect(prober.inFlight).to.equal(0);
    const second = prober.ask(aJob('b'), never);
    running.get('b')?.resolve(probed);
    expect(await second).to.include({ kind: 'answered' });
  });

  const failures: readonly [name: string, run: () => Promise<Probed>][] = [
    ['rejects', () => Promise.reject(new Error('shutdown'))],
    [
      'throws',
      () => {
        throw new Error('shutdown');
      },
    ],
  ];
  for (const [name, run] of failures) {
    it(`passes the error on and frees the slot where the probe ${name}`, async () => {
      const prober = createProber(run, 1);
      for (let turn = 0; turn < 3; turn += 1) {
        const error: unknown = await prober.ask(aJob('a'), never).catch((thrown: unknown) => thrown);
        expect(error).to.have.property('message', 'shutdown');
      }
      expect(prober.inFlight).to.equal(0);
    });
  }
});
