import {
  CONDITION,
  type Condition,
  type RegistryPushCheck,
  DEFAULT_HISTORY_LIMIT,
  type RegistryPushCheckStatus,
} from '../api/registrypushcheck.ts';
import type { CheckSpec } from '../api/validate.ts';
import type { Diagnosis } from '../check/diagnose.ts';
import type { Probed } from '../check/observation.ts';
import { STAGES } from '../check/reason.ts';
import type { Remediation } from '../check/remediation/remedy.ts';
import { timestamp } from '../text.ts';
import { condition, find, stamp, withForeign } from './conditions.ts';
import { cut, lastProbeOf } from './report.ts';
import { dueAfter, pendingRequest, SECRET_GRACE_MS, visitedGeneration, type Trigger } from './schedule.ts';
import { credentialsOf, type UsedLogin } from './used-login.ts';

/** One visit of a check, and what it found. */
export interface Visit {
  readonly check: RegistryPushCheck;
  /** Undefined where the spec cannot be run. */
  readonly spec: CheckSpec | undefined;
  readonly trigger: Trigger;
  /** The token that asked for a probe when the visit began: one that came later is not answered by this visit. */
  readonly request: string | undefined;
  readonly diagnosis: Diagnosis;
  /** Undefined where no request was sent. */
  readonly probed: Probed | undefined;
  readonly remediation: Remediation | undefined;
  readonly host: string | undefined;
  readonly secretVersion: string | undefined;
  /** Undefined where no login was used. */
  readonly login: UsedLogin | undefined;
  readonly nowMs: number;
}

/** The status after a visit: previous status and diagnosis in, next status out. */
export function nextStatus(visit: Visit): RegistryPushCheckStatus {
  const { check, spec, diagnosis, probed, nowMs } = visit;
  const before = sameSubject(visit) ? (check.status ?? {}) : withoutVerdict(check.status);
  const now = timestamp(nowMs);
  const failed = diagnosis.course !== 'ok' && diagnosis.course !== 'open';
  // A visit that sent nothing is no probe.
  const failures = failed ? count(before.consecutiveFailures, probed === undefined ? 0 : 1) : 0;
  const passing = diagnosis.course === 'transient' || diagnosis.course === 'persistent';
  // A CRD older than this version stores no transientFailures: then all failures in a row count.
  const transient = passing ? count(before.transientFailures ?? before.consecutiveFailures, 1) : 0;
  const verdict = decide(visit, before, transient);
  const conditions = conditionsOf(visit, verdict, before, now);
  const waitingSinceMs = verdict.waits ? Math.min(waitingSince(conditions), nowMs) : undefined;
  const due = dueAfter(diagnosis, spec, check.metadata.uid, { failures: transient, waitingSinceMs, nowMs });
  const success = diagnosis.course === 'ok';
  return strip({
    observedGeneration: verdict.settled
      ? check.metadata.generation
      : (check.status?.observedGeneration ?? -1),
    lastHandledReconcileAt: visit.request ?? check.status?.lastHandledReconcileAt,
    conditions,
    lastProbeTime: probed === undefined ? check.status?.lastProbeTime : now,
    nextProbeTime: due === undefined ? undefined : timestamp(due),
    lastSuccessTime: success ? now : check.status?.lastSuccessTime,
    lastFailureTime: failed && probed !== undefined ? now : check.status?.lastFailureTime,
    consecutiveFailures: failures,
    transientFailures: transient,
    lastProbe: probed === undefined ? check.status?.lastProbe : lastProbeOf(probed, diagnosis, visit.trigger),
    registry: visit.host === undefined ? undefined : strip({ host: visit.host, authScheme: probed?.scheme }),
    credentials:
      visit.secretVersion === undefined
        ? undefined
        : credentialsOf(check.status?.credentials, visit.secretVersion, visit.login, now),
    findings: verdict.kept ? before.findings : findingsOf(diagnosis),
    remediation: verdict.kept ? before.remediation : remediationOf(visit.remediation),
    history: historyOf(visit, conditions, now),
  });
}

/** The status of a check that is suspended: the verdict is withdrawn, the record stays. */
export function suspendedStatus(check: RegistryPushCheck, nowMs: number): RegistryPushCheckStatus {
  const { status = {}, metadata } = check;
  const suspended = condition(CONDITION.suspended, 'True', 'Suspended', 'spec.suspend is true: no probes');
  return strip({
    observedGeneration: metadata.generation,
    lastHandledReconcileAt: pendingRequest(check) ?? status.lastHandledReconcileAt,
    conditions: withForeign(
      [stamp(suspended, metadata.generation, status.conditions, timestamp(nowMs))],
      status.conditions,
    ),
    lastProbeTime: status.lastProbeTime,
    lastSuccessTime: status.lastSuccessTime,
    lastFailureTime: status.lastFailureTime,
    lastProbe: status.lastProbe,
    history: status.history,
  });
}

/** Counters end here: one more than the schema takes would keep the whole status from being written. */
const HIGHEST_COUNT = 1_000_000;

function count(before: number | undefined, more: number): number {
  return Math.min(Math.max(0, before ?? 0) + more, HIGHEST_COUNT);
}

/** Whether the stored verdict is about the same spec and the same version of the Secret. */
function sameSubject({ check, secretVersion }: Visit): boolean {
  const { status, metadata } = check;
  if (visitedGeneration(status) !== metadata.generation) return false;
  return secretVersion === undefined || secretVersion === status?.credentials?.secretResourceVersion;
}

/** What is left of a status when its verdict was about something else: times of transitions. */
function withoutVerdict(status: RegistryPushCheckStatus | undefined): RegistryPushCheckStatus {
  const conditions = status?.conditions?.map((one) => ({ ...one, observedGeneration: -1 }));
  return conditions === undefined ? {} : { conditions };
}

interface Decision {
  readonly ready: Pick<Condition, 'status' | 'reason' | 'message'>;
  readonly stalled: boolean;
  readonly reconciling: boolean;
  /** observedGeneration moves to the object's generation. */
  readonly settled: boolean;
  /** The previous verdict stands. */
  readonly kept: boolean;
  /** The Secret may still be on its way. */
  readonly waits: boolean;
}

function decide(visit: Visit, before: RegistryPushCheckStatus, transient: number): Decision {
  const { diagnosis, spec, check } = visit;
  const { reason, course, message } = diagnosis;
  const plain = { stalled: false, reconciling: false, settled: true, kept: false, waits: false };
  if (course === 'ok') return { ...plain, ready: { status: 'True', reason, message } };
  if (course === 'open') return { ...plain, ready: { status: 'Unknown', reason, message } };
  const red = { status: 'False', reason, message } as const;
  if (course === 'definite') {
    const waits = secretMayCome(visit, before);
    return { ...plain, ready: red, stalled: !waits, reconciling: waits, settled: !waits, waits };
  }
  if (transient >= (spec?.failureThreshold ?? 1)) {
    return { ...plain, ready: red, stalled: course === 'persistent', reconciling: course === 'transient' };
  }
  const previous = find(before.conditions, CONDITION.ready);
  if (previous?.observedGeneration === check.metadata.generation && previous.status !== 'Unknown') {
    const { status } = previous;
    const stalled = find(before.conditions, CONDITION.stalled) !== undefined;
    return {
      ...plain,
      ready: { status, reason: previous.reason, message: previous.message },
      stalled,
      kept: true,
    };
  }
  return { ...plain, ready: { status: 'Unknown', reason, message }, reconciling: true, settled: false };
}

/**
 * A Secret that is not there may be applied seconds after the check: for two minutes that is no verdict to act on. Once there
 * was a verdict about this generation, it is one.
 */
function secretMayCome({ diagnosis, check, nowMs }: Visit, before: RegistryPushCheckStatus): boolean {
  if (diagnosis.reason !== 'SecretNotFound' && diagnosis.reason !== 'SecretForbidden') return false;
  const { generation } = check.metadata;
  if (check.status?.observedGeneration === generation) return false;
  if (find(before.conditions, CONDITION.reconciling)?.observedGeneration !== generation) return true;
  // A time that lies far ahead comes from a clock that was wrong: waiting until then would hide the verdict.
  return Math.abs(nowMs - waitingSince(before.conditions)) < SECRET_GRACE_MS;
}

function conditionsOf(
  { check, diagnosis }: Visit,
  { ready, stalled, reconciling }: Decision,
  before: RegistryPushCheckStatus,
  now: string,
): readonly Condition[] {
  const { status, reason, message } = ready;
  const list = [condition(CONDITION.ready, status, reason, message)];
  if (stalled) list.push(condition(CONDITION.stalled, 'True', reason, message));
  if (reconciling)
    list.push(condition(CONDITION.reconciling, 'True', 'ProgressingWithRetry', diagnosis.message));
  for (const stage of STAGES) {
    const found = diagnosis.stages[stage];
    list.push(condition(stage, found.status, found.reason, found.message));
  }
  const { pull } = diagnosis;
  if (pull !== undefined)
    list.push(condition(CONDITION.pullAuthorized, pull.status, pull.reason, pull.message));
  const { generation } = check.metadata;
  const own = list.map((one) => stamp(one, generation, before.conditions, now));
  return withForeign(own, check.status?.conditions);
}

/** Since when the check is Reconciling, in milliseconds since the epoch; NaN where it is not. */
function waitingSince(conditions: readonly Condition[] | undefined): number {
  return Date.parse(find(conditions, CONDITION.reconciling)?.lastTransitionTime ?? '');
}

function remediationOf(remediation: Remediation | undefined): RegistryPushCheckStatus['remediation'] {
  return remediation === undefined
    ? undefined
    : {
        summary: cut(remediation.summary, 4096),
        steps: remediation.steps.slice(0, 8).map((step) => cut(step, 4096)),
        ...(remediation.docsUrl === undefined ? {} : { docsUrl: remediation.docsUrl }),
      };
}

function findingsOf({ findings }: Diagnosis): RegistryPushCheckStatus['findings'] {
  if (findings.length === 0) return undefined;
  return findings.slice(0, 32).map(({ type, message }) => ({ type, message: cut(message, 4096) }));
}

/** Changes of the verdict, newest first. Unknown is none. */
function historyOf(
  { check, spec }: Visit,
  conditions: readonly Condition[],
  time: string,
): RegistryPushCheckStatus['history'] {
  const past = check.status?.history ?? [];
  const ready = find(conditions, CONDITION.ready);
  const [last] = past;
  const limit = spec?.historyLimit ?? Math.max(past.length, DEFAULT_HISTORY_LIMIT);
  const changed =
    ready !== undefined &&
    ready.status !== 'Unknown' &&
    (last?.ready !== ready.status || last.reason !== ready.reason);
  const all = changed ? [{ time, ready: ready.status, reason: ready.reason }, ...past] : past;
  return all.length === 0 || limit === 0 ? undefined : all.slice(0, limit);
}

/** The object without its undefined members. */
function strip<T extends object>(object: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only members whose type says they may be missing are
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
