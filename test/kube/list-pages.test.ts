import { expect } from 'chai';
import { KubeError, KubeNetworkError, type KubeClient, type KubeRequest } from '../../src/kube/client.ts';
import { list } from '../../src/kube/watch.ts';
import { NEVER } from '../support/kube-client.ts';

/** A collection of objects of some sizes, whose pages must not be larger than `capBytes` together. */
function collectionOf(sizes: readonly number[], capBytes: number): { client: KubeClient; limits: number[] } {
  const limits: number[] = [];
  const request = ({ query = {} }: KubeRequest): Promise<unknown> => {
    const limit = Number(query['limit']);
    const start = Number(query['continue'] ?? 0);
    limits.push(limit);
    const page = sizes.slice(start, start + limit);
    const bytes = page.reduce((sum, size) => sum + size, 0);
    if (bytes > capBytes) return Promise.reject(new KubeNetworkError('RESPONSE_TOO_LARGE', 'GET /things'));
    const end = start + page.length;
    const metadata = { resourceVersion: '7', ...(end < sizes.length ? { continue: String(end) } : {}) };
    return Promise.resolve({ metadata, items: page.map((_, index) => start + index) });
  };
  const client = {
    request,
    stream: () => Promise.reject(new Error('no stream')),
    server: '',
  } as unknown as KubeClient;
  return { client, limits };
}

async function all(client: KubeClient): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const page of list(
    client,
    { path: '/things', labelSelector: undefined, accept: undefined },
    NEVER,
  )) {
    items.push(...page.items);
  }
  return items;
}

describe('list', () => {
  it('reads small objects in large pages', async () => {
    const { client, limits } = collectionOf(Array<number>(1200).fill(1), 1000);
    expect(await all(client)).to.have.length(1200);
    expect(limits).to.deep.equal([500, 500, 500]);
  });

  it('halves a page that is too large until it fits, and misses nothing', async () => {
    const { client, limits } = collectionOf(Array<number>(300).fill(10), 1000);
    expect(await all(client)).to.deep.equal(Array.from({ length: 300 }, (_, index) => index));
    expect(limits.slice(0, 4)).to.deep.equal([500, 250, 125, 63]);
  });

  it('gives up where a single object is too large', async () => {
    const { client, limits } = collectionOf([5000], 1000);
    expect(await all(client).catch((error: unknown) => error)).to.be.instanceOf(KubeNetworkError);
    expect(limits.at(-1)).to.equal(1);
  });

  it('does not take another failure for a page that is too large', async () => {
    const refused = new KubeError({ status: 500, reason: 'InternalError', message: 'GET /things' });
    const client = { request: () => Promise.reject(refused) } as unknown as KubeClient;
    expect(await all(client).catch((error: unknown) => error)).to.equal(refused);
  });
});
