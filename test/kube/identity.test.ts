import { expect } from 'chai';
import type { KubeClient } from '../../src/kube/client.ts';
import { createIdentity } from '../../src/kube/identity.ts';
import { kubeError, scriptedClient } from '../support/scripted-client.ts';

const { signal } = new AbortController();
const review = (username: unknown): unknown => ({
  kind: 'SelfSubjectReview',
  status: { userInfo: { username } },
});
const NAME = 'system:serviceaccount:rpc-system:registry-push-check';

describe('createIdentity', () => {
  it('asks nobody before it is wanted, then once', async () => {
    const { client, requests } = scriptedClient(review(NAME));
    const identity = createIdentity(client);
    expect(requests).to.deep.equal([]);
    expect([await identity(signal), await identity(signal)]).to.deep.equal([NAME, NAME]);
    expect(requests).to.deep.equal([
      {
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        timeoutMs: 5000,
      },
    ]);
  });

  it('asks once for all that want it at the same time', async () => {
    const { client, requests } = scriptedClient(review(NAME));
    const identity = createIdentity(client);
    expect(await Promise.all([identity(signal), identity(signal)])).to.deep.equal([NAME, NAME]);
    expect(requests).to.have.length(1);
  });

  it('is undefined where the API server refuses or is silent, and asks again the next time', async () => {
    const { client } = scriptedClient(kubeError(404), new Error('no answer'), review('jane'));
    const identity = createIdentity(client);
    const seen = [await identity(signal), await identity(signal), await identity(signal)];
    expect(seen).to.deep.equal([undefined, undefined, 'jane']);
  });

  it('is undefined where the signal ends it', async () => {
    const stop = new AbortController();
    const request: KubeClient['request'] = (_, until) =>
      new Promise((_resolve, reject) => {
        until.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const asked = createIdentity({ ...scriptedClient().client, request })(stop.signal);
    stop.abort();
    expect(await asked).to.equal(undefined);
  });

  for (const [name, answer] of [
    ['nothing', {}],
    ['a list', []],
    ['no text', review(7)],
    ['an empty name', review('')],
    ['a name with a line break', review('a\nb')],
    ['a name of 513 characters', review('a'.repeat(513))],
  ] as const) {
    it(`is undefined where the API server says ${name}`, async () =>
      expect(await createIdentity(scriptedClient(answer).client)(signal)).to.equal(undefined));
  }
});
