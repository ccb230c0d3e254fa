import { expect } from 'chai';
import * as fc from 'fast-check';
import { settle } from '../support/fake-clock.ts';
import { aBench, type Bench, refused, reset } from '../support/informer-bench.ts';
import { gone, type SimulatedApi } from '../support/simulated-api.ts';

describe('createInformer, in the end,', () => {
  describe('after the cluster was restored from a backup', () => {
    let bench: Bench;
    afterEach(() => bench.stop());

    it('takes what the list shows, although it is older, and hears of what follows', async () => {
      bench = aBench();
      const { api, clock } = bench;
      api.put('a', 'one', 1);
      api.put('a', 'two', 1);
      const restore = api.backup();
      await bench.start();
      for (const value of [2, 3, 4, 5]) api.put('a', 'one', value);
      api.put('a', 'new', 1);
      await settle();
      restore();
      await clock.advance(30_000);
      expect(bench.mirror()).to.deep.equal(api.contents());
      api.put('a', 'one', 6);
      await settle();
      expect(bench.informer.get('a/one')?.spec.value).to.equal(6);
    });

    it('takes also what we wrote last, and what has a version a second time', async () => {
      bench = aBench();
      const { api, clock, informer } = bench;
      api.put('a', 'one', 1);
      api.put('a', 'two', 1);
      const restore = api.backup();
      await bench.start();
      api.put('a', 'one', 2);
      api.bookmark();
      await settle();
      api.endWatches();
      informer.put(api.put('a', 'two', 2));
      restore();
      api.put('a', 'one', 3);
      await clock.advance(30_000);
      expect(bench.mirror()).to.deep.equal(api.contents());
    });

    it('that has grown past the last version since, takes it from the next full list', async () => {
      bench = aBench();
      const { api, clock } = bench;
      api.put('a', 'one', 1);
      const restore = api.backup();
      await bench.start();
      for (const value of [2, 3]) api.put('a', 'one', value);
      await settle();
      restore();
      for (const value of [1, 2, 3, 4]) api.put('a', 'two', value);
      await clock.advance(600_000);
      api.endWatches();
      await clock.advance(1);
      expect(bench.mirror()).to.deep.equal(api.contents());
    });
  });

  it('shows what the server has a minute after it is well again, whatever happened before', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(anAction, { maxLength: 60, size: 'max' }),
        fc.boolean(),
        async (actions, scoped) => {
          const run = aBench(scoped ? { namespaces: ['a', 'b'] } : {});
          run.api.pageSize = 2;
          await run.start();
          for (const act of actions) await act(run);
          run.api.heal();
          await run.clock.advance(61_000);
          expect(run.mirror()).to.deep.equal(run.api.contents());
          for (const key of KEYS) expect(run.informer.get(key), key).to.equal(run.mirror()[key]);
          expect(replay(run.changes)).to.have.members(Object.keys(run.api.contents()));
          await run.stop();
        },
      ),
      { numRuns: 150 },
    );
  });
});

type Action = (bench: Bench) => Promise<void> | void;

const NAMES = ['one', 'two', 'three', 'four'];
const KEYS = ['a', 'b'].flatMap((namespace) => NAMES.map((name) => `${namespace}/${name}`));

const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: aWrite((api, namespace, name, value) => void api.put(namespace, name, value)) },
  { weight: 3, arbitrary: aWrite((api, namespace, name) => api.delete(namespace, name)) },
  fc.constant<Action>(({ api }) => api.compact()),
  fc.constant<Action>(({ api }) => api.cutWatches(reset())),
  fc.constant<Action>(({ api }) => api.cutWatches(gone())),
  fc.constant<Action>(({ api }) => api.endWatches()),
  fc.constant<Action>(({ api }) => api.fail(refused(500))),
  fc.constant<Action>(({ api }) => api.fail(refused(429, 2000), reset())),
  fc.constant<Action>(({ api }) => api.bookmark()),
  fc.constant<Action>(() => settle()),
  {
    weight: 2,
    arbitrary: fc.nat(40_000).map(
      (ms): Action =>
        ({ clock }) =>
          clock.advance(ms),
    ),
  },
);

function aWrite(
  write: (api: SimulatedApi, namespace: string, name: string, value: number) => void,
): fc.Arbitrary<Action> {
  return fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(...NAMES), fc.nat(9)).map(
    ([namespace, name, value]): Action =>
      ({ api }) =>
        write(api, namespace, name, value),
  );
}

/** The keys that exist after all changes that were told; fails on a change that does not fit. */
function replay(changes: readonly string[]): string[] {
  const keys = new Set<string>();
  for (const change of changes) {
    const key = change.slice(1);
    expect(keys.has(key), change).to.equal(!change.startsWith('+'));
    if (change.startsWith('-')) keys.delete(key);
    else keys.add(key);
  }
  return [...keys];
}
