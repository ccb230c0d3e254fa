import { Cron } from 'croner';

/** Searches begin here, not now: whether a schedule is good must not depend on the day it is asked. */
const SEARCH_FROM = new Date('2024-01-01T00:00:00Z');

/** Five fields of digits, three-letter names and `* , - /`. The CRD has the same; what the fields mean is left to croner. */
const FORM = /^ *(?:[0-9*,/-]|[a-zA-Z]{3})+(?: +(?:[0-9*,/-]|[a-zA-Z]{3})+){4} *$/;

const FIVE_FIELDS =
  'schedule must be a cron expression with five fields (minute, hour, day of month, month, day of week), ' +
  'for example 0 */6 * * * or 30 7 * * MON-FRI';

/**
 * The first `count` times after `after` at which a good `schedule` fires, read in `timeZone` (IANA, UTC where undefined).
 * Two times are at least a minute apart, as five fields cannot say less. Throws where `schedule` or `timeZone` has a problem
 * ({@link scheduleProblem}, {@link timeZoneProblem}); fewer times where the search finds no more.
 */
export function firesAfter(
  schedule: string,
  timeZone: string | undefined,
  after: Date,
  count: number,
): readonly Date[] {
  return new Cron(schedule, { mode: '5-part', timezone: timeZone ?? 'UTC' }).nextRuns(count, after);
}

/** What is wrong with `spec.schedule`, as a sentence for its author; undefined where it is good. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.length > 100) return 'schedule must be at most 100 characters long, for example 0 */6 * * *';
  if (schedule.includes('TZ=')) {
    return 'schedule must not hold a TZ= prefix: set timeZone, for example timeZone: Europe/Berlin';
  }
  if (schedule.includes('@')) {
    return 'schedule must be written in five fields, for example 0 * * * * for every hour; names such as @hourly are not known';
  }
  if (!FORM.test(schedule)) return FIVE_FIELDS;
  try {
    const [first] = firesAfter(schedule, undefined, SEARCH_FROM, 1);
    return first === undefined
      ? 'schedule must fire at some time: this one names a day that never comes'
      : undefined;
  } catch {
    // croner repeats the expression in its words; ours say what is right.
    return `${FIVE_FIELDS}; a value in it is out of range or out of order`;
  }
}

/** What is wrong with `spec.timeZone`, as a sentence for its author; undefined where it is good. */
export function timeZoneProblem(timeZone: string): string | undefined {
  if (timeZone.length > 64 || !/^[a-zA-Z][a-zA-Z0-9_+-]*(?:\/[a-zA-Z0-9_+-]+)*$/.test(timeZone)) {
    return 'timeZone must be the IANA name of a time zone, for example Europe/Berlin or UTC';
  }
  return exists(timeZone)
    ? undefined
    : 'timeZone must be a time zone that exists (IANA), for example Europe/Berlin or UTC';
}

function exists(timeZone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
