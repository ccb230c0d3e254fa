import { isDeepStrictEqual } from 'node:util';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { readSpec, type CheckSpec } from '../api/validate.ts';
import { KubeError } from '../kube/client.ts';
import type { Busy } from '../probing/prober.ts';
import { announce, failureOf } from './events.ts';
import { isOfOldSecret, isOutdated, meet, metSilently } from './meet.ts';
import type { Cause, Met } from './met.ts';
import { showingProgress } from './progress.ts';
import { statusAfter } from './publish.ts';
import { untilReminder } from './reminders.ts';
import { nextTurn, pendingRequest, REQUEST_SPACING_MS } from './schedule.ts';
import { suspendedStatus } from './status.ts';
import type { World } from './world.ts';

/** What a reconcile wants next. */
export interface Outcome {
  /** Visit the check again after that many milliseconds; absent: when it changes. */
  readonly requeueAfterMs?: number;
}

/** One turn of one check: read, decide, act. A throw means "could not find out": the caller backs off. */
export async function reconcile(key: string, world: World, signal: AbortSignal): Promise<Outcome> {
  const check = world.get(key);
  if (check === undefined || check.metadata.deletionTimestamp !== undefined) return forget(key, world);
  const read = readSpec(check.spec, world.defaults);
  const spec = read.ok ? read.spec : undefined;
  if (spec?.suspend === true) return suspend(key, check, world);

  const asked = spec === undefined ? undefined : world.recent.lastAsked(key, spec);
  const turn = nextTurn(check, spec, world.clock.now(), asked, world.recent.hasPublished(key));
  if (turn.kind === 'wait') return rest(check, check.status, turn.ms, world);

  const cause = { trigger: turn.trigger, request: pendingRequest(check) };
  const { answer: met, on } = await showingProgress(check, turn.trigger, world, signal, async () =>
    read.ok
      ? find(key, check, read.spec, cause, world, signal)
      : metSilently({ kind: 'InvalidSpec', ...read }, cause, world.clock.now()),
  );
  if (met.kind === 'busy') return requeue(met.retryAfterMs);
  if (isOutdated(check, world)) return requeue(0);
  try {
    // Not at once: two writers that fight over a Secret must not lock the account. And not twice: a result must come out.
    const old = await isOfOldSecret(check, met, world, signal);
    if (old && world.recent.mayDiscard(key)) return requeue(REQUEST_SPACING_MS);
    const outcome = await write(on, check.status, (now) => statusAfter(now, spec, met), world);
    world.recent.published(key);
    return outcome;
  } catch (error) {
    world.unwritten.keep(check, met);
    if (error instanceof KubeError && error.status === 422) {
      await tellUnwritten({ ...check, status: statusAfter(check, spec, met) }, world);
    }
    throw error;
  }
}

/**
 * A spec of other types than the schema's, stored under another CRD, lets nobody write the status (the rules of the API server
 * cannot be evaluated on it): only an event can say what is wrong. Told again it is counted, and is no other one.
 */
async function tellUnwritten(check: RegistryPushCheck, world: World): Promise<void> {
  const failure = failureOf(check)?.announce(world.clock.now());
  if (failure !== undefined) await world.record(check, failure);
}

function forget(key: string, world: World): Outcome {
  world.unwritten.forget(key);
  world.recent.forget(key);
  world.reminders.forget(key);
  return {};
}

/** How long a result that cannot be written stands in for a new one under a cron schedule, in milliseconds. */
const CRON_RESULT_AGE_MS = 86_400_000;

/** The result that the last visit could not write, or a new one. */
async function find(
  key: string,
  check: RegistryPushCheck,
  spec: CheckSpec,
  cause: Cause,
  world: World,
  signal: AbortSignal,
): Promise<Met | Busy> {
  const maxAgeMs = spec.schedule === undefined ? spec.intervalMs : CRON_RESULT_AGE_MS;
  const kept = world.unwritten.take(check, maxAgeMs, world.clock.now());
  return kept ?? meet(key, check, spec, cause, world, signal);
}

async function suspend(key: string, check: RegistryPushCheck, world: World): Promise<Outcome> {
  world.unwritten.forget(key);
  const nowMs = world.clock.now();
  if (isDeepStrictEqual(check.status, suspendedStatus(check, nowMs))) return {};
  return write(check, check.status, (now) => suspendedStatus(now, nowMs), world);
}

/** After a result that was not written, in milliseconds. */
const SUPERSEDED_RETRY_MS = 1_000;

/** Act: the status, then what people should hear of: what is new since `before`. An event that fails changes nothing. */
async function write(
  check: RegistryPushCheck,
  before: RegistryPushCheck['status'],
  rebase: (now: RegistryPushCheck) => RegistryPushCheckStatus,
  world: World,
): Promise<Outcome> {
  const written = await world.write(check, rebase);
  if (written.kind === 'superseded') {
    // Another object of the same name comes through the informer; asked again before that, the old one would be probed.
    return written.by?.metadata.uid === check.metadata.uid ? requeue(SUPERSEDED_RETRY_MS) : {};
  }
  const nowMs = world.clock.now();
  for (const announcement of announce(before, written.check, nowMs)) {
    await world.record(written.check, announcement);
  }
  const due = written.check.status?.nextProbeTime;
  return rest(written.check, before, due === undefined ? undefined : Date.parse(due) - nowMs, world);
}

/** Until the next visit, `ms` from now: a failure that lasts is told again, before a probe and between two. */
async function rest(
  check: RegistryPushCheck,
  before: RegistryPushCheck['status'],
  ms: number | undefined,
  world: World,
): Promise<Outcome> {
  const nowMs = world.clock.now();
  const reminder = world.reminders.due(check, before, nowMs);
  if (reminder !== undefined) await world.record(check, reminder);
  const again = untilReminder(check, nowMs);
  return requeue(again === undefined ? ms : Math.min(again, ms ?? again));
}

function requeue(ms: number | undefined): Outcome {
  return ms === undefined ? {} : { requeueAfterMs: Math.max(0, ms) };
}
