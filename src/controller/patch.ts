import { isDeepStrictEqual } from 'node:util';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { isObject } from '../json.ts';
import { isOwnField } from './stored-status.ts';

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/**
 * The JSON merge patch (RFC 7386) that turns one value into another: what is missing gets an explicit null, at every
 * depth, since a merge patch leaves alone what it does not name. Undefined where there is nothing to change.
 */
export function mergePatch(from: Json, to: Json): Json {
  if (isDeepStrictEqual(from, to)) return undefined;
  if (!isObject(from) || !isObject(to)) return to ?? null;
  const patch: Record<string, Json> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const changed =
      to[key] === undefined ? (from[key] === undefined ? undefined : null) : mergePatch(from[key], to[key]);
    if (changed !== undefined) patch[key] = changed;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/**
 * The body of the status patch, with the uid and the resourceVersion it is based on: the API server refuses it (409) where the
 * object was replaced or written in between. Fields that this version does not know are left alone.
 */
export function statusPatch(
  { metadata, status = {} }: RegistryPushCheck,
  next: RegistryPushCheckStatus,
): unknown {
  const { uid, resourceVersion } = metadata;
  const owned = Object.fromEntries(Object.entries(status).filter(([key]) => isOwnField(key)));
  return { metadata: { uid, resourceVersion }, status: mergePatch(owned, next) ?? {} };
}
