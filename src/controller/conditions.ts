import { CONDITION, type Condition } from '../api/registrypushcheck.ts';
import { cut } from './report.ts';

/** Reason of Ready and Reconciling while the first probe of a generation is under way. */
export const PROGRESSING = 'Progressing';

/** The condition of a type, where there is one. */
export function find(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((one) => one.type === type);
}

/** What a condition says, before it is known since when. */
export type Unstamped = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

/** A condition whose message fits the schema. */
export function condition(
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
): Unstamped {
  return { type, status, reason, message: cut(message, 32_768) };
}

/** `lastTransitionTime` moves only with the status of the condition, and never backwards. */
export function stamp(
  one: Unstamped,
  observedGeneration: number,
  before: readonly Condition[] | undefined,
  now: string,
): Condition {
  const previous = find(before, one.type);
  const fresh = one.type === CONDITION.reconciling && previous?.observedGeneration !== observedGeneration;
  const same = previous?.status === one.status && !fresh;
  const earlier = previous?.lastTransitionTime ?? now;
  const lastTransitionTime = same || Date.parse(earlier) > Date.parse(now) ? earlier : now;
  return { ...one, observedGeneration, lastTransitionTime };
}

/** The types that this version writes; those of another version, or of others, are left as they are. */
const OWN_CONDITIONS: ReadonlySet<string> = new Set(Object.values(CONDITION));

/** As many as the schema takes. */
export const MOST_CONDITIONS = 32;

/** Our conditions, then those of others as far as there is room, each type once: what the schema refuses hides our verdict. */
export function withForeign(
  own: readonly Condition[],
  before: readonly Condition[] | undefined = [],
): readonly Condition[] {
  const foreign = new Map(before.map((one) => [one.type, one]));
  for (const type of OWN_CONDITIONS) foreign.delete(type);
  return [...own, ...foreign.values()].slice(0, MOST_CONDITIONS);
}

/** Without the conditions of others. */
export function ownConditions(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.filter(({ type }) => OWN_CONDITIONS.has(type));
}
