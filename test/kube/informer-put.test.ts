import { expect } from 'chai';
import { settle } from '../support/fake-clock.ts';
import { aBench, type Bench } from '../support/informer-bench.ts';
import { gone } from '../support/simulated-api.ts';

describe('put of an informer', () => {
  let bench: Bench;
  afterEach(() => bench.stop());

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

  it('is not undone by a list that began before', async () => {
    bench = aBench();
    const { api, clock, informer, changes } = bench;
    api.put('a', 'one', 1);
    await bench.start();
    const request = api.request.bind(api);
    api.request = async (asked, signal) => {
      const answer = request(asked, signal);
      informer.put(api.put('a', 'one', 2));
      return answer as never;
    };
    api.cutWatches(gone());
    await clock.advance(1);
    expect(informer.get('a/one')?.spec.value).to.equal(2);
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
