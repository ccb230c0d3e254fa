import { expect } from 'chai';
import { createRecent } from '../../src/controller/recent.ts';
import { aSpec, NOW_MS } from '../support/builders.ts';

const KEY = 'team/mirror';

describe('createRecent', () => {
  it('knows when the same registry was asked with the same Secret, and nothing else', () => {
    const recent = createRecent();
    const spec = aSpec({ existingSecret: 'push' });
    expect(recent.lastAsked(KEY, spec)).to.equal(undefined);
    recent.asking(KEY, spec, NOW_MS);
    expect(recent.lastAsked(KEY, spec)).to.equal(NOW_MS);
    expect(recent.lastAsked('team/other', spec)).to.equal(undefined);
    expect(recent.lastAsked(KEY, { ...spec, repository: 'team/else' })).to.equal(NOW_MS);
    expect(recent.lastAsked(KEY, { ...spec, existingSecret: 'other' })).to.equal(undefined);
    expect(recent.lastAsked(KEY, { ...spec, registryUrl: 'https://else.example.com' })).to.equal(undefined);
    recent.forget(KEY);
    expect(recent.lastAsked(KEY, spec)).to.equal(undefined);
  });

  it('lets one result be discarded between two that are published', () => {
    const recent = createRecent();
    expect([recent.mayDiscard(KEY), recent.mayDiscard(KEY)]).to.deep.equal([true, false]);
    recent.published(KEY);
    expect([recent.mayDiscard(KEY), recent.mayDiscard('team/other')]).to.deep.equal([true, true]);
    recent.forget(KEY);
    expect(recent.mayDiscard(KEY)).to.equal(true);
  });

  it('knows of which checks it published a result', () => {
    const recent = createRecent();
    expect(recent.hasPublished(KEY)).to.equal(false);
    recent.published(KEY);
    expect([recent.hasPublished(KEY), recent.hasPublished('team/other')]).to.deep.equal([true, false]);
    recent.forget(KEY);
    expect(recent.hasPublished(KEY)).to.equal(false);
  });
});
