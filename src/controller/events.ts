import { CONDITION, type RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { find } from './status.ts';

/** Something that people see in `kubectl describe`. */
export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/**
 * What changed between two statuses that people should hear of: the verdict, suspension, a new finding. A repeated
 * verdict, and one that is still open, say nothing.
 */
export function announce(
  before: RegistryPushCheckStatus | undefined,
  after: RegistryPushCheckStatus,
): readonly Announcement[] {
  return [...verdict(before, after), ...suspension(before, after), ...findings(before, after)];
}

function verdict(
  before: RegistryPushCheckStatus | undefined,
  after: RegistryPushCheckStatus,
): Announcement[] {
  const was = find(before?.conditions, CONDITION.ready);
  const is = find(after.conditions, CONDITION.ready);
  if (is === undefined || is.status === 'Unknown') return [];
  if (was?.status === is.status && was.reason === is.reason) return [];
  if (is.status === 'True') {
    const since =
      was?.status === 'False' ? `; it had failed since ${was.lastTransitionTime} (${was.reason})` : '';
    return [{ type: 'Normal', reason: is.reason, note: `${is.message}${since}` }];
  }
  const fix = after.remediation?.summary;
  return [
    { type: 'Warning', reason: is.reason, note: fix === undefined ? is.message : `${is.message}. ${fix}` },
  ];
}

function suspension(
  before: RegistryPushCheckStatus | undefined,
  after: RegistryPushCheckStatus,
): Announcement[] {
  const was = find(before?.conditions, CONDITION.suspended) !== undefined;
  const is = find(after.conditions, CONDITION.suspended) !== undefined;
  if (was === is) return [];
  return is
    ? [{ type: 'Normal', reason: 'Suspended', note: 'probing is suspended; the verdict is withdrawn' }]
    : [{ type: 'Normal', reason: 'Resumed', note: 'probing has resumed' }];
}

/** A finding is told once for each generation. */
function findings(
  before: RegistryPushCheckStatus | undefined,
  after: RegistryPushCheckStatus,
): Announcement[] {
  const sameGeneration = before?.observedGeneration === after.observedGeneration;
  const known = new Set(sameGeneration ? before?.findings?.map(({ type }) => type) : []);
  return (after.findings ?? [])
    .filter(({ type }) => !known.has(type))
    .map(({ type, message }) => ({ type: 'Normal', reason: type, note: message }));
}
