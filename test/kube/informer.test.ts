import { expect } from 'chai';
import * as fc from 'fast-check';
import { KubeError, KubeNetworkError } from '../../src/kube/errors.ts';
import { createInformer, type Informer, type InformerOptions } from '../../src/kube/informer.ts';
import { createFakeClock, type FakeClock, settle } from '../support/fake-clock.ts';
import { gone, SimulatedApi, type SimulatedObject } from '../support/simulated-api.ts';

interface Bench {
  readonly api: SimulatedApi;
  readonly clock: FakeClock;
  readonly informer: Informer<SimulatedObject>;
  /** `+key`, `~key`, `-key`, in order. */
  readonly changes: string[];
  readonly logs: string[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

function aBench(options: Partial<InformerOptions<SimulatedObject>> = {}): Bench {
  const api = new SimulatedApi();
  const clock = createFakeClock();
  const changes: string[] = [];
  const logs: string[] = [];
  const informer = createInformer<SimulatedObject>({
    client: api,
    path: (namespace) => (namespace === undefined ? '/things' : `/ns/${namespace}/things`),
    namespaces: [],
    trim: (raw) => raw as SimulatedObject,
    onChange: (key, before, after) => {
      const sign = before === undefined ? '+' : '~';
      changes.push(`${after === undefined ? '-' : sign}${key}`);
    },
    log: (level, message, fields) => logs.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`),
    clock,
    random: () => 0.5,
    ...options,
  });
  const stop = new AbortController();
  let running = Promise.resolve();
  return {
    api,
    clock,
    informer,
    changes,
    logs,
    async start() {
      running = informer.run(stop.signal);
      await settle();
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

function snapshot(informer: Informer<SimulatedObject>): Record<string, SimulatedObject | undefined> {
  return Object.fromEntries([...informer.keys()].map((key) => [key, informer.get(key)]));
}

const reset = (): KubeNetworkError => new KubeNetworkError('ECONNRESET', 'GET /things: no answer');
const refused = (status: number, retryAfterMs?: number): KubeError =>
  new KubeError({ status, reason: 'Refused', message: `refused ${String(status)}`, retryAfterMs });

describe('createInformer', () => {
  let bench: Bench;
  afterEach(() => bench.stop());

  it('lists, then hears of what is created, changed and deleted', async () => {
    bench = aBench();
    const { api, informer, changes } = bench;
    api.put('a', 'one', 1);
    expect(informer.hasSynced()).to.equal(false);
    await bench.start();
    expect(informer.hasSynced()).to.equal(true);
    api.put('b', 'two', 1);
    api.put('a', 'one', 2);
    api.delete('b', 'two');
    await settle();
    expect(changes).to.deep.equal(['+a/one', '+b/two', '~a/one', '-b/two']);
    expect(informer.get('a/one')?.spec.value).to.equal(2);
    expect([...informer.keys()]).to.deep.equal(['a/one']);
    expect(informer.size).to.equal(1);
    expect(api.requests).to.deep.equal(['list *', 'watch * 101']);
  });

  it('reads a list page by page', async () => {
    bench = aBench();
    const { api, informer } = bench;
    api.pageSize = 2;
    for (const name of ['one', 'two', 'three', 'four', 'five']) api.put('a', name, 1);
    await bench.start();
    expect(informer.size).to.equal(5);
    expect(api.requests).to.deep.equal(['list *', 'list * continue', 'list * continue', 'watch * 105']);
  });

  it('has synced only when every namespace has been listed', async () => {
    bench = aBench({ namespaces: ['a', 'b', 'a'] });
    const { api, informer, clock } = bench;
    api.put('a', 'one', 1);
    api.put('b', 'one', 1);
    api.put('c', 'one', 1);
    api.fail(refused(403));
    let synced = false;
    void informer.whenSynced(new AbortController().signal).then(() => (synced = true));
    await bench.start();
    expect([informer.hasSynced(), synced]).to.deep.equal([false, false]);
    expect([...informer.keys()]).to.deep.equal(['b/one']);
    await clock.advance(1000);
    expect([informer.hasSynced(), synced]).to.deep.equal([true, true]);
    expect([...informer.keys()]).to.have.members(['a/one', 'b/one']);
    expect(api.requests.filter((request) => request.startsWith('list'))).to.deep.equal([
      'list a',
      'list b',
      'list a',
    ]);
  });

  it('ends the wait for the first list with the reason of an abort', async () => {
    bench = aBench();
    const waiting = new AbortController();
    const outcome = bench.informer.whenSynced(waiting.signal).catch((error: unknown) => error);
    waiting.abort(new Error('shutting down'));
    expect(await outcome).to.have.property('message', 'shutting down');
  });

  it('opens a watch that ended by itself again where it stopped, without calling it a failure', async () => {
    bench = aBench();
    const { api, clock, informer, logs } = bench;
    await bench.start();
    api.put('a', 'one', 1);
    await clock.advance(30_000);
    api.endWatches();
    await settle();
    api.put('a', 'two', 1);
    await clock.advance(1);
    expect(api.requests).to.deep.equal(['list *', 'watch * 100', 'watch * 101']);
    expect(informer.size).to.equal(2);
    expect([informer.stats.failures, logs]).to.deep.equal([0, []]);
  });

  it('goes on from a bookmark', async () => {
    bench = aBench();
    const { api, clock } = bench;
    await bench.start();
    api.bookmark();
    api.bookmark();
    await clock.advance(30_000);
    api.endWatches();
    await clock.advance(1);
    expect(api.requests.at(-1)).to.equal('watch * 102');
  });

  it('loses nothing when a watch is cut', async () => {
    bench = aBench();
    const { api, clock, informer, changes } = bench;
    await bench.start();
    api.put('a', 'one', 1);
    await clock.advance(5000);
    api.put('a', 'two', 1);
    api.delete('a', 'one');
    api.cutWatches(reset());
    await clock.advance(1000);
    expect(changes).to.deep.equal(['+a/one', '+a/two', '-a/one']);
    expect(api.requests).to.deep.equal(['list *', 'watch * 100', 'watch * 101']);
    expect(informer.stats.failures).to.equal(1);
  });

  it('does not hammer a server that ends every watch at once', async () => {
    bench = aBench({ random: () => 0.99 });
    const { api, clock } = bench;
    await bench.start();
    for (let second = 0; second < 120; second += 1) {
      api.endWatches();
      await clock.advance(1000);
    }
    expect(api.requests.length).to.be.within(4, 30);
  });

  describe('after a 410', () => {
    const cases: readonly [string, (bench: Bench) => void][] = [
      ['in the stream', ({ api }) => api.send('{"type":"ERROR","object":{"kind":"Status","code":410}}')],
      ['of the connection', ({ api }) => (api.endWatches(), api.fail(gone()))],
      ['in the stream, as an answer', ({ api }) => api.cutWatches(gone())],
    ];
    for (const [name, inject] of cases) {
      it(`${name}, lists again at once and notices deletions`, async () => {
        bench = aBench();
        const { api, clock, changes } = bench;
        api.put('a', 'one', 1);
        api.put('a', 'two', 1);
        await bench.start();
        await clock.advance(10_000);
        inject(bench);
        api.cutWatches(gone());
        api.delete('a', 'one');
        api.put('a', 'two', 2);
        api.compact();
        await clock.advance(1);
        expect(changes).to.deep.equal(['+a/one', '+a/two', '~a/two', '-a/one']);
        expect(api.requests.filter((request) => request === 'list *')).to.have.length(2);
        expect(api.openWatches).to.equal(1);
      });
    }

    it('on a continue token, begins the list again', async () => {
      bench = aBench();
      const { api, informer, clock } = bench;
      api.pageSize = 1;
      for (const name of ['one', 'two']) api.put('a', name, 1);
      const request = api.request.bind(api);
      let first = true;
      api.request = async (asked, signal) => {
        if (asked.query?.['continue'] !== undefined && first) {
          first = false;
          api.put('a', 'three', 1);
          api.compact();
        }
        return request(asked, signal);
      };
      await bench.start();
      await clock.advance(1);
      expect(informer.size).to.equal(3);
      expect(informer.hasSynced()).to.equal(true);
      expect(api.requests.slice(0, 3)).to.deep.equal(['list *', 'list * continue', 'list *']);
    });

    it('that repeats, waits longer and longer', async () => {
      bench = aBench();
      const { api, clock } = bench;
      await bench.start();
      for (let time = 0; time < 200; time += 1) {
        api.compact();
        api.bookmark();
        api.cutWatches(gone());
        await clock.advance(100);
      }
      expect(api.requests.filter((request) => request === 'list *').length).to.be.below(20);
    });
  });

  describe('after an error', () => {
    const cases: readonly [string, () => Error][] = [
      ['500', () => refused(500)],
      ['401', () => refused(401)],
      ['403', () => refused(403)],
      ['a reset connection', reset],
      ['something else', () => new TypeError('unexpected')],
    ];
    for (const [name, error] of cases) {
      it(`(${name}) keeps trying, at most once a step of 1 s to 60 s`, async () => {
        bench = aBench({ random: () => 0.999 });
        const { api, clock, informer } = bench;
        api.put('a', 'one', 1);
        api.fail(...Array.from({ length: 9 }, error));
        await bench.start();
        const counts: number[] = [];
        for (const ms of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
          counts.push(api.requests.length);
          await clock.advance(ms);
        }
        expect(counts).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
        await clock.advance(60_000);
        expect(informer.get('a/one')?.spec.value).to.equal(1);
      });
    }

    it('with Retry-After never asks earlier', async () => {
      bench = aBench({ random: () => 0.5 });
      const { api, clock } = bench;
      api.fail(refused(429, 7000));
      await bench.start();
      await clock.advance(6999);
      expect(api.requests).to.deep.equal(['list *']);
      await clock.advance(1001);
      expect(api.requests).to.deep.equal(['list *', 'list *', 'watch * 100']);
    });

    it('lists again when watches keep failing, for the version may be of another time', async () => {
      bench = aBench();
      const { api, clock } = bench;
      await bench.start();
      api.cutWatches(reset());
      api.fail(refused(504), refused(504), refused(504));
      await clock.advance(30_000);
      expect(api.requests.filter((request) => request === 'list *').length).to.be.greaterThan(1);
      expect(api.openWatches).to.equal(1);
    });
  });

  describe('with nonsense in the stream', () => {
    const lines: readonly [string, string, boolean][] = [
      ['no JSON', '{"type":"ADD', true],
      ['null', 'null', true],
      ['an array', '[]', true],
      ['object null', '{"type":"ADDED","object":null}', true],
      ['an unknown type', '{"type":"MOVED","object":{"metadata":{"resourceVersion":"1"}}}', true],
      ['no version', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}', true],
      ['no name', '{"type":"ADDED","object":{"metadata":{"uid":"u","resourceVersion":"900"}}}', false],
      ['a version that is a number', '{"type":"MODIFIED","object":{"metadata":{"resourceVersion":7}}}', true],
    ];
    for (const [name, line, lists] of lines) {
      it(`(${name}) goes on${lists ? ', and lists after this watch' : ''}`, async () => {
        bench = aBench();
        const { api, clock, informer, logs } = bench;
        await bench.start();
        api.send(line);
        api.put('a', 'one', 1);
        await clock.advance(30_000);
        expect(informer.size).to.equal(1);
        expect(logs).to.have.length(1);
        api.endWatches();
        await clock.advance(1);
        expect(api.requests.filter((request) => request === 'list *')).to.have.length(lists ? 2 : 1);
      });
    }

    it('(an ERROR event) waits and goes on', async () => {
      bench = aBench();
      const { api, clock, informer } = bench;
      await bench.start();
      api.send('{"type":"ERROR","object":{"kind":"Status","code":500,"message":"boom"}}');
      await clock.advance(1000);
      api.put('a', 'one', 1);
      await settle();
      expect(informer.size).to.equal(1);
    });
  });

  it('leaves out an object that cannot be trimmed, and only that one', async () => {
    bench = aBench({
      trim: (raw) => {
        const object = raw as SimulatedObject;
        if (object.spec.value === 13) throw new Error('unlucky');
        return object;
      },
    });
    const { api, informer, logs, changes } = bench;
    api.put('a', 'bad', 13);
    api.put('a', 'good', 1);
    await bench.start();
    api.put('a', 'good', 13);
    api.put('a', 'other', 2);
    await settle();
    expect(changes).to.deep.equal(['+a/good', '+a/other']);
    expect(informer.get('a/good')?.spec.value).to.equal(1);
    expect(logs.filter((line) => line.includes('unlucky'))).to.have.length(2);
  });

  it('survives a handler that throws', async () => {
    bench = aBench({
      onChange: () => {
        throw new Error('handler');
      },
    });
    const { api, informer, logs } = bench;
    api.put('a', 'one', 1);
    await bench.start();
    api.put('a', 'two', 1);
    await settle();
    expect(informer.size).to.equal(2);
    expect(logs.filter((line) => line.startsWith('error'))).to.have.length(2);
  });

  it('tells a recreated object as a deletion and a creation', async () => {
    bench = aBench();
    const { api, clock, changes } = bench;
    api.put('a', 'one', 1);
    await bench.start();
    await clock.advance(2000);
    api.delete('a', 'one');
    api.put('a', 'one', 2);
    api.compact();
    api.cutWatches(gone());
    await clock.advance(1);
    expect(changes).to.deep.equal(['+a/one', '-a/one', '+a/one']);
  });

  it('ignores the deletion of an earlier object of the name', async () => {
    bench = aBench();
    const { api, informer } = bench;
    api.put('a', 'one', 1);
    await bench.start();
    const object = { metadata: { namespace: 'a', name: 'one', uid: 'uid-0', resourceVersion: '101' } };
    api.send(JSON.stringify({ type: 'DELETED', object }));
    await settle();
    expect(informer.size).to.equal(1);
  });

  it('is silent about what a repeated list shows unchanged', async () => {
    bench = aBench();
    const { api, clock, changes } = bench;
    api.put('a', 'one', 1);
    await bench.start();
    await clock.advance(30_000);
    api.cutWatches(gone());
    api.compact();
    await clock.advance(1);
    expect(changes).to.deep.equal(['+a/one']);
    expect(api.requests.filter((request) => request === 'list *')).to.have.length(2);
  });

  it('lists in full every ten minutes', async () => {
    bench = aBench();
    const { api, clock } = bench;
    await bench.start();
    for (let round = 0; round < 60; round += 1) {
      await clock.advance(30_000);
      api.endWatches();
    }
    await clock.advance(1);
    expect(api.requests.filter((request) => request === 'list *')).to.have.length(4);
  });

  it('notices in the list of one namespace only the deletions there', async () => {
    bench = aBench({ namespaces: ['a', 'ab'] });
    const { api, clock, informer } = bench;
    api.put('a', 'one', 1);
    api.put('ab', 'one', 1);
    await bench.start();
    api.delete('a', 'one');
    api.compact();
    api.cutWatches(gone());
    await clock.advance(5000);
    expect([...informer.keys()]).to.deep.equal(['ab/one']);
  });

  it('ends at an abort, whatever it is doing, and asks for nothing more', async () => {
    for (const state of ['watching', 'waiting'] as const) {
      bench = aBench();
      if (state === 'waiting') bench.api.fail(refused(500));
      await bench.start();
      await bench.stop();
      const asked = bench.api.requests.length;
      await bench.clock.advance(3_600_000);
      expect(bench.api.requests.length, state).to.equal(asked);
      expect(bench.api.openWatches, state).to.equal(0);
      expect(bench.clock.sleeps, state).to.deep.equal([]);
      expect(
        bench.logs.filter((line) => line.includes('aborted')),
        state,
      ).to.deep.equal([]);
    }
  });

  it('tells when it last heard from the server', async () => {
    bench = aBench();
    const { api, clock, informer } = bench;
    expect(informer.stats.heardAtMs).to.equal(undefined);
    await bench.start();
    const listed = informer.stats.heardAtMs;
    await clock.advance(9000);
    expect(informer.stats.heardAtMs).to.equal(listed);
    api.bookmark();
    await settle();
    expect(informer.stats.heardAtMs).to.equal((listed ?? 0) + 9000);
  });

  describe('put', () => {
    it('shows what we wrote before the watch does, and tells it once', async () => {
      bench = aBench();
      const { api, informer, changes } = bench;
      api.put('a', 'one', 1);
      await bench.start();
      const written = api.put('a', 'one', 2);
      informer.put(written);
      expect(informer.get('a/one')?.spec.value).to.equal(2);
      await settle();
      expect(changes).to.deep.equal(['+a/one', '~a/one']);
    });

    it('is not undone by older news', async () => {
      bench = aBench();
      const { api, informer, changes } = bench;
      api.put('a', 'one', 1);
      await bench.start();
      api.put('a', 'one', 2);
      informer.put(api.put('a', 'one', 3));
      await settle();
      expect(informer.get('a/one')?.spec.value).to.equal(3);
      expect(changes).to.deep.equal(['+a/one', '~a/one']);
    });

    it('takes nothing older, nothing deleted and nothing of an earlier object of the name', async () => {
      bench = aBench();
      const { api, informer } = bench;
      const first = api.put('a', 'one', 1);
      const second = api.put('a', 'one', 2);
      await bench.start();
      informer.put(first);
      expect(informer.get('a/one')?.spec.value, 'older').to.equal(2);
      api.delete('a', 'one');
      await settle();
      informer.put(second);
      expect(informer.get('a/one'), 'deleted').to.equal(undefined);
      api.put('a', 'one', 3);
      await settle();
      informer.put({ ...second, metadata: { ...second.metadata, resourceVersion: '999' } });
      expect(informer.get('a/one')?.spec.value, 'earlier').to.equal(3);
    });
  });

  it('passes selector and accept on', async () => {
    bench = aBench({ labelSelector: 'shard=a', accept: 'application/json;as=PartialObjectMetadataList' });
    const asked: unknown[] = [];
    const request = bench.api.request.bind(bench.api);
    bench.api.request = (sent, signal) => {
      asked.push(sent.query, sent.accept);
      return request(sent, signal);
    };
    const stream = bench.api.stream.bind(bench.api);
    bench.api.stream = (sent, signal) => {
      asked.push(sent.query, sent.accept, sent.timeoutMs, sent.limited);
      return stream(sent, signal);
    };
    await bench.start();
    const accept = 'application/json;as=PartialObjectMetadataList';
    expect(asked).to.deep.equal([
      { limit: '500', labelSelector: 'shard=a' },
      accept,
      {
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion: '100',
        timeoutSeconds: '30',
        labelSelector: 'shard=a',
      },
      accept,
      35_000,
      false,
    ]);
  });

  it('shows what the server has a minute after it is well again, whatever happened before', async function () {
    this.timeout(60_000);
    bench = aBench();
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
          expect(snapshot(run.informer)).to.deep.equal(run.api.contents());
          expect(replay(run.changes)).to.have.members(Object.keys(run.api.contents()));
          await run.stop();
        },
      ),
      { numRuns: 150 },
    );
  });
});

type Action = (bench: Bench) => Promise<void> | void;

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
  return fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('one', 'two', 'three', 'four'), fc.nat(9)).map(
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
