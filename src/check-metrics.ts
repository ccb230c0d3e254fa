import { CONDITION, type RegistryPushCheck, type RegistryPushCheckStatus } from './api/registrypushcheck.ts';
import { PULL_STAGE, STAGES } from './check/reason.ts';
import { visitedGeneration } from './controller/schedule.ts';
import { headOf, label, sample } from './exposition.ts';
import { fieldsOf } from './json.ts';
import type { MetricName } from './metrics-table.ts';

/** What the checks themselves say: a function of what is stored, so a series goes when its check does. */
const FAMILIES: readonly (readonly [MetricName, (check: RegistryPushCheck, ids: string) => string])[] = [
  ['ready', ready],
  ['stage_ok', stages],
  ['last_probe_timestamp_seconds', time('last_probe_timestamp_seconds', (status) => status.lastProbeTime)],
  [
    'last_success_timestamp_seconds',
    time('last_success_timestamp_seconds', (status) => status.lastSuccessTime),
  ],
  ['next_probe_timestamp_seconds', time('next_probe_timestamp_seconds', (status) => status.nextProbeTime)],
  ['consecutive_failures', failures],
  [
    'credentials_expiration_timestamp_seconds',
    time('credentials_expiration_timestamp_seconds', expiryOfLongLife),
  ],
];

/** Length of a piece of text, in characters: about a hundred series. Larger ones leave garbage faster than it is collected. */
const PIECE_CHARS = 16 * 1024;

/** The series of all checks, family by family, in pieces of about 16 KiB. */
export function* checkSeries(checks: readonly RegistryPushCheck[]): Generator<string, void, undefined> {
  for (const [name, series] of FAMILIES) {
    let text = headOf(name);
    for (const check of checks) {
      const { namespace, name: own } = check.metadata;
      text += series(check, `${label('namespace', namespace)},${label('name', own)}`);
      if (text.length >= PIECE_CHARS) {
        yield text;
        text = '';
      }
    }
    yield text;
  }
}

/** The registry of a check as its status names it, `host` or `host:port`; empty where no visit could read it. */
export function registryOf({ status }: RegistryPushCheck): string {
  const { host } = fieldsOf(status?.registry);
  return typeof host === 'string' ? host : '';
}

/** Whether a probe of the check is due, or its first visit since it was created or edited. */
export function isDue(check: RegistryPushCheck, nowMs: number): boolean {
  const { status, metadata } = check;
  if (isSuspended(check) || metadata.deletionTimestamp !== undefined) return false;
  if (visitedGeneration(status) !== metadata.generation) return true;
  const { nextProbeTime } = status ?? {};
  return nextProbeTime !== undefined && Date.parse(nextProbeTime) <= nowMs;
}

function isSuspended({ spec }: RegistryPushCheck): boolean {
  return fieldsOf(spec)['suspend'] === true;
}

const VALUES: ReadonlyMap<string, number> = new Map([
  ['True', 1],
  ['False', 0],
]);

/** 1, 0, or undefined where there is nothing to say. */
function valueOf(check: RegistryPushCheck, condition: string): number | undefined {
  if (isSuspended(check)) return undefined;
  const found = check.status?.conditions?.find(({ type }) => type === condition);
  return found === undefined ? undefined : VALUES.get(found.status);
}

function ready(check: RegistryPushCheck, ids: string): string {
  const value = valueOf(check, CONDITION.ready);
  return value === undefined ? '' : sample('ready', `${ids},${label('registry', registryOf(check))}`, value);
}

function stages(check: RegistryPushCheck, ids: string): string {
  let text = '';
  for (const stage of [...STAGES, PULL_STAGE]) {
    const value = valueOf(check, stage);
    if (value !== undefined) text += sample('stage_ok', `${ids},${label('stage', stage)}`, value);
  }
  return text;
}

function failures({ status }: RegistryPushCheck, ids: string): string {
  const count = status?.consecutiveFailures;
  return count === undefined ? '' : sample('consecutive_failures', ids, count);
}

function time(
  name: MetricName,
  of: (status: RegistryPushCheckStatus) => string | undefined,
): (check: RegistryPushCheck, ids: string) => string {
  return ({ status }, ids) => {
    const text = status === undefined ? undefined : of(status);
    const ms = text === undefined ? Number.NaN : Date.parse(text);
    return Number.isNaN(ms) ? '' : sample(name, ids, ms / 1000);
  };
}

/** Logins that live shorter than this are renewed by machines, and an alert a week ahead would never end; in milliseconds. */
const LONG_LIFE_MS = 14 * 86_400_000;

function expiryOfLongLife({ credentials }: RegistryPushCheckStatus): string | undefined {
  const { expiresAt, firstSeenTime } = fieldsOf(credentials);
  if (typeof expiresAt !== 'string' || typeof firstSeenTime !== 'string') return undefined;
  return Date.parse(expiresAt) - Date.parse(firstSeenTime) >= LONG_LIFE_MS ? expiresAt : undefined;
}
