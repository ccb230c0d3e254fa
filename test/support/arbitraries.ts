import * as fc from 'fast-check';
import type { CheckSpec } from '../../src/api/validate.ts';
import { FINDINGS, REASONS, STAGES, type Reason } from '../../src/check/reason.ts';
import type { Visit } from '../../src/controller/status.ts';
import type { UsedLogin } from '../../src/controller/used-login.ts';
import { aCheck, aDiagnosis, aProbed, aSpec, aVisit, NOW_MS } from './builders.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Specs with an interval, of every length that the schema allows. */
export function specs(): fc.Arbitrary<CheckSpec> {
  return fc
    .record({
      intervalMs: fc.integer({ min: MINUTE, max: 168 * HOUR }),
      retryIntervalMs: fc.integer({ min: 10_000, max: 24 * HOUR }),
      failureThreshold: fc.integer({ min: 1, max: 10 }),
      historyLimit: fc.integer({ min: 0, max: 20 }),
    })
    .map((some) => aSpec({ ...some, retryIntervalMs: Math.min(some.intervalMs, some.retryIntervalMs) }));
}

/** Reasons of visits that send nothing. */
const SILENT: readonly Reason[] = ['InvalidSpec', 'SecretNotFound', 'SecretForbidden', 'RegistryNotAllowed'];

const reasons = Object.keys(REASONS).filter(
  (reason): reason is Reason => !['RegistryResponded', 'CredentialsAccepted'].includes(reason),
);

/** Text of every length and kind, lone surrogates included. */
function texts(longest: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.integer({ min: 0, max: longest }).map((length) => '💥'.repeat(length / 2)),
    fc.integer({ min: 0, max: longest }).map((length) => 'x'.repeat(length)),
  );
}

/** What is kept of logins of every kind. */
function logins(): fc.Arbitrary<UsedLogin> {
  const day = 24 * HOUR;
  return fc.record({
    matchedKey: fc.option(texts(512), { nil: undefined }),
    principal: fc.option(texts(256), { nil: undefined }),
    expiry: fc.option(
      fc.record({
        atMs: fc.integer({ min: NOW_MS - 400 * day, max: NOW_MS + 400 * day }),
        source: fc.constantFrom('JWT', 'ECRPassword', 'SecretKey', 'Annotation'),
      }),
      { nil: undefined },
    ),
    findings: fc.constant([]),
  });
}

/** Visits of whatever result, with texts of whatever length, within a day of {@link NOW_MS}. */
export function visits(): fc.Arbitrary<Visit> {
  const stage = fc.record({
    status: fc.constantFrom('True', 'False', 'Unknown'),
    reason: fc.constantFrom(...reasons),
    message: texts(34_000),
  });
  return fc
    .record({
      reason: fc.constantFrom(...reasons),
      message: texts(34_000),
      stages: fc.record({
        [STAGES[0]]: stage,
        [STAGES[1]]: stage,
        [STAGES[2]]: stage,
      } as const),
      findings: fc.uniqueArray(fc.record({ type: fc.constantFrom(...FINDINGS), message: texts(34_000) }), {
        selector: ({ type }) => type,
      }),
      retryAfterMs: fc.option(fc.integer({ min: 1_000, max: HOUR }), { nil: undefined }),
      spec: fc.option(specs(), { nil: undefined, freq: 10 }),
      generation: fc.integer({ min: 1, max: 3 }),
      secretVersion: fc.constantFrom(undefined, '7', '8'),
      login: fc.option(logins(), { nil: undefined }),
      request: fc.option(texts(256), { nil: undefined }),
      summary: texts(5_000),
      steps: fc.array(texts(5_000), { minLength: 1, maxLength: 12 }),
      nowMs: fc.integer({ min: NOW_MS - 24 * HOUR, max: NOW_MS + 24 * HOUR }),
    })
    .map(({ reason, message, stages, findings, retryAfterMs, generation, summary, steps, ...rest }) =>
      aVisit({
        ...rest,
        check: aCheck({ metadata: { generation } }),
        diagnosis: aDiagnosis({ reason, message, stages, findings, retryAfterMs }),
        probed: SILENT.includes(reason) ? undefined : aProbed(),
        remediation: REASONS[reason] === 'ok' ? undefined : { summary, steps },
      }),
    );
}
