import { expect } from 'chai';
import { settle } from '../support/fake-clock.ts';
import { aBench, type Bench, refused, reset } from '../support/informer-bench.ts';
import { gone, type SimulatedObject } from '../support/simulated-api.ts';

describe('createInformer', () => {
  let bench: Bench;
  afterEach(() => bench.stop());

  it('lists, then hears of what is created, changed and deleted', async () => {
    bench = aBench();
    const { api, informer, changes } = bench;
    api.put('a', 'one', 1);
    await bench.start();
    api.put('b', 'two', 1);
    api.put('a', 'one', 2);
    api.delete('b', 'two');
    await settle();
    expect(changes).to.deep.equal(['+a/one', '+b/two', '~a/one', '-b/two']);
    expect(informer.get('a/one')?.spec.value).to.equal(2);
    expect(Object.keys(bench.mirror())).to.deep.equal(['a/one']);
    expect(api.requests).to.deep.equal(['list *', 'watch * 101']);
  });

  it('reads a list page by page', async () => {
    bench = aBench();
    const { api } = bench;
    api.pageSize = 2;
    for (const name of ['one', 'two', 'three', 'four', 'five']) api.put('a', name, 1);
    await bench.start();
    expect(Object.keys(bench.mirror())).to.have.length(5);
    expect(api.requests).to.deep.equal(['list *', 'list * continue', 'list * continue', 'watch * 105']);
  });

  it('lists each namespace once, whatever happens to the others', async () => {
    bench = aBench({ namespaces: ['a', 'b', 'a'] });
    const { api, clock } = bench;
    api.put('a', 'one', 1);
    api.put('b', 'one', 1);
    api.put('c', 'one', 1);
    api.fail(refused(403));
    await bench.start();
    expect(Object.keys(bench.mirror())).to.deep.equal(['b/one']);
    await clock.advance(1000);
    expect(Object.keys(bench.mirror())).to.have.members(['a/one', 'b/one']);
    expect(api.requests.filter((request) => request.startsWith('list'))).to.deep.equal([
      'list a',
      'list b',
      'list a',
    ]);
  });

  it('has synced when every namespace was listed, and hears from the one that is silent longest', async () => {
    bench = aBench({ namespaces: ['a', 'b'] });
    const { api, clock, informer } = bench;
    api.fail(refused(403));
    expect([informer.synced, informer.heardMs]).to.deep.equal([false, undefined]);
    await bench.start();
    expect([informer.synced, informer.heardMs]).to.deep.equal([false, undefined]);
    await clock.advance(1000);
    expect([informer.synced, informer.heardMs]).to.deep.equal([true, bench.startedMs]);
    await clock.advance(4000);
    api.put('a', 'one', 1);
    await settle();
    expect(informer.heardMs).to.equal(bench.startedMs);
    api.put('b', 'one', 1);
    await settle();
    expect(informer.heardMs).to.equal(bench.startedMs + 5000);
    expect(informer.list().map(({ metadata }) => metadata.namespace)).to.deep.equal(['a', 'b']);
    await bench.stop();
    expect(informer.synced).to.equal(true);
  });

  it('counts a bookmark as a sign of life', async () => {
    bench = aBench();
    const { api, clock, informer } = bench;
    await bench.start();
    await clock.advance(4000);
    expect(informer.heardMs).to.equal(bench.startedMs);
    api.bookmark();
    await settle();
    expect(informer.heardMs).to.equal(bench.startedMs + 4000);
    api.send('not JSON');
    await clock.advance(1);
    expect(informer.heardMs).to.equal(bench.startedMs + 4000);
  });

  it('opens a watch that ended by itself again where it stopped, without calling it a failure', async () => {
    bench = aBench();
    const { api, clock, logs } = bench;
    await bench.start();
    api.put('a', 'one', 1);
    await clock.advance(30_000);
    api.endWatches();
    await settle();
    api.put('a', 'two', 1);
    await clock.advance(1);
    expect(api.requests).to.deep.equal(['list *', 'watch * 100', 'watch * 101']);
    expect(Object.keys(bench.mirror())).to.have.length(2);
    expect(logs).to.deep.equal([]);
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
    const { api, clock, logs, changes } = bench;
    await bench.start();
    api.put('a', 'one', 1);
    await clock.advance(5000);
    api.put('a', 'two', 1);
    api.delete('a', 'one');
    api.cutWatches(reset());
    await clock.advance(1000);
    expect(changes).to.deep.equal(['+a/one', '+a/two', '-a/one']);
    expect(api.requests).to.deep.equal(['list *', 'watch * 100', 'watch * 101']);
    expect(logs).to.have.length(1);
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
    expect([informer.get('a/one')?.spec.value, informer.get('a/two')?.spec.value]).to.deep.equal([1, 1]);
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
    const { api } = bench;
    api.put('a', 'one', 1);
    await bench.start();
    const object = { metadata: { namespace: 'a', name: 'one', uid: 'uid-0', resourceVersion: '101' } };
    api.send(JSON.stringify({ type: 'DELETED', object }));
    await settle();
    expect(Object.keys(bench.mirror())).to.have.length(1);
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
    const { api, clock } = bench;
    api.put('a', 'one', 1);
    api.put('ab', 'one', 1);
    await bench.start();
    api.delete('a', 'one');
    api.compact();
    api.cutWatches(gone());
    await clock.advance(5000);
    expect(Object.keys(bench.mirror())).to.deep.equal(['ab/one']);
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
});
