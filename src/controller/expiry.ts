import type { RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { Announcement } from './events.ts';

const DAY_MS = 86_400_000;

/** Nobody is warned earlier than this before the end of a login, in milliseconds. */
const FIRST_WARNING_MS = 7 * DAY_MS;

/**
 * A warning where a probe is the first one behind a threshold before the end of the credential: 7 days, or a third of the life that was
 * left when the Secret was first seen where that is less; then 1 day; then the end itself. Tokens that something renews in time
 * never come so far.
 */
export function expiry(
  before: RegistryPushCheckStatus | undefined,
  after: RegistryPushCheckStatus,
  secret: string | undefined,
): readonly Announcement[] {
  const { expiresAt, expirySource } = after.credentials ?? {};
  if (secret === undefined || expiresAt === undefined || !isProbed(before, after)) return [];
  const was = before?.credentials?.expiresAt === expiresAt ? warnings(before) : 0;
  const is = warnings(after);
  if (is <= was) return [];
  const isOver = Date.parse(expiresAt) <= Date.parse(after.lastProbeTime ?? '');
  const end = isOver ? `expired at ${expiresAt}` : `expires at ${expiresAt}`;
  const fix = isOver ? 'get a new one from the registry' : 'renew it at the registry before then';
  // What stands beside the credential does not change with it.
  const isStated = expirySource === 'SecretKey' || expirySource === 'Annotation';
  const note = `the credential in Secret ${secret} ${end}: ${fix} and put it into the Secret${isStated ? ', with its own end' : ''}`;
  return [{ type: 'Warning', reason: 'CredentialsExpiring', note, secret, series: undefined }];
}

/** A visit that sent nothing has no time of its own, and would warn each time. */
function isProbed(before: RegistryPushCheckStatus | undefined, after: RegistryPushCheckStatus): boolean {
  return after.lastProbeTime !== undefined && after.lastProbeTime !== before?.lastProbeTime;
}

/** How many of the thresholds lie behind the last probe. */
function warnings({ credentials = {}, lastProbeTime = '' }: RegistryPushCheckStatus = {}): number {
  const endMs = Date.parse(credentials.expiresAt ?? '');
  const firstSeenMs = Date.parse(credentials.firstSeenTime ?? lastProbeTime);
  const firstMs = Math.min(FIRST_WARNING_MS, (endMs - firstSeenMs) / 3);
  const thresholds = [firstMs, DAY_MS, 0].filter((ms) => ms <= firstMs);
  return thresholds.filter((ms) => Date.parse(lastProbeTime) >= endMs - ms).length;
}
