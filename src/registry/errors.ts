import { isObject, parseJson } from '../json.ts';

/** Error codes of the distribution specification, and three that registries commonly add. */
export const ERROR_CODES = [
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
  'DENIED',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'TOOMANYREQUESTS',
  'UNAUTHORIZED',
  'UNAVAILABLE',
  'UNKNOWN',
  'UNSUPPORTED',
] as const;

/** A code of the closed list {@link ERROR_CODES} (distribution-spec v1.1, "Error Codes"). */
export type ErrorCode = (typeof ERROR_CODES)[number];

const KNOWN = new Set<string>(ERROR_CODES);

/**
 * The known codes in an error body, at most three, without repetition. Reads the specification's
 * `{"errors":[{"code":…}]}` and the bare error object that zot sends; anything else gives none.
 */
export function parseErrorCodes(body: string): ErrorCode[] {
  const parsed = parseJson(body);
  const list = Array.isArray(parsed?.['errors']) ? (parsed['errors'] as unknown[]) : [parsed];
  const codes = new Set<ErrorCode>();
  for (const entry of list.slice(0, 16)) {
    const code = isObject(entry) ? entry['code'] : undefined;
    if (typeof code === 'string' && isKnown(code)) codes.add(code);
  }
  return [...codes].slice(0, 3);
}

function isKnown(code: string): code is ErrorCode {
  return KNOWN.has(code);
}

/** Whether a body is one error object without the specification's list, as zot's answer to who has no login. */
export function isBareError(body: string): boolean {
  const parsed = parseJson(body);
  return isObject(parsed) && typeof parsed['code'] === 'string' && !Object.hasOwn(parsed, 'errors');
}
