import {
  ANNOTATION,
  CONDITION,
  type RegistryPushCheck,
  type RegistryPushCheckStatus,
} from '../api/registrypushcheck.ts';
import { firesAfter } from '../api/schedule.ts';
import type { CheckSpec } from '../api/validate.ts';
import type { Diagnosis } from '../check/diagnose.ts';
import type { Reason } from '../check/reason.ts';
import { PROGRESSING } from './conditions.ts';

/** Why a probe runs; shown in `status.lastProbe.trigger`. */
export type Trigger = 'FirstProbe' | 'SpecChanged' | 'Requested' | 'Restarted' | 'Retry' | 'Scheduled';

/** What a visit of a check leads to. */
export type Turn =
  | { readonly kind: 'run'; readonly trigger: Trigger }
  /** Nothing to do before `ms` milliseconds have passed; without `ms`, before the check changes. */
  | { readonly kind: 'wait'; readonly ms: number | undefined };

/** Requested probes of one check are at least this far apart, in milliseconds; an earlier request waits, it is not lost. */
export const REQUEST_SPACING_MS = 15_000;

/** The token of the annotation that asks for a probe, where it has not been answered yet. */
export function pendingRequest({ metadata, status }: RegistryPushCheck): string | undefined {
  const token = metadata.annotations?.[ANNOTATION.requestedAt];
  return token === status?.lastHandledReconcileAt ? undefined : token;
}

/**
 * The generation that the last visit was about: conditions carry it, whatever the visit found. A visit that had only begun is
 * none: where the operator crashed in the middle, it is made again.
 */
export function visitedGeneration(status: RegistryPushCheckStatus | undefined): number | undefined {
  const { ready, suspended } = CONDITION;
  const found = status?.conditions?.find(({ type }) => type === ready || type === suspended);
  return found?.reason === PROGRESSING ? undefined : found?.observedGeneration;
}

/** Verdicts that another configuration of the operator can turn: a restart is how it gets one. */
const CONFIGURED: ReadonlySet<string> = new Set<Reason>([
  'CredentialsNotBound',
  'EgressDenied',
  'InsecureTransportNotAllowed',
  'RegistryNotAllowed',
  'TLSVerificationFailed',
  'TokenRealmNotTrusted',
]);

function restsOnConfiguration(status: RegistryPushCheckStatus | undefined): boolean {
  return CONFIGURED.has(status?.conditions?.find(({ type }) => type === CONDITION.ready)?.reason ?? '');
}

function isInvalid(status: RegistryPushCheckStatus | undefined): boolean {
  const ready = status?.conditions?.find(({ type }) => type === CONDITION.ready);
  return ready?.status === 'False' && ready.reason === ('InvalidSpec' satisfies Reason);
}

/**
 * Is it time? Reads nothing but the object, the clock and two things that the object does not tell: when this process last asked
 * the same registry with the same Secret (`askedMs`), and whether the verdict is this process's own.
 */
export function nextTurn(
  check: RegistryPushCheck,
  spec: CheckSpec | undefined,
  nowMs: number,
  askedMs?: number,
  isOwnVerdict = true,
): Turn {
  const { status, metadata } = check;
  const visited = visitedGeneration(status);
  const isNew = visited === undefined && (status?.observedGeneration ?? -1) < 0;
  const edited = isNew ? 'FirstProbe' : 'SpecChanged';
  if (visited !== metadata.generation) return spaced(edited, check, nowMs, askedMs, mayLock(check, askedMs));
  if (pendingRequest(check) !== undefined) return spaced('Requested', check, nowMs, askedMs, true);
  if (!isOwnVerdict && restsOnConfiguration(status)) return spaced('Restarted', check, nowMs, askedMs, true);
  const stored = status?.nextProbeTime;
  if (spec === undefined && stored === undefined && isInvalid(status)) return { kind: 'wait', ms: undefined };
  // Only a spec that cannot be run has no next time, and that verdict: where they disagree, another version of the operator
  // judged, or somebody who wanted the check to look green.
  if (spec === undefined || stored === undefined) return { kind: 'run', trigger: 'Scheduled' };
  const due = timeOf(stored, nowMs);
  // A time that no rule allows comes from a clock that was wrong.
  return due <= nowMs || due > latestDue(check, spec, nowMs)
    ? { kind: 'run', trigger: (status?.transientFailures ?? 0) > 0 ? 'Retry' : 'Scheduled' }
    : { kind: 'wait', ms: due - nowMs };
}

/** Now, or where `apart` says so, not before {@link REQUEST_SPACING_MS} after the registry was last asked. */
function spaced(
  trigger: Trigger,
  { status }: RegistryPushCheck,
  nowMs: number,
  askedMs: number | undefined,
  apart: boolean,
): Turn {
  const free = Math.max(timeOf(status?.lastProbeTime, 0), askedMs ?? 0) + REQUEST_SPACING_MS;
  const wait = apart && free > nowMs && free <= nowMs + REQUEST_SPACING_MS;
  return wait ? { kind: 'wait', ms: free - nowMs } : { kind: 'run', trigger };
}

/**
 * Whether one more login, edit by edit, could lock the account: the last probe's login was not accepted, or its result is not
 * known.
 */
function mayLock({ status }: RegistryPushCheck, askedMs: number | undefined): boolean {
  const probed = timeOf(status?.lastProbeTime, 0);
  // Times in status are whole seconds.
  if (askedMs !== undefined && askedMs - 1000 >= probed) return true;
  return (
    status?.lastProbe?.stages?.some(({ name, result }) => name === 'Authenticated' && result !== 'Passed') ===
    true
  );
}

/** The longest that a registry can ask to be left alone (retry-after.ts), in milliseconds. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** No stored time that {@link dueAfter} chose before now, by a clock that was right, lies after this one. */
function latestDue({ metadata, status }: RegistryPushCheck, spec: CheckSpec, nowMs: number): number {
  const probed = timeOf(status?.lastProbeTime, 0);
  return Math.max(
    nextSlot(spec, metadata.uid, nowMs),
    nowMs + SECRET_LATER_MS.SecretForbidden,
    probed > nowMs ? 0 : probed + LONGEST_RETRY_AFTER_MS,
  );
}

/** Where a missing or unreadable Secret is looked for again after this many milliseconds: it may be on its way. */
const SECRET_RETRIES_MS = [2_000, 5_000, 10_000, 20_000, 40_000, 60_000, 120_000];

/** How long a Secret that cannot be read counts as on its way, in milliseconds. */
export const SECRET_GRACE_MS = 120_000;

const SECRET_LATER_MS = { SecretNotFound: 60_000, SecretForbidden: 300_000 } as const;

/** A registry that asks to be left alone is heard for at most this many intervals. */
const LONGEST_WAIT_INTERVALS = 4;

/** Longest delay of a retry under a cron schedule, in milliseconds. */
const CRON_RETRY_CAP_MS = 600_000;

/**
 * When the next probe is due (milliseconds since the epoch), or undefined where only a change of the check helps.
 * @param failures transient failures in a row, this one included
 * @param waitingSinceMs since when the Secret is being waited for
 */
export function dueAfter(
  { reason, course, stages, retryAfterMs = 0 }: Diagnosis,
  spec: CheckSpec | undefined,
  uid: string,
  {
    failures,
    waitingSinceMs,
    nowMs,
  }: { readonly failures: number; readonly waitingSinceMs: number | undefined; readonly nowMs: number },
): number | undefined {
  if (spec === undefined) return undefined;
  if (reason === 'SecretNotFound' || reason === 'SecretForbidden') {
    const early = SECRET_RETRIES_MS.find((ms) => waitingSinceMs !== undefined && waitingSinceMs + ms > nowMs);
    return early === undefined || waitingSinceMs === undefined
      ? nowMs + SECRET_LATER_MS[reason]
      : waitingSinceMs + early;
  }
  const slot = nextSlot(spec, uid, nowMs);
  const cap = spec.schedule === undefined ? spec.intervalMs : CRON_RETRY_CAP_MS;
  const retry = nowMs + Math.min(spec.retryIntervalMs * 2 ** Math.min(failures - 1, 20), cap);
  const passing = course === 'transient' || course === 'persistent';
  // A 429 to a login may be a lock: trying again sooner than usual would prolong it.
  const early = passing && stages.Authenticated.reason !== 'RateLimited';
  const asked = Math.min(retryAfterMs, LONGEST_WAIT_INTERVALS * spec.intervalMs);
  return Math.max(early ? Math.min(retry, slot) : slot, nowMs + asked);
}

/** A cron schedule starts up to this much later, by check, so that not all start at once. Seconds: times in status are whole ones. */
const CRON_SPREAD_S = 60;

/**
 * The next slot after now. Slots of an interval lie on a fixed grid, phase(uid) + k × interval, so a restart needs no memory
 * and the checks of a cluster are spread; the slot right after a probe (closer than half an interval) is passed over.
 */
export function nextSlot(spec: CheckSpec, uid: string, nowMs: number): number {
  if (spec.schedule !== undefined) {
    const spread = Math.floor(phase(uid) * CRON_SPREAD_S) * 1000;
    const [fire] = firesAfter(spec.schedule, spec.timeZone, new Date(nowMs - spread), 1);
    return fire === undefined ? nowMs + spec.intervalMs : fire.getTime() + spread;
  }
  const offset = Math.floor(phase(uid) * spec.intervalMs);
  const earliest = nowMs + spec.intervalMs / 2;
  return Math.ceil((earliest - offset) / spec.intervalMs) * spec.intervalMs + offset;
}

/** 0 (inclusive) to 1 (exclusive), always the same for a uid (FNV-1a, 32 bits). */
function phase(uid: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < uid.length; at += 1) hash = Math.imul(hash ^ uid.charCodeAt(at), 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

function timeOf(timestamp: string | undefined, otherwiseMs: number): number {
  const ms = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(ms) ? otherwiseMs : ms;
}
