import { expect } from 'chai';
import * as fc from 'fast-check';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { find } from '../../src/controller/conditions.ts';
import { nextStatus } from '../../src/controller/status.ts';
import { visits } from '../support/arbitraries.ts';
import { aCheck, aDiagnosis, aSpec, at, aUsedLogin } from '../support/builders.ts';
import { statusProblems } from '../support/status-schema.ts';
import { after, green, met, statusAfter, type Step } from './story.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function times(status: RegistryPushCheckStatus): readonly unknown[] {
  return [status.lastProbeTime, status.lastFailureTime, status.lastProbe];
}

/** Since when Ready has been as it is. */
function readySince(...steps: readonly Step[]): string | undefined {
  return find(statusAfter(...steps).conditions, 'Ready')?.lastTransitionTime;
}

function history(...steps: readonly Step[]): readonly string[] | undefined {
  return statusAfter(...steps).history?.map(({ time, ready, reason }) => `${time} ${ready} ${reason}`);
}

describe('nextStatus, besides the verdict,', () => {
  describe('keeps times', () => {
    it('of the last probe, success and failure', () => {
      const status = statusAfter(
        green({ afterMs: 0 }),
        met('RateLimited', { afterMs: MINUTE }),
        green({ afterMs: 2 * MINUTE }),
        met('PushDenied', { afterMs: 3 * MINUTE }),
      );
      expect([status.lastProbeTime, status.lastSuccessTime, status.lastFailureTime]).to.deep.equal([
        at(3 * MINUTE),
        at(2 * MINUTE),
        at(3 * MINUTE),
      ]);
    });

    it('as they were where nothing was sent', () => {
      const before = statusAfter(green());
      const status = statusAfter(green(), met('SecretNotFound', { afterMs: MINUTE }));
      expect(times(status)).to.deep.equal(times(before));
      expect(statusAfter(met('SecretNotFound'))).to.not.have.any.keys(
        'lastProbeTime',
        'lastFailureTime',
        'lastProbe',
      );
    });

    it('of the next probe, and none where only a change of the spec helps', () => {
      expect(statusAfter(met('RegistryUnavailable')).nextProbeTime).to.equal(at(MINUTE));
      expect(statusAfter(met('SecretNotFound')).nextProbeTime).to.equal(at(2 * SECOND));
      expect(statusAfter(green(), met('InvalidSpec', { spec: undefined }))).to.not.have.property(
        'nextProbeTime',
      );
    });

    it('of a Secret that is waited for from the first visit on', () => {
      const status = statusAfter(met('SecretNotFound'), met('SecretNotFound', { afterMs: 5 * SECOND }));
      expect(status.nextProbeTime).to.equal(at(10 * SECOND));
    });

    it('of a Secret that is waited for soon, though the clock was ahead when that began', () => {
      const ahead = (afterMs: number): RegistryPushCheckStatus =>
        statusAfter(met('SecretNotFound', { afterMs }), met('SecretNotFound'));
      expect(ahead(MINUTE).nextProbeTime).to.equal(at(2 * SECOND));
      expect(ahead(60 * MINUTE).nextProbeTime).to.equal(at(MINUTE));
      expect(find(ahead(60 * MINUTE).conditions, 'Stalled')?.reason).to.equal('SecretNotFound');
    });

    it('in whole seconds', () => {
      expect(statusAfter(green({ afterMs: 1_999 })).lastProbeTime).to.equal(at(SECOND));
    });
  });

  describe('moves lastTransitionTime', () => {
    const rows: readonly (readonly [name: string, time: string, ...steps: readonly Step[]])[] = [
      ['with the status', at(MINUTE), green(), met('PushDenied', { afterMs: MINUTE })],
      ['not with the reason', at(0), met('PushDenied'), met('QuotaExceeded', { afterMs: MINUTE })],
      ['not with a repeated verdict', at(0), green(), green({ afterMs: MINUTE })],
      [
        'not with another generation of the same verdict',
        at(0),
        green(),
        green({ afterMs: MINUTE, generation: 4 }),
      ],
      ['not where a verdict is kept', at(0), green(), met('RateLimited', { afterMs: MINUTE })],
      [
        'never back, though the clock is',
        at(MINUTE),
        green({ afterMs: MINUTE }),
        met('PushDenied', { afterMs: 0 }),
      ],
    ];
    for (const [name, time, ...steps] of rows) {
      it(name, () => expect(readySince(...steps)).to.equal(time));
    }

    it('of Reconciling with each generation: that is when the wait for a Secret began', () => {
      const { conditions } = statusAfter(
        met('SecretNotFound'),
        met('SecretNotFound', { afterMs: MINUTE, generation: 4 }),
        met('SecretNotFound', { afterMs: MINUTE + SECOND }),
      );
      expect(find(conditions, 'Reconciling')?.lastTransitionTime).to.equal(at(MINUTE));
    });
  });

  describe('keeps a history of verdicts', () => {
    const [one, two, three] = [at(MINUTE), at(2 * MINUTE), at(3 * MINUTE)];

    const rows: Readonly<Record<string, readonly [readonly string[] | undefined, ...(readonly Step[])]>> = {
      'newest first': [
        [`${two} True PushAuthorized`, `${one} False PushDenied`],
        met('PushDenied', { afterMs: MINUTE }),
        green({ afterMs: 2 * MINUTE }),
      ],
      'each reason of a failure': [
        [`${two} False QuotaExceeded`, `${one} False PushDenied`],
        met('PushDenied', { afterMs: MINUTE }),
        met('QuotaExceeded', { afterMs: 2 * MINUTE }),
      ],
      'not a repeated verdict': [
        [`${one} True PushAuthorized`],
        green({ afterMs: MINUTE }),
        green({ afterMs: 2 * MINUTE }),
        green({ afterMs: 2 * MINUTE, generation: 4 }),
      ],
      'not one that was kept': [
        [`${one} True PushAuthorized`],
        green({ afterMs: MINUTE }),
        met('RateLimited', { afterMs: 2 * MINUTE }),
      ],
      'never Unknown': [
        [`${three} True PushAuthorized`],
        met('RateLimited', { afterMs: MINUTE }),
        met('RepositoryWouldBeCreated', { afterMs: 2 * MINUTE }),
        green({ afterMs: 3 * MINUTE }),
      ],
      'as long as the spec says': [
        [`${three} False PushDenied`, `${two} True PushAuthorized`],
        met('PushDenied', { afterMs: MINUTE }),
        green({ afterMs: 2 * MINUTE }),
        met('PushDenied', { afterMs: 3 * MINUTE, spec: aSpec({ historyLimit: 2 }) }),
      ],
      'none where the spec wants none': [
        undefined,
        met('PushDenied', { afterMs: MINUTE }),
        green({ afterMs: 2 * MINUTE, spec: aSpec({ historyLimit: 0 }) }),
      ],
      'none where there was no verdict': [undefined, met('RateLimited')],
      'of a spec that cannot be run, too': [
        [`${one} False InvalidSpec`],
        met('InvalidSpec', { afterMs: MINUTE, spec: undefined }),
      ],
    };
    for (const [name, [lines, ...steps]] of Object.entries(rows)) {
      it(name, () => expect(history(...steps)).to.deep.equal(lines));
    }
  });

  it('tells what to do about a failure, and no more once it is over', () => {
    expect(statusAfter(met('PushDenied')).remediation?.summary).to.equal('about PushDenied');
    expect(statusAfter(met('PushDenied'), green())).to.not.have.property('remediation');
  });

  it('keeps remediation and findings with the verdict they belong to', () => {
    const diagnosis = aDiagnosis({ findings: [{ type: 'AnonymousPushAccepted', message: 'anybody may' }] });
    expect(statusAfter(met('PushDenied'), met('RateLimited')).remediation?.summary).to.equal(
      'about PushDenied',
    );
    expect(statusAfter(green({ diagnosis }), met('RateLimited'))).to.deep.include({
      findings: [{ type: 'AnonymousPushAccepted', message: 'anybody may' }],
    });
    expect(statusAfter(green({ diagnosis }), green())).to.not.have.property('findings');
  });

  it('answers the request that the visit began with, and keeps that of an earlier visit', () => {
    expect(statusAfter(green({ request: 'one' })).lastHandledReconcileAt).to.equal('one');
    expect(statusAfter(green({ request: 'one' }), green()).lastHandledReconcileAt).to.equal('one');
    expect(statusAfter(green())).to.not.have.property('lastHandledReconcileAt');
  });

  it('does not answer a request that came during the visit', () => {
    const annotations = { 'doctor.stella-ops.org/requestedAt': 'later' };
    const check = after([green({ request: 'one' })], aCheck({ metadata: { annotations } }));
    expect(check.status?.lastHandledReconcileAt).to.equal('one');
  });

  it('names the registry, its scheme, and the Secret by version and key', () => {
    const seen = statusAfter(green({ secretVersion: '7', login: aUsedLogin() }));
    expect(seen.registry).to.deep.equal({ host: 'registry.example.com', authScheme: 'bearer' });
    expect(seen.credentials).to.deep.equal({
      secretResourceVersion: '7',
      firstSeenTime: at(0),
      matchedKey: 'registry.example.com',
    });
    const unseen = statusAfter(met('InvalidSpec', { host: undefined, spec: undefined }));
    expect(unseen).to.not.have.any.keys('registry', 'credentials');
  });

  it('keeps to the schema, whatever is found and however long the texts are', () => {
    fc.assert(
      fc.property(fc.array(visits(), { minLength: 1, maxLength: 6 }), (story) => {
        let status: RegistryPushCheckStatus | undefined;
        for (const visit of story) {
          const check = aCheck({
            metadata: visit.check.metadata,
            ...(status === undefined ? {} : { status }),
          });
          status = nextStatus({ ...visit, check });
          expect(statusProblems(status)).to.deep.equal([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('cuts what is too long and says so', () => {
    const long = 'x'.repeat(40_000);
    const status = statusAfter({
      diagnosis: aDiagnosis({
        reason: 'PushDenied',
        message: long,
        findings: [{ type: 'UploadNotCancelled', message: long }],
      }),
      remediation: { summary: long, steps: Array.from({ length: 12 }, () => long) },
    });
    const { conditions = [], findings = [], remediation } = status;
    const texts = [
      conditions[0]?.message,
      findings[0]?.message,
      remediation?.summary,
      ...(remediation?.steps ?? []),
    ];
    expect(texts.map((text) => text?.length)).to.deep.equal([
      32_768,
      4_096,
      4_096,
      ...Array.from({ length: 8 }, () => 4_096),
    ]);
    for (const text of texts) expect(text?.replaceAll('x', '')).to.equal('…');
  });
});
