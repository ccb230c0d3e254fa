import { isDeepStrictEqual } from 'node:util';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { readSpec, type CheckSpec } from '../api/validate.ts';
import type { Busy } from '../probing/prober.ts';
import { announce } from './events.ts';
import { isOfOldSecret, isOutdated, meet, metSilently } from './meet.ts';
import type { Cause, Met } from './met.ts';
import { statusAfter } from './publish.ts';
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
  const turn = nextTurn(check, spec, world.clock.now(), asked);
  if (turn.kind === 'wait') return requeue(turn.ms);

  const cause = { trigger: turn.trigger, request: pendingRequest(check) };
  const met = read.ok
    ? await find(key, check, read.spec, cause, world, signal)
    : metSilently({ kind: 'InvalidSpec', ...read }, cause, world.clock.now());
  if (met.kind === 'busy') return requeue(met.retryAfterMs);
  if (isOutdated(check, world)) return requeue(0);
  try {
    // Not at once: two writers that fight over a Secret must not lock the account. And not twice: a result must come out.
    const old = await isOfOldSecret(check, met, world, signal);
    if (old && world.recent.mayDiscard(key)) return requeue(REQUEST_SPACING_MS);
    const outcome = await write(check, (on) => statusAfter(on, spec, met), world);
    world.recent.published(key);
    return outcome;
  } catch (error) {
    world.unwritten.keep(check, met);
    throw error;
  }
}

function forget(key: string, world: World): Outcome {
  world.unwritten.forget(key);
  world.recent.forget(key);
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
  return write(check, (on) => suspendedStatus(on, nowMs), world);
}

/** After a result that was not written, in milliseconds. */
const SUPERSEDED_RETRY_MS = 1_000;

/** Act: the status, then what people should hear of; an event that fails changes nothing. */
async function write(
  check: RegistryPushCheck,
  rebase: (on: RegistryPushCheck) => RegistryPushCheckStatus,
  world: World,
): Promise<Outcome> {
  const written = await world.write(check, rebase);
  if (written.kind === 'superseded') {
    // Another object of the same name comes through the informer; asked again before that, the old one would be probed.
    return written.by?.metadata.uid === check.metadata.uid ? requeue(SUPERSEDED_RETRY_MS) : {};
  }
  const { status = {} } = written.check;
  for (const announcement of announce(check.status, status)) await world.record(written.check, announcement);
  const { nextProbeTime } = status;
  return requeue(nextProbeTime === undefined ? undefined : Date.parse(nextProbeTime) - world.clock.now());
}

function requeue(ms: number | undefined): Outcome {
  return ms === undefined ? {} : { requeueAfterMs: Math.max(0, ms) };
}
