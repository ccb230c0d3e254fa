import { CONDITION, type RegistryPushCheck, type RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { timestamp } from '../text.ts';
import { condition, find, MOST_CONDITIONS, PROGRESSING, stamp } from './conditions.ts';
import type { Trigger } from './schedule.ts';
import type { World } from './world.ts';

/** A first probe of a generation that takes no longer than this is not worth a write of its own, in milliseconds. */
export const PROGRESS_AFTER_MS = 1_000;

/** What a probe answered, and the check as it is stored by then: what the answer is to be written on. */
export interface Shown<T> {
  readonly answer: T;
  readonly on: RegistryPushCheck;
}

/**
 * Probes; where that is the first time for a generation and takes long, status says so meanwhile. Nothing of that is under way
 * any more when this ends, however it ends: the answer, or the next visit, comes after it.
 */
export async function showingProgress<T>(
  check: RegistryPushCheck,
  trigger: Trigger,
  world: Pick<World, 'clock' | 'write'>,
  signal: AbortSignal,
  probe: () => Promise<T>,
): Promise<Shown<T>> {
  const isFirst = trigger === 'FirstProbe' || trigger === 'SpecChanged';
  if (!isFirst || isShown(check)) return { answer: await probe(), on: check };
  const ended = new AbortController();
  const shown = show(check, world, AbortSignal.any([signal, ended.signal]));
  try {
    const answer = await probe();
    ended.abort();
    return { answer, on: await shown };
  } finally {
    ended.abort();
    await shown;
  }
}

/** Never rejects: a write that fails costs nothing but the sight of it. */
async function show(
  check: RegistryPushCheck,
  { clock, write }: Pick<World, 'clock' | 'write'>,
  signal: AbortSignal,
): Promise<RegistryPushCheck> {
  try {
    await clock.sleep(PROGRESS_AFTER_MS, signal);
    const written = await write(check, (on) => progressingStatus(on, clock.now()));
    return written.kind === 'written' ? written.check : check;
  } catch {
    return check;
  }
}

/** An operator that crashed in the middle has said it before. */
function isShown({ status, metadata }: RegistryPushCheck): boolean {
  const ready = find(status?.conditions, CONDITION.ready);
  return ready?.reason === PROGRESSING && ready.observedGeneration === metadata.generation;
}

/** The conditions that belong to a verdict; the stages show the last probe until there is another one. */
const OF_VERDICT: ReadonlySet<string> = new Set([
  CONDITION.ready,
  CONDITION.stalled,
  CONDITION.reconciling,
  CONDITION.suspended,
]);

/** The status while the first probe of a generation is under way: the old verdict is withdrawn, the record stays. */
export function progressingStatus(
  { metadata: { generation }, status = {} }: RegistryPushCheck,
  nowMs: number,
): RegistryPushCheckStatus {
  const { findings: _findings, remediation: _remediation, conditions = [], ...record } = status;
  const message = 'the first probe of this generation is under way';
  const own = [
    condition(CONDITION.ready, 'Unknown', PROGRESSING, message),
    condition(CONDITION.reconciling, 'True', PROGRESSING, message),
  ];
  return {
    observedGeneration: -1,
    ...record,
    conditions: [
      ...own.map((one) => stamp(one, generation, conditions, timestamp(nowMs))),
      ...conditions.filter(({ type }) => !OF_VERDICT.has(type)),
    ].slice(0, MOST_CONDITIONS),
  };
}
