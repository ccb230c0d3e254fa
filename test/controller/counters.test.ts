import { expect } from 'chai';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { aCheck, at } from '../support/builders.ts';
import { after, green, met, statusAfter, type Step } from './story.ts';

const MINUTE = 60_000;

const passing = [met('ConnectionRefused'), met('RegistryUnavailable')];

describe('nextStatus and its counters', () => {
  describe('counts failed probes in a row', () => {
    const rows: readonly (readonly [name: string, count: number, ...steps: readonly Step[]])[] = [
      ['none after a success', 0, met('PushDenied'), green()],
      [
        'each failure, whatever its kind',
        3,
        met('PushDenied'),
        met('RateLimited'),
        met('UnexpectedResponse'),
      ],
      ['from one again for another generation', 1, met('PushDenied'), met('RateLimited', { generation: 4 })],
      [
        'from one again for another version of the Secret',
        1,
        met('CredentialsRejected', { secretVersion: '7' }),
        met('CredentialsRejected', { secretVersion: '8' }),
      ],
      ['not where nothing was sent', 1, met('RateLimited'), met('SecretNotFound'), met('SecretNotFound')],
      ['none where a person has to decide', 0, met('RateLimited'), met('RepositoryWouldBeCreated')],
    ];
    for (const [name, count, ...steps] of rows) {
      it(name, () => expect(statusAfter(...steps).consecutiveFailures).to.equal(count));
    }
  });

  describe('counts transient failures in a row', () => {
    const rows: readonly (readonly [name: string, count: number, ...steps: readonly Step[]])[] = [
      ['each of them, whatever its reason', 3, ...passing, met('RateLimited')],
      ['persistent ones, too', 2, met('RateLimited'), met('UnexpectedResponse')],
      ['none after a success', 0, ...passing, green()],
      ['none after a refusal: that is an answer', 0, ...passing, met('PushDenied')],
      ['from one again after a refusal', 1, ...passing, met('PushDenied'), met('RateLimited')],
      ['none where a person has to decide', 0, ...passing, met('RepositoryWouldBeCreated')],
      ['from one again for another generation', 1, ...passing, met('RateLimited', { generation: 4 })],
      [
        'from one again for another version of the Secret',
        1,
        met('RateLimited', { secretVersion: '7' }),
        met('RateLimited', { secretVersion: '8' }),
      ],
      [
        'on with the same version of the Secret',
        2,
        ...[1, 2].map(() => met('RateLimited', { secretVersion: '7' })),
      ],
    ];
    for (const [name, count, ...steps] of rows) {
      it(name, () => expect(statusAfter(...steps).transientFailures).to.equal(count));
    }

    it('and backs off by that count alone, however many refusals came before', () => {
      const refused = Array.from({ length: 10 }, () => met('PushDenied'));
      const waits = [1, 2].map((count) => {
        const failures = Array.from({ length: count }, () => met('ConnectionRefused'));
        return statusAfter(...refused, ...failures).nextProbeTime;
      });
      expect(waits).to.deep.equal([at(MINUTE), at(2 * MINUTE)]);
    });
  });

  it('counts no further than the schema goes, and from zero where less was stored', () => {
    const counts = (count: number): RegistryPushCheckStatus => {
      const stored = { ...statusAfter(green()), consecutiveFailures: count, transientFailures: count };
      return after([met('RateLimited')], aCheck({ status: stored })).status ?? {};
    };
    expect(counts(1_000_000)).to.include({ consecutiveFailures: 1_000_000, transientFailures: 1_000_000 });
    expect(counts(-5)).to.include({ consecutiveFailures: 1, transientFailures: 1 });
  });
});
