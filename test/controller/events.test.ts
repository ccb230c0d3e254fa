import { expect } from 'chai';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { announce, failureOf, REMINDER_MS, type Announcement } from '../../src/controller/events.ts';
import type { Reason } from '../../src/check/reason.ts';
import { suspendedStatus } from '../../src/controller/status.ts';
import { aCheck, aDiagnosis, aSpec, at, NOW_MS } from '../support/builders.ts';
import { after, green, met, type Step } from './story.ts';

const MINUTE = 60_000;

const LEFT = [{ type: 'UploadNotCancelled', message: 'an upload stays' }] as const;
const leftover = green({ diagnosis: aDiagnosis({ findings: LEFT }) });

const withSecret = aCheck({ spec: { existingSecret: 'push' } });

/** What the last of some visits announces. */
function announced(steps: readonly Step[], start?: RegistryPushCheck): readonly Announcement[] {
  const before = after(steps.slice(0, -1), start).status;
  return announce(before, after(steps, start), NOW_MS + (steps.at(-1)?.afterMs ?? 0));
}

/** The same in short. */
function told(...steps: readonly Step[]): readonly string[] {
  return announced(steps).map(({ type, reason, note }) => `${type} ${reason}: ${note}`);
}

function reasons(
  before: RegistryPushCheckStatus | undefined,
  next: RegistryPushCheckStatus,
): readonly string[] {
  return announce(before, aCheck({ status: next }), NOW_MS).map(({ type, reason }) => `${type} ${reason}`);
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
    'no finding again where the verdict about the generation comes later': [
      ['Normal PushAuthorized: PushAuthorized it is'],
      met('RateLimited', { diagnosis: { ...aDiagnosis({ reason: 'RateLimited' }), findings: LEFT } }),
      leftover,
    ],
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

  describe('of the Secret', () => {
    const changes: Readonly<
      Record<string, readonly [expected: readonly string[], ...steps: readonly Step[]]>
    > = {
      'that it has changed': [
        ['Normal SecretChanged: Secret push has changed: the verdict is about its new content'],
        green({ secretVersion: '7' }),
        green({ secretVersion: '8' }),
      ],
      'that it has changed beside the verdict, which may be another one': [
        [
          'Warning PushDenied: PushDenied it is. about PushDenied',
          'Normal SecretChanged: Secret push has changed: the verdict is about its new content',
        ],
        green({ secretVersion: '7' }),
        met('PushDenied', { secretVersion: '8' }),
      ],
      'nothing while it stays': [[], green({ secretVersion: '7' }), green({ secretVersion: '7' })],
      'nothing at the first visit': [
        ['Normal PushAuthorized: PushAuthorized it is'],
        green({ secretVersion: '7' }),
      ],
      'nothing where another generation may name another one': [
        [],
        green({ secretVersion: '7' }),
        green({ secretVersion: '8', generation: 4 }),
      ],
      'nothing new where it was missing before': [
        [
          'Normal PushAuthorized: PushAuthorized it is; it had failed since 2026-01-01T12:00:00Z (SecretNotFound)',
        ],
        met('SecretNotFound'),
        green({ secretVersion: '7' }),
      ],
    };
    for (const [name, [expected, ...steps]] of Object.entries(changes)) {
      it(`tells ${name}`, () => {
        const events = announced(steps, withSecret).map(
          ({ type, reason, note }) => `${type} ${reason}: ${note}`,
        );
        expect(events).to.deep.equal(expected);
      });
    }

    it('tells nothing of a Secret that the spec does not name, and takes any spec', () => {
      const steps = [green({ secretVersion: '7' }), green({ secretVersion: '8' })];
      expect(announced(steps)).to.deep.equal([]);
      const odd = { ...aCheck(), spec: undefined as never };
      expect(announced(steps, odd)).to.deep.equal([]);
    });

    const causes: Readonly<Record<string, readonly [secret: string | undefined, start: RegistryPushCheck]>> =
      {
        SecretNotFound: ['push', withSecret],
        CredentialsRejected: ['push', withSecret],
        CredentialsExpired: ['push', withSecret],
        CredentialsRequired: [undefined, aCheck()],
        PushDenied: [undefined, withSecret],
        TLSVerificationFailed: [undefined, withSecret],
      };
    for (const [reason, [secret, start]] of Object.entries(causes)) {
      it(`${secret === undefined ? 'names no Secret' : 'names the Secret'} for ${reason}`, () => {
        const [event] = announced([met(reason as Reason)], start);
        expect(event?.reason).to.equal(reason);
        expect(event?.secret).to.equal(secret);
      });
    }

    it('names the Secret that has changed', () => {
      const [event] = announced([green({ secretVersion: '7' }), green({ secretVersion: '8' })], withSecret);
      expect(event?.secret).to.equal('push');
    });
  });

  describe('as a series', () => {
    it('a failure, from now on, for the first time', () => {
      const [event] = announced([green(), met('PushDenied', { afterMs: MINUTE })]);
      expect(event?.series).to.deep.equal({ sinceMs: NOW_MS + MINUTE, count: 1 });
    });
    it('nothing that is over at once', () => {
      for (const event of announced([met('PushDenied'), leftover])) expect(event.series).to.equal(undefined);
    });
  });
});

describe('the note about a failure at a product', () => {
  it('is what happened and the fix in one sentence: no steps, no link', () => {
    const docsUrl = 'https://goharbor.io/docs/';
    const remediation = { summary: 'Do it at Harbor.', steps: ['Click: there', 'Check again'], docsUrl };
    const notes = announced([met('PushDenied', { remediation })]).map(({ note }) => note);
    expect(notes).to.deep.equal([`${aDiagnosis({ reason: 'PushDenied' }).message}. Do it at Harbor.`]);
  });
});

describe('failureOf', () => {
  const at30 = NOW_MS + REMINDER_MS;

  it('is there where Ready is False, and nowhere else', () => {
    expect(failureOf(after([met('PushDenied')]))).to.not.equal(undefined);
    for (const check of [aCheck(), after([green()]), after([met('RateLimited')])])
      expect(failureOf(check)).to.equal(undefined);
  });

  const since: Readonly<Record<string, readonly [afterMs: number, ...steps: readonly Step[]]>> = {
    'as the condition says': [0, met('PushDenied'), met('PushDenied', { afterMs: MINUTE })],
    'for this reason, as the history says': [
      MINUTE,
      met('PushDenied'),
      met('QuotaExceeded', { afterMs: MINUTE }),
      met('QuotaExceeded', { afterMs: 2 * MINUTE }),
    ],
    'as the condition says where there is no history': [
      0,
      met('PushDenied', { spec: aSpec({ historyLimit: 0 }) }),
      met('QuotaExceeded', { afterMs: MINUTE, spec: aSpec({ historyLimit: 0 }) }),
    ],
    'whatever the generation': [0, met('PushDenied'), met('PushDenied', { afterMs: MINUTE, generation: 4 })],
  };
  for (const [name, [afterMs, ...steps]] of Object.entries(since)) {
    it(`has lasted since the verdict came, ${name}`, () =>
      expect(failureOf(after(steps))?.sinceMs).to.equal(NOW_MS + afterMs));
  }

  it('is none where its time cannot be read: it would never be told', () => {
    const check = after([met('PushDenied')]);
    const conditions = check.status?.conditions?.map((one) => ({ ...one, lastTransitionTime: 'soon' })) ?? [];
    expect(failureOf({ ...check, status: { conditions } })).to.equal(undefined);
  });

  it('tells the same text each time, and counts the half hours', () => {
    const failure = failureOf(after([met('PushDenied')]));
    const counts = [NOW_MS - 1, NOW_MS, at30 - 1, at30, at30 + 2 * REMINDER_MS].map((nowMs) => {
      const { series, ...text } = failure?.announce(nowMs) ?? expect.fail();
      expect(text).to.deep.equal({
        type: 'Warning',
        reason: 'PushDenied',
        note: 'PushDenied it is. about PushDenied',
        secret: undefined,
      });
      return series?.count;
    });
    expect(counts).to.deep.equal([1, 1, 1, 2, 4]);
  });
});
