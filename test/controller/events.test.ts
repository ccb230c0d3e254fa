import { expect } from 'chai';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { announce } from '../../src/controller/events.ts';
import { suspendedStatus } from '../../src/controller/status.ts';
import { aCheck, aDiagnosis, at, NOW_MS } from '../support/builders.ts';
import { after, green, met, statusAfter, type Step } from './story.ts';

const MINUTE = 60_000;

const leftover = green({
  diagnosis: aDiagnosis({ findings: [{ type: 'UploadNotCancelled', message: 'an upload stays' }] }),
});

/** What the last of some visits announces, in short. */
function told(...steps: readonly Step[]): readonly string[] {
  const before = steps.length === 1 ? undefined : statusAfter(...steps.slice(0, -1));
  return announce(before, statusAfter(...steps)).map(
    ({ type, reason, note }) => `${type} ${reason}: ${note}`,
  );
}

function reasons(
  before: RegistryPushCheckStatus | undefined,
  next: RegistryPushCheckStatus,
): readonly string[] {
  return announce(before, next).map(({ type, reason }) => `${type} ${reason}`);
}

describe('announce', () => {
  const rows: Readonly<Record<string, readonly [events: readonly string[], ...steps: readonly Step[]]>> = {
    'the first success': [['Normal PushAuthorized: PushAuthorized it is'], green()],
    'the first failure, with what to do': [
      ['Warning PushDenied: PushDenied it is. about PushDenied'],
      met('PushDenied'),
    ],
    'a failure without advice': [
      ['Warning PushDenied: PushDenied it is'],
      met('PushDenied', { remediation: undefined }),
    ],
    'a success that turns into a failure': [
      ['Warning PushDenied: PushDenied it is. about PushDenied'],
      green(),
      met('PushDenied'),
    ],
    'a recovery, since when and why it had failed': [
      [`Normal PushAuthorized: PushAuthorized it is; it had failed since ${at(MINUTE)} (QuotaExceeded)`],
      met('PushDenied', { afterMs: MINUTE }),
      met('QuotaExceeded', { afterMs: 2 * MINUTE }),
      green({ afterMs: 3 * MINUTE }),
    ],
    'another reason of a failure': [
      ['Warning QuotaExceeded: QuotaExceeded it is. about QuotaExceeded'],
      met('PushDenied'),
      met('QuotaExceeded'),
    ],
    'no repeated success': [[], green(), green({ afterMs: MINUTE })],
    'no repeated failure': [[], met('PushDenied'), met('PushDenied', { afterMs: MINUTE })],
    'no repeated failure at another generation': [
      [],
      met('PushDenied'),
      met('PushDenied', { generation: 4 }),
    ],
    'nothing of a missing Secret that becomes final': [
      [],
      met('SecretNotFound'),
      met('SecretNotFound', { afterMs: 2 * MINUTE }),
    ],
    'nothing where a verdict is kept': [[], green(), met('RateLimited')],
    'nothing where there is no verdict': [[], met('RateLimited')],
    'nothing where a verdict is lost': [[], green(), met('RateLimited', { generation: 4 })],
    'a verdict after none': [['Normal PushAuthorized: PushAuthorized it is'], met('RateLimited'), green()],
    'a finding beside the verdict': [
      ['Normal PushAuthorized: PushAuthorized it is', 'Normal UploadNotCancelled: an upload stays'],
      leftover,
    ],
    'a new finding where the verdict is repeated': [
      ['Normal UploadNotCancelled: an upload stays'],
      green(),
      leftover,
    ],
    'no repeated finding': [[], leftover, leftover],
    'no finding again after a failure that kept the verdict': [[], leftover, met('RateLimited'), leftover],
    'a finding again at another generation': [
      ['Normal UploadNotCancelled: an upload stays'],
      leftover,
      { ...leftover, generation: 4 },
    ],
    'nothing of a finding that is gone': [[], leftover, green()],
  };
  for (const [name, [events, ...steps]] of Object.entries(rows)) {
    it(`tells ${name}`, () => expect(told(...steps)).to.deep.equal(events));
  }

  describe('of a suspension', () => {
    const running = after([met('PushDenied')]);
    const suspended: RegistryPushCheckStatus = suspendedStatus(running, NOW_MS);
    const resumed = after([green({ generation: 4 })], { ...running, status: suspended }).status ?? {};

    it('tells that it begins', () =>
      expect(reasons(running.status, suspended)).to.deep.equal(['Normal Suspended']));
    it('tells that it begins with the check', () =>
      expect(reasons(aCheck().status, suspended)).to.deep.equal(['Normal Suspended']));
    it('tells nothing while it lasts', () => expect(reasons(suspended, suspended)).to.deep.equal([]));
    it('tells that it is over, and the verdict', () =>
      expect(reasons(suspended, resumed)).to.deep.equal(['Normal PushAuthorized', 'Normal Resumed']));
  });
});
