import { isDeepStrictEqual } from 'node:util';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { isObject } from '../json.ts';
import { isOwnField, OWN_FIELDS } from './stored-status.ts';

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/**
 * The JSON merge patch (RFC 7386) that turns one value into another: what is missing gets an explicit null, at every
 * depth, since a merge patch leaves alone what it does not name. Undefined where there is nothing to change.
 */
export function mergePatch(from: Json, to: Json): Json {
  if (isDeepStrictEqual(from, to)) return undefined;
  if (!isObject(from) || !isObject(to)) return to ?? null;
  const patch: [key: string, value: Json][] = [];
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    // What every object inherits, such as valueOf, is no member.
    const [was, is] = [from, to].map((one) => (Object.hasOwn(one, key) ? one[key] : undefined));
    const changed = is === undefined ? (was === undefined ? undefined : null) : mergePatch(was, is);
    if (changed !== undefined) patch.push([key, changed]);
  }
  return patch.length === 0 ? undefined : Object.fromEntries(patch);
}

/**
 * The body of the status patch, with the uid and the resourceVersion it is based on: the API server refuses it (409) where the
 * object was replaced or written in between. Fields that this version does not know are left alone.
 */
export function statusPatch(
  { metadata, status = {} }: RegistryPushCheck,
  next: RegistryPushCheckStatus,
): { readonly metadata: unknown; readonly status: object } {
  const { uid, resourceVersion } = metadata;
  const owned = Object.fromEntries(Object.entries(status).filter(([key]) => isOwnField(key)));
  const patch = mergePatch(owned, next);
  return { metadata: { uid, resourceVersion }, status: isObject(patch) ? patch : {} };
}

/**
 * The same for a status that the API server has refused. It takes away every field of ours that `next` lacks, seen or not: what is
 * stored in a form that cannot be read is not seen, and may be the very thing that is refused.
 */
export function clearingPatch(check: RegistryPushCheck, next: RegistryPushCheckStatus): unknown {
  const { metadata, status } = statusPatch(check, next);
  const lacking = OWN_FIELDS.filter((name) => next[name] === undefined).map((name) => [name, null] as const);
  return { metadata, status: { ...Object.fromEntries(lacking), ...status } };
}
