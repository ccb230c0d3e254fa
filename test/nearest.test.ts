import { expect } from 'chai';
import { nearest } from '../src/nearest.ts';

const KNOWN = ['PushDenied', 'PushUnauthorized', 'QuotaExceeded', 'log.level'] as const;

describe('nearest', () => {
  const rows: readonly (readonly [name: string, typed: string, meant: string | undefined])[] = [
    ['another case', 'PUSHDENIED', 'PushDenied'],
    ['a letter too many', 'PushhDenied', 'PushDenied'],
    ['letters that are missing', 'log.lvl', 'log.level'],
    ['letters that changed places', 'PushDeneid', 'PushDenied'],
    ['two slips far apart', 'QotaExeeded', 'QuotaExceeded'],
    ['a part of it', 'quota', 'QuotaExceeded'],
    ['a part of two, the first one', 'push', 'PushDenied'],
    ['a part of two letters', 'pu', undefined],
    ['nothing alike', 'NoIdea', undefined],
    ['nothing at all', '', undefined],
    ['a book', 'x'.repeat(1_000_000), undefined],
  ];
  for (const [name, typed, meant] of rows) {
    it(`finds ${meant ?? 'none'} for ${name}`, () => {
      expect(nearest(typed, KNOWN)).to.equal(meant);
    });
  }

  it('takes no short word for another that has most letters different', () => {
    expect(nearest('aws', ['acr'])).to.equal(undefined);
    expect(nearest('acs', ['acr'])).to.equal('acr');
  });

  it('prefers the one that is nearest, whatever the order', () => {
    expect(nearest('card', ['care', 'car', 'card'])).to.equal('card');
    expect(nearest('cards', ['bards!', 'carts', 'card'])).to.equal('carts');
  });
});
