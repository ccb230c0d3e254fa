import { ANNOTATION, type RegistryPushCheck } from '../api/registrypushcheck.ts';
import { readStatus } from './stored-status.ts';

/**
 * Reduces an object from the API to what the operator works with, so that ten thousand of them fit into memory. The spec stays
 * as it is: it is read, with all its rules, when it is used.
 * @throws Error where it has no metadata that identifies it
 */
export function readCheck(raw: unknown): RegistryPushCheck {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it is used for is checked below, the spec where it is read
  const { metadata, spec, status, apiVersion, kind } = raw as Partial<RegistryPushCheck>;
  if (
    typeof metadata?.name !== 'string' ||
    typeof metadata.namespace !== 'string' ||
    typeof metadata.uid !== 'string'
  ) {
    throw new Error('an object without name, namespace or uid');
  }
  const { name, namespace, uid, resourceVersion, generation, deletionTimestamp } = metadata;
  const annotations = requestAnnotation(metadata.annotations);
  const stored = readStatus(status);
  return {
    apiVersion: apiVersion ?? '',
    kind: kind ?? '',
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      generation,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- readSpec takes nothing for granted
    spec: spec as RegistryPushCheck['spec'],
    ...(stored === undefined ? {} : { status: stored }),
  };
}

/** A token that asks for a probe: what could not be echoed as it is, for a reader to compare, is none. */
const TOKEN = /^\P{C}{1,256}$/u;

/** Without anything that is no token: it would be kept for each check, as long as whoever writes it likes. */
function requestAnnotation(annotations: unknown): RegistryPushCheck['metadata']['annotations'] {
  if (typeof annotations !== 'object' || annotations === null) return undefined;
  const value: unknown = Reflect.get(annotations, ANNOTATION.requestedAt);
  return typeof value === 'string' && TOKEN.test(value) ? { [ANNOTATION.requestedAt]: value } : undefined;
}

/** Whether a change of an object is one that a visit should follow: not one of status, labels or other annotations. */
export function matters(before: RegistryPushCheck | undefined, after: RegistryPushCheck): boolean {
  return (
    before === undefined ||
    isAnotherQuestion(before, after) ||
    before.metadata.annotations?.[ANNOTATION.requestedAt] !==
      after.metadata.annotations?.[ANNOTATION.requestedAt]
  );
}

/** Whether a probe that is under way for `before` answers a question that nobody asks any more. */
export function isAnotherQuestion(before: RegistryPushCheck, after: RegistryPushCheck | undefined): boolean {
  if (after === undefined) return true;
  const { uid, generation, deletionTimestamp } = after.metadata;
  return (
    uid !== before.metadata.uid ||
    generation !== before.metadata.generation ||
    deletionTimestamp !== undefined
  );
}
