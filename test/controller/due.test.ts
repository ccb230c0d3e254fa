import { expect } from 'chai';
import type { CheckSpec } from '../../src/api/validate.ts';
import type { Diagnosis } from '../../src/check/diagnose.ts';
import type { Reason } from '../../src/check/reason.ts';
import { dueAfter, nextSlot } from '../../src/controller/schedule.ts';
import { aCheck, aDiagnosis, aSpec, NOW_MS } from '../support/builders.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const UID = aCheck().metadata.uid;

/** A diagnosis that the login decided. */
function atLogin(reason: Reason): Diagnosis {
  const { stages, ...rest } = aDiagnosis({ reason });
  const Authenticated = { status: 'Unknown', reason, message: 'it came with the login' } as const;
  return { ...rest, stages: { ...stages, Authenticated } };
}

describe('dueAfter', () => {
  const slot = nextSlot(aSpec(), UID, NOW_MS);
  const daily = aSpec({ schedule: '30 7 * * *', timeZone: 'Europe/Berlin' });
  /** A check whose slot lies so far away that only the retries show. */
  const rare = aSpec({ intervalMs: 64 * HOUR });

  interface Row {
    readonly diagnosis: Partial<Diagnosis>;
    readonly spec?: CheckSpec;
    readonly failures?: number;
    readonly waitingMs?: number;
    /** Milliseconds from now, or the time itself. */
    readonly in?: number;
    readonly at?: number;
  }
  const rows: Readonly<Record<string, Row>> = {
    'success: the next slot': { diagnosis: {}, at: slot },
    'a definite refusal: the next slot, so that no account is locked': {
      diagnosis: { reason: 'CredentialsRejected' },
      failures: 7,
      at: slot,
    },
    'a verdict that a person has to make possible: the next slot': {
      diagnosis: { reason: 'RepositoryWouldBeCreated' },
      at: slot,
    },
    'first transient failure: the retry interval': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 1,
      in: MINUTE,
    },
    'second transient failure: twice that': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 2,
      in: 2 * MINUTE,
    },
    'a persistent failure is retried like a transient one': {
      diagnosis: { reason: 'UnexpectedResponse' },
      failures: 3,
      spec: rare,
      in: 4 * MINUTE,
    },
    'fifth transient failure: sixteen times that': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 5,
      spec: rare,
      in: 16 * MINUTE,
    },
    'many transient failures: the next slot': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 30,
      at: slot,
    },
    'more transient failures than numbers can double: the next slot': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 5_000,
      spec: rare,
      at: nextSlot(rare, UID, NOW_MS),
    },
    'a retry interval as long as the interval: the next slot': {
      diagnosis: { reason: 'RegistryUnavailable' },
      failures: 1,
      spec: aSpec({ retryIntervalMs: 600_000 }),
      at: Math.min(slot, NOW_MS + 600_000),
    },
    'Retry-After longer than the retry: not before it': {
      diagnosis: { reason: 'RateLimited', retryAfterMs: 39 * MINUTE },
      failures: 1,
      in: 39 * MINUTE,
    },
    'Retry-After longer than four intervals: four intervals': {
      diagnosis: { reason: 'RateLimited', retryAfterMs: HOUR },
      failures: 1,
      in: 40 * MINUTE,
    },
    'Retry-After of an hour, long intervals: the hour': {
      diagnosis: { reason: 'RateLimited', retryAfterMs: HOUR },
      spec: rare,
      failures: 1,
      in: HOUR,
    },
    'a 429 to the login: the next slot, since it may be a lock': {
      diagnosis: atLogin('RateLimited'),
      failures: 1,
      spec: rare,
      at: nextSlot(rare, UID, NOW_MS),
    },
    'a 429 to the login under cron: the next slot': {
      diagnosis: atLogin('RateLimited'),
      failures: 1,
      spec: daily,
      at: nextSlot(daily, UID, NOW_MS),
    },
    'a 429 to the login with a longer Retry-After: not before it': {
      diagnosis: { ...atLogin('RateLimited'), retryAfterMs: 40 * MINUTE },
      failures: 1,
      in: 40 * MINUTE,
    },
    'another failure of the login that may go away: the retry interval': {
      diagnosis: atLogin('RegistryUnavailable'),
      failures: 1,
      spec: rare,
      in: MINUTE,
    },
    'Retry-After shorter than the retry: the retry': {
      diagnosis: { reason: 'RateLimited', retryAfterMs: 5 * SECOND },
      failures: 1,
      in: MINUTE,
    },
    'Retry-After with a definite refusal: not before it': {
      diagnosis: { reason: 'LoginLocked', retryAfterMs: 39 * MINUTE },
      in: 39 * MINUTE,
    },
    'cron, success: 07:30 in Berlin, and up to a minute': {
      diagnosis: {},
      spec: daily,
      at: nextSlot(daily, UID, NOW_MS),
    },
    'cron, transient: the retry interval': {
      diagnosis: { reason: 'ConnectionReset' },
      spec: daily,
      failures: 1,
      in: MINUTE,
    },
    'cron, many transient failures: 10 minutes': {
      diagnosis: { reason: 'ConnectionReset' },
      spec: daily,
      failures: 9,
      in: 10 * MINUTE,
    },
    'Secret missing, nobody waits for it: a minute': {
      diagnosis: { reason: 'SecretNotFound' },
      in: MINUTE,
    },
    'Secret forbidden, nobody waits for it: 5 minutes': {
      diagnosis: { reason: 'SecretForbidden' },
      in: 5 * MINUTE,
    },
    'Secret missing, waited for since 2 minutes: a minute': {
      diagnosis: { reason: 'SecretNotFound' },
      waitingMs: 120 * SECOND,
      in: MINUTE,
    },
    'Secret forbidden, waited for since 2 minutes: 5 minutes': {
      diagnosis: { reason: 'SecretForbidden' },
      waitingMs: 120 * SECOND,
      in: 5 * MINUTE,
    },
    'Secret forbidden, first look: 2 s': {
      diagnosis: { reason: 'SecretForbidden' },
      waitingMs: 0,
      in: 2 * SECOND,
    },
    'Secret missing under cron: as without': {
      diagnosis: { reason: 'SecretNotFound' },
      spec: daily,
      waitingMs: 0,
      in: 2 * SECOND,
    },
    'a malformed Secret: the next slot': { diagnosis: { reason: 'SecretInvalid' }, at: slot },
  };
  for (const [name, row] of Object.entries(rows)) {
    it(name, () => {
      const { diagnosis, spec = aSpec(), failures = 1, waitingMs } = row;
      const waitingSinceMs = waitingMs === undefined ? undefined : NOW_MS - waitingMs;
      const due = dueAfter(aDiagnosis(diagnosis), spec, UID, { failures, waitingSinceMs, nowMs: NOW_MS });
      expect(due).to.equal(row.at ?? NOW_MS + (row.in ?? 0));
    });
  }

  it('never for a spec that cannot be run', () => {
    const times = { failures: 1, waitingSinceMs: undefined, nowMs: NOW_MS };
    expect(dueAfter(aDiagnosis({ reason: 'InvalidSpec' }), undefined, UID, times)).to.equal(undefined);
  });

  it('looks for a Secret that may come after 2, 5, 10, 20, 40, 60 and 120 s, then once a minute', () => {
    const looks: number[] = [];
    for (let nowMs = NOW_MS; looks.length < 9;) {
      const waitingSinceMs = nowMs - NOW_MS < 120 * SECOND ? NOW_MS : undefined;
      const diagnosis = aDiagnosis({ reason: 'SecretNotFound' });
      nowMs = dueAfter(diagnosis, aSpec(), UID, { failures: 1, waitingSinceMs, nowMs }) ?? Number.NaN;
      looks.push((nowMs - NOW_MS) / SECOND);
    }
    expect(looks).to.deep.equal([2, 5, 10, 20, 40, 60, 120, 180, 240]);
  });
});
