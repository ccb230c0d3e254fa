import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { failureOf, isSameVerdict, REMINDER_MS, remindersDue, type Announcement } from './events.ts';

/** Failures that last, told again between probes too: a check that is probed once a night is red all day. */
export interface Reminders {
  /**
   * What to tell again about a check, at most once in each half hour of its failure. `before` is the status before the visit:
   * what changed since then was told as a change.
   */
  due(
    check: RegistryPushCheck,
    before: RegistryPushCheckStatus | undefined,
    nowMs: number,
  ): Announcement | undefined;
  /** The check of this key (`namespace/name`) is gone. */
  forget(key: string): void;
}

/**
 * Nothing told yet. A process that has just started takes the time of the last probe for the time when it was last told: with
 * short intervals that is true, with long ones it tells once too often.
 */
export function createReminders(): Reminders {
  const told = new Map<string, number>();
  return {
    due: (check, before, nowMs) => {
      const { namespace, name } = check.metadata;
      const key = `${namespace}/${name}`;
      const failure = failureOf(check);
      if (failure === undefined) {
        told.delete(key);
        return undefined;
      }
      const { sinceMs } = failure;
      const lastMs = told.get(key) ?? Date.parse(before?.lastProbeTime ?? '');
      const isChange = !isSameVerdict(before, check.status);
      // Neither a time before this failure, nor NaN, nor one to come that a wrong clock has left is in the same half hour.
      const isFresh = remindersDue(sinceMs, lastMs) === remindersDue(sinceMs, nowMs);
      if (isFresh && !isChange) return undefined;
      told.set(key, nowMs);
      return isChange ? undefined : failure.announce(nowMs);
    },
    forget: (key) => void told.delete(key),
  };
}

/** In how many milliseconds the failure of a check is to be told again; undefined where it has none. */
export function untilReminder(check: RegistryPushCheck, nowMs: number): number | undefined {
  const failure = failureOf(check);
  if (failure === undefined) return undefined;
  const { sinceMs } = failure;
  return sinceMs + (remindersDue(sinceMs, nowMs) + 1) * REMINDER_MS - nowMs;
}
