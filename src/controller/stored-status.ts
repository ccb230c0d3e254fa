import type { RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { isObject } from '../json.ts';
import { ownConditions } from './conditions.ts';

type Shape = (value: unknown) => boolean;

const text: Shape = (value) => typeof value === 'string';
/** As long as the schema takes it: it is handed on from one status to the next, and would keep each from being written. */
const token: Shape = (value) => typeof value === 'string' && value.length <= 1024;
const integer: Shape = Number.isSafeInteger;
/** RFC 3339, section 5.6: what the schema takes for `date-time`. */
const time: Shape = (value) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value));

const listOf =
  (item: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(item);

/** An object that has the fields of `required`, and those of `optional` where it has them; others do not matter. */
function object(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  const fields = Object.entries({ ...required, ...optional });
  return (value) =>
    isObject(value) &&
    fields.every(([name, shape]) =>
      Object.hasOwn(value, name) ? shape(value[name]) : !Object.hasOwn(required, name),
    );
}

const condition = object(
  { type: text, status: text, reason: text, message: text, lastTransitionTime: time },
  { observedGeneration: integer },
);
const stage = object(
  { name: text, result: text },
  { httpStatus: integer, errorCode: text, durationMillis: integer },
);

/** The fields of status that this version writes, with what each has to be. */
const SHAPES: Readonly<Record<keyof RegistryPushCheckStatus, Shape>> = {
  observedGeneration: integer,
  lastHandledReconcileAt: token,
  conditions: listOf(condition),
  lastProbeTime: time,
  nextProbeTime: time,
  lastSuccessTime: time,
  lastFailureTime: time,
  consecutiveFailures: integer,
  transientFailures: integer,
  lastProbe: object({}, { trigger: text, durationMillis: integer, cleanup: text, stages: listOf(stage) }),
  registry: object({}, { host: text, vendor: text, authScheme: text }),
  credentials: object(
    {},
    {
      secretResourceVersion: text,
      matchedKey: text,
      principal: text,
      expiresAt: time,
      firstSeenTime: time,
      expirySource: text,
    },
  ),
  findings: listOf(object({ type: text, message: text })),
  remediation: object({}, { summary: text, steps: listOf(text), docsUrl: text }),
  history: listOf(object({ time, ready: text, reason: text })),
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they are the keys of SHAPES
const NAMES = Object.keys(SHAPES) as readonly (keyof RegistryPushCheckStatus)[];

/** Every field of status that this version writes. */
export const OWN_FIELDS: readonly (keyof RegistryPushCheckStatus)[] = NAMES;

const SHAPE_OF: ReadonlyMap<string, Shape> = new Map(Object.entries(SHAPES));

/** Whether a field of status is one that this version writes. */
export function isOwnField(name: string): boolean {
  return SHAPE_OF.has(name);
}

/**
 * A status as it is stored, without the fields that have another shape, at any depth, than this version gives them: an object
 * that was written by something else, under another CRD, must not stop its own check for ever. Unknown fields are kept.
 */
export function readStatus(raw: unknown): RegistryPushCheckStatus | undefined {
  if (!isObject(raw)) return undefined;
  return Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => SHAPE_OF.get(name)?.(value) ?? true),
  );
}

/**
 * What is left of a status that cannot be stored as a whole: our verdict, and what the next visit decides by. Without it a visit
 * would count anew, and come at another time.
 */
export function essentialsOf(status: RegistryPushCheckStatus): RegistryPushCheckStatus {
  const kept = Object.entries(status).filter(([name]) => ESSENTIALS.has(name));
  const { secretResourceVersion } = status.credentials ?? {};
  return {
    ...Object.fromEntries(kept),
    ...(status.conditions === undefined ? {} : { conditions: ownConditions(status.conditions) }),
    ...(secretResourceVersion === undefined ? {} : { credentials: { secretResourceVersion } }),
  };
}

const ESSENTIALS: ReadonlySet<string> = new Set<keyof RegistryPushCheckStatus>([
  'observedGeneration',
  'lastHandledReconcileAt',
  'conditions',
  'lastProbeTime',
  'nextProbeTime',
  'consecutiveFailures',
  'transientFailures',
]);
