import { CONDITION, type RegistryPushCheck, type RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { Reason } from '../check/reason.ts';
import { fieldsOf } from '../json.ts';
import { find } from './conditions.ts';
import { expiry } from './expiry.ts';
import { visitedGeneration } from './schedule.ts';

/** Something that people see in `kubectl describe`. */
export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** The same text whenever it is told: no durations, no counts. */
  readonly note: string;
  /** Name of the Secret that is the cause, in the namespace of the check. */
  readonly secret: string | undefined;
  /** Present where the same is told again while it lasts: since when, and for how many times by now. */
  readonly series: { readonly sinceMs: number; readonly count: number } | undefined;
}

/**
 * What changed between two statuses that people should hear of: the verdict, suspension, the Secret, the end of its login, a new
 * finding. A repeated verdict, and one that is still open, say nothing.
 */
export function announce(
  before: RegistryPushCheckStatus | undefined,
  check: RegistryPushCheck,
  nowMs: number,
): readonly Announcement[] {
  const { status: after = {} } = check;
  return [
    ...verdict(before, check, nowMs),
    ...suspension(before, after),
    ...secretChange(before, check),
    ...expiry(before, after, secretOf(check)),
    ...findings(before, check),
  ];
}

/** Whether Ready says the same, for the same reason. */
export function isSameVerdict(
  before: RegistryPushCheckStatus | undefined,
  after: RegistryPushCheckStatus | undefined,
): boolean {
  const was = find(before?.conditions, CONDITION.ready);
  const is = find(after?.conditions, CONDITION.ready);
  return was?.status === is?.status && was?.reason === is?.reason;
}

/** A failure is told again this often while it lasts, in milliseconds: the API server drops events after an hour. */
export const REMINDER_MS = 1_800_000;

/** A failure: since when it has been the verdict (milliseconds since the epoch), and what to tell about it now. */
export interface Failure {
  readonly sinceMs: number;
  readonly announce: (nowMs: number) => Announcement;
}

/** How many times a failure has come due again, whether or not anybody was there to tell it. Negative before it began. */
export function remindersDue(sinceMs: number, nowMs: number): number {
  return Math.floor((nowMs - sinceMs) / REMINDER_MS);
}

/** The failure that the status of a check shows; undefined where Ready is not False. */
export function failureOf(check: RegistryPushCheck): Failure | undefined {
  const { conditions, history, remediation } = check.status ?? {};
  const ready = find(conditions, CONDITION.ready);
  if (ready?.status !== 'False') return undefined;
  const { reason, message } = ready;
  const newest = history?.[0];
  // The condition knows since when Ready is False, the history since when for this reason: but a spec can want none.
  const isNewest = newest?.ready === 'False' && newest.reason === reason;
  const sinceMs = Date.parse(isNewest ? newest.time : ready.lastTransitionTime);
  if (Number.isNaN(sinceMs)) return undefined;
  const fix = remediation?.summary;
  const note = fix === undefined ? message : `${message}. ${fix}`;
  const secret = ABOUT_SECRET.has(reason) ? secretOf(check) : undefined;
  return {
    sinceMs,
    announce: (nowMs) => {
      // By the clock and not by a counter, so that a restart does not begin again: it never falls.
      const count = 1 + Math.max(0, remindersDue(sinceMs, nowMs));
      return { type: 'Warning', reason, note, secret, series: { sinceMs, count } };
    },
  };
}

/** The verdicts whose cause is the Secret or the login in it. */
const ABOUT_SECRET: ReadonlySet<string> = new Set<Reason>([
  'SecretNotFound',
  'SecretForbidden',
  'SecretTypeUnsupported',
  'SecretInvalid',
  'CredentialsNotMatched',
  'CredentialsNotBound',
  'CredentialsTooBroad',
  'CredentialsRejected',
  'CredentialsExpired',
]);

/** The Secret that the spec names, which the API server may have taken under another schema. */
function secretOf({ spec }: RegistryPushCheck): string | undefined {
  const { existingSecret } = fieldsOf(spec);
  return typeof existingSecret === 'string' ? existingSecret : undefined;
}

function verdict(
  before: RegistryPushCheckStatus | undefined,
  check: RegistryPushCheck,
  nowMs: number,
): readonly Announcement[] {
  const is = find(check.status?.conditions, CONDITION.ready);
  if (is === undefined || is.status === 'Unknown' || isSameVerdict(before, check.status)) return [];
  if (is.status !== 'True') return [failureOf(check)?.announce(nowMs) ?? normal(is.reason, is.message)];
  const was = find(before?.conditions, CONDITION.ready);
  const since =
    was?.status === 'False' ? `; it had failed since ${was.lastTransitionTime} (${was.reason})` : '';
  return [normal(is.reason, `${is.message}${since}`)];
}

function suspension(
  before: RegistryPushCheckStatus | undefined,
  after: RegistryPushCheckStatus,
): readonly Announcement[] {
  const was = find(before?.conditions, CONDITION.suspended) !== undefined;
  const is = find(after.conditions, CONDITION.suspended) !== undefined;
  if (was === is) return [];
  return is
    ? [normal('Suspended', 'probing is suspended; the verdict is withdrawn')]
    : [normal('Resumed', 'probing has resumed')];
}

/** Another version of the Secret of the same spec. */
function secretChange(
  before: RegistryPushCheckStatus | undefined,
  check: RegistryPushCheck,
): readonly Announcement[] {
  const was = before?.credentials?.secretResourceVersion;
  const is = check.status?.credentials?.secretResourceVersion;
  const secret = secretOf(check);
  if (was === undefined || is === undefined || was === is || secret === undefined) return [];
  if (visitedGeneration(before) !== check.metadata.generation) return [];
  const note = `Secret ${secret} has changed: the verdict is about its new content`;
  return [{ ...normal('SecretChanged', note), secret }];
}

/** A finding is told when it is new, and again for another generation. */
function findings(
  before: RegistryPushCheckStatus | undefined,
  { status, metadata }: RegistryPushCheck,
): readonly Announcement[] {
  const sameGeneration = visitedGeneration(before) === metadata.generation;
  const known = new Set(sameGeneration ? before?.findings?.map(({ type }) => type) : []);
  return (status?.findings ?? [])
    .filter(({ type }) => !known.has(type))
    .map(({ type, message }) => normal(type, message));
}

function normal(reason: string, note: string): Announcement {
  return { type: 'Normal', reason, note, secret: undefined, series: undefined };
}
