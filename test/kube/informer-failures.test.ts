import { expect } from 'chai';
import { settle } from '../support/fake-clock.ts';
import { aBench, type Bench, refused, reset } from '../support/informer-bench.ts';
import { gone } from '../support/simulated-api.ts';

describe('createInformer, when something fails,', () => {
  let bench: Bench;
  afterEach(() => bench.stop());

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
      const { api, clock } = bench;
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
      expect(Object.keys(bench.mirror())).to.have.length(3);
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
        const { api, clock, logs } = bench;
        await bench.start();
        api.send(line);
        api.put('a', 'one', 1);
        await clock.advance(30_000);
        expect(Object.keys(bench.mirror())).to.have.length(1);
        expect(logs).to.have.length(1);
        api.endWatches();
        await clock.advance(1);
        expect(api.requests.filter((request) => request === 'list *')).to.have.length(lists ? 2 : 1);
      });
    }

    it('(an ERROR event) waits and goes on', async () => {
      bench = aBench();
      const { api, clock } = bench;
      await bench.start();
      api.send('{"type":"ERROR","object":{"kind":"Status","code":500,"message":"boom"}}');
      await clock.advance(1000);
      api.put('a', 'one', 1);
      await settle();
      expect(Object.keys(bench.mirror())).to.have.length(1);
    });
  });
});
