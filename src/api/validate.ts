import { isObject } from '../json.ts';
import { parseDuration } from './duration.ts';
import {
  pullRepositoryProblem,
  pushRepositoryProblem,
  referenceProblem,
  secretNameProblem,
} from './names.ts';
import {
  DEFAULT_FAILURE_THRESHOLD,
  DEFAULT_HISTORY_LIMIT,
  DEFAULT_REFERENCE,
  DEFAULT_REPOSITORY,
  DEFAULT_TIMEOUT_MS,
  type RegistryPushCheckSpec,
} from './registrypushcheck.ts';
import { registryUrlProblem } from './registryurl.ts';
import { scheduleProblem, timeZoneProblem } from './schedule.ts';

/** A spec that keeps every rule of the CRD, with its defaults set and its durations in milliseconds. */
export interface CheckSpec {
  readonly registryUrl: string;
  readonly repository: string;
  /** Whether asking may create the repository. */
  readonly allowRepositoryCreation: boolean;
  readonly existingSecret: string | undefined;
  /** Time between probes; the installation's default where neither interval nor schedule is set. Means nothing under `schedule`. */
  readonly intervalMs: number;
  /** Five cron fields, read in `timeZone` (UTC where undefined). */
  readonly schedule: string | undefined;
  readonly timeZone: string | undefined;
  readonly timeoutMs: number;
  /** First retry after a transient failure; never longer than `intervalMs` where there is no schedule. */
  readonly retryIntervalMs: number;
  readonly failureThreshold: number;
  readonly suspend: boolean;
  readonly historyLimit: number;
  /** The manifest that is asked for as well; undefined where none is. */
  readonly pull: { readonly repository: string; readonly reference: string } | undefined;
}

/** What the installation says for checks that leave it open. */
export interface SpecDefaults {
  readonly intervalMs: number;
  readonly retryIntervalMs: number;
}

/** A spec to work with, or the first field that breaks a rule (`spec.registryUrl`) and a sentence for its author. */
export type ReadSpec =
  | { readonly ok: true; readonly spec: CheckSpec }
  | { readonly ok: false; readonly field: string; readonly problem: string };

type Type = 'string' | 'integer' | 'boolean' | 'object';

const TYPES = {
  registryUrl: 'string',
  pushTestRepository: 'string',
  allowRepositoryCreation: 'boolean',
  existingSecret: 'string',
  interval: 'string',
  schedule: 'string',
  timeZone: 'string',
  timeout: 'string',
  retryInterval: 'string',
  failureThreshold: 'integer',
  suspend: 'boolean',
  historyLimit: 'integer',
  pull: 'object',
} as const satisfies Record<keyof RegistryPushCheckSpec, Type>;

const PULL_TYPES = {
  repository: 'string',
  reference: 'string',
} as const satisfies Record<keyof NonNullable<RegistryPushCheckSpec['pull']>, Type>;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

type Rule = readonly [
  field: keyof RegistryPushCheckSpec | `pull.${keyof typeof PULL_TYPES}`,
  problem: (spec: RegistryPushCheckSpec) => string | undefined,
];

/** Every rule of the CRD in its order, and what only run time can know: dates that never come, zones that do not exist. */
const RULES: readonly Rule[] = [
  ['registryUrl', (spec) => registryUrlProblem(spec.registryUrl)],
  ['pushTestRepository', (spec) => ifSet(spec.pushTestRepository, pushRepositoryProblem)],
  ['existingSecret', (spec) => ifSet(spec.existingSecret, secretNameProblem)],
  ['pull.repository', (spec) => ifSet(spec.pull?.repository, pullRepositoryProblem)],
  ['pull.reference', (spec) => ifSet(spec.pull?.reference, referenceProblem)],
  [
    'interval',
    (spec) =>
      unless(
        within(spec.interval, MINUTE, 168 * HOUR),
        'interval must be a duration from 1m to 168h, for example 10m, 1h30m or 24h',
      ),
  ],
  [
    'timeout',
    (spec) =>
      unless(
        within(spec.timeout, SECOND, 2 * MINUTE),
        'timeout must be a duration from 1s to 2m, for example 30s',
      ),
  ],
  [
    'retryInterval',
    (spec) =>
      unless(
        within(spec.retryInterval, 10 * SECOND, 24 * HOUR),
        'retryInterval must be a duration from 10s to 24h, for example 1m',
      ),
  ],
  [
    'timeout',
    (spec) =>
      unless(
        msOr(spec.timeout, 0) <= msOr(spec.interval, Infinity),
        'timeout must not be longer than interval, for example timeout 30s with interval 1m',
      ),
  ],
  [
    'retryInterval',
    (spec) =>
      unless(
        msOr(spec.retryInterval, 0) <= msOr(spec.interval, Infinity),
        'retryInterval must not be longer than interval, for example retryInterval 1m with interval 10m',
      ),
  ],
  [
    'schedule',
    (spec) =>
      unless(
        spec.schedule === undefined || spec.interval === undefined,
        'set either schedule or interval, not both',
      ),
  ],
  ['schedule', (spec) => ifSet(spec.schedule, scheduleProblem)],
  [
    'timeZone',
    (spec) =>
      unless(
        spec.timeZone === undefined || spec.schedule !== undefined,
        'timeZone needs a schedule; remove it or set schedule, for example 0 */6 * * *',
      ),
  ],
  ['timeZone', (spec) => ifSet(spec.timeZone, timeZoneProblem)],
  [
    'failureThreshold',
    ({ failureThreshold: n = DEFAULT_FAILURE_THRESHOLD }) =>
      unless(n >= 1 && n <= 10, 'failureThreshold must be a whole number from 1 to 10, for example 3'),
  ],
  [
    'historyLimit',
    ({ historyLimit: n = DEFAULT_HISTORY_LIMIT }) =>
      unless(n >= 0 && n <= 20, 'historyLimit must be a whole number from 0 to 20, for example 5'),
  ],
];

/**
 * Reads a spec as the API server hands it out. Nothing is taken for granted: an object stored under another CRD keeps none of
 * this CRD's rules. `null` is read as not set, as the API server does. A problem never repeats what was typed.
 */
export function readSpec(raw: unknown, defaults: SpecDefaults): ReadSpec {
  if (!isObject(raw)) return broken('spec', 'spec must be of type object');
  const set = withoutNull(raw);
  const pull = isObject(set['pull']) ? withoutNull(set['pull']) : undefined;
  if (pull !== undefined) set['pull'] = pull;
  const wrong = wrongType(set, TYPES, '') ?? wrongType(pull ?? {}, PULL_TYPES, 'pull.');
  if (wrong !== undefined) return wrong;
  if (!hasUrl(set)) {
    return broken('spec.registryUrl', 'registryUrl must be set, for example https://registry.example.com');
  }
  if (pull !== undefined && pull['repository'] === undefined) {
    return broken('spec.pull.repository', 'pull.repository must be set, for example team/base');
  }
  for (const [field, problemOf] of RULES) {
    const problem = problemOf(set);
    if (problem !== undefined) return broken(`spec.${field}`, problem);
  }
  return { ok: true, spec: checkSpec(set, defaults) };
}

function checkSpec(spec: RegistryPushCheckSpec, defaults: SpecDefaults): CheckSpec {
  const intervalMs = msOr(spec.interval, defaults.intervalMs);
  const retryIntervalMs = msOr(spec.retryInterval, defaults.retryIntervalMs);
  return {
    registryUrl: spec.registryUrl,
    repository: spec.pushTestRepository ?? DEFAULT_REPOSITORY,
    allowRepositoryCreation: spec.allowRepositoryCreation ?? false,
    existingSecret: spec.existingSecret,
    intervalMs,
    schedule: spec.schedule,
    timeZone: spec.timeZone,
    timeoutMs: msOr(spec.timeout, DEFAULT_TIMEOUT_MS),
    retryIntervalMs: spec.schedule === undefined ? Math.min(retryIntervalMs, intervalMs) : retryIntervalMs,
    failureThreshold: spec.failureThreshold ?? DEFAULT_FAILURE_THRESHOLD,
    suspend: spec.suspend ?? false,
    historyLimit: spec.historyLimit ?? DEFAULT_HISTORY_LIMIT,
    pull: spec.pull && {
      repository: spec.pull.repository,
      reference: spec.pull.reference ?? DEFAULT_REFERENCE,
    },
  };
}

function within(text: string | undefined, leastMs: number, mostMs: number): boolean {
  if (text === undefined) return true;
  const ms = parseDuration(text);
  return ms !== undefined && ms >= leastMs && ms <= mostMs;
}

function msOr(text: string | undefined, otherwiseMs: number): number {
  return text === undefined ? otherwiseMs : (parseDuration(text) ?? otherwiseMs);
}

function unless(kept: boolean, problem: string): string | undefined {
  return kept ? undefined : problem;
}

function ifSet<T>(value: T | undefined, problemOf: (value: T) => string | undefined): string | undefined {
  return value === undefined ? undefined : problemOf(value);
}

type Fields = Readonly<Record<string, unknown>>;

function withoutNull(object: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** The first field that has another type than it should. */
function wrongType(
  object: Fields,
  types: Readonly<Record<string, Type>>,
  path: string,
): ReadSpec | undefined {
  for (const [field, type] of Object.entries(types)) {
    if (!hasType(object[field], type)) {
      return broken(`spec.${path}${field}`, `${path}${field} must be of type ${type}`);
    }
  }
  return undefined;
}

function hasType(value: unknown, type: Type): boolean {
  if (value === undefined) return true;
  if (type === 'object') return isObject(value);
  return type === 'integer' ? Number.isSafeInteger(value) : typeof value === type;
}

/** With the types of all fields checked before, the one required field is what is left. */
function hasUrl(spec: Readonly<Record<string, unknown>>): spec is RegistryPushCheckSpec {
  return spec['registryUrl'] !== undefined;
}

function broken(field: string, problem: string): ReadSpec {
  return { ok: false, field, problem };
}
