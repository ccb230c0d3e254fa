import type { RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { isObject } from '../json.ts';

type Shape = (value: unknown) => boolean;

const text: Shape = (value) => typeof value === 'string';
const number: Shape = (value) => typeof value === 'number';
const list: Shape = (value) => Array.isArray(value) && value.every(isObject);

/** The fields of status that this version writes, with what each has to be. */
const SHAPES: Readonly<Record<keyof RegistryPushCheckStatus, Shape>> = {
  observedGeneration: number,
  lastHandledReconcileAt: text,
  conditions: list,
  lastProbeTime: text,
  nextProbeTime: text,
  lastSuccessTime: text,
  lastFailureTime: text,
  consecutiveFailures: number,
  transientFailures: number,
  lastProbe: isObject,
  registry: isObject,
  credentials: isObject,
  findings: list,
  remediation: isObject,
  history: list,
};

const SHAPE_OF: ReadonlyMap<string, Shape> = new Map(Object.entries(SHAPES));

/** Whether a field of status is one that this version writes. */
export function isOwnField(name: string): boolean {
  return SHAPE_OF.has(name);
}

/**
 * A status as it is stored, without the fields that have another shape than this version gives them: an object that was written
 * by something else, under another CRD, must not stop its own check for ever. Unknown fields are kept.
 */
export function readStatus(raw: unknown): RegistryPushCheckStatus | undefined {
  if (!isObject(raw)) return undefined;
  return Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => SHAPE_OF.get(name)?.(value) ?? true),
  );
}
