import { parseJson } from '../json.ts';
import type { Challenge } from './challenge.ts';
import { Secret } from './secret.ts';

/** Longest token that is sent on, in characters. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/** Longest realm that is read, in characters. */
const MAX_REALM_LENGTH = 2048;

/** The scope of a push to `repository` (distribution token scope: `repository:<name>:<actions>`). */
export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

/** The scope of a pull from `repository`. */
export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

/** The scope that the cancel of an upload session may need: asked for only after a refusal. */
export function deleteScope(repository: string): string {
  return `repository:${repository}:delete`;
}

/** The realm of a Bearer challenge as a URL, or undefined where it is no absolute http(s) URL. */
export function realmOf(challenge: Challenge): URL | undefined {
  const text = challenge.params.get('realm') ?? '';
  if (text.length > MAX_REALM_LENGTH || !/^https?:\/\//i.test(text)) return undefined;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/**
 * The URL of a token request (distribution "Token Authentication Specification"). The scope is ours: what the
 * challenge or the realm's own query proposes is not looked at. Without `scope` the request only proves the login.
 */
export function tokenUrl(realm: URL, service: string | undefined, scope: string | undefined): URL {
  const url = new URL(realm);
  url.hash = '';
  url.searchParams.delete('scope');
  if (service !== undefined && service !== '') url.searchParams.set('service', service);
  if (scope !== undefined) url.searchParams.set('scope', scope);
  return url;
}

/** Why a 200 of a token service holds no usable token. */
export type TokenProblem = 'not-json' | 'no-token' | 'malformed-token';

/** The token in a token service's answer: `token` or `access_token`, whichever is filled. */
export function parseToken(body: string): Secret | TokenProblem {
  const parsed = parseJson(body);
  if (parsed === undefined) return 'not-json';
  const filled = [own(parsed, 'token'), own(parsed, 'access_token')].find((v) => v !== undefined && v !== '');
  if (filled === undefined) return 'no-token';
  if (typeof filled !== 'string' || filled.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(filled)) {
    return 'malformed-token';
  }
  return new Secret(filled);
}

/** Whether a token service says that the identity token itself is no good (RFC 6749, section 5.2). */
export function isInvalidGrant(body: string): boolean {
  const parsed = parseJson(body);
  return parsed !== undefined && own(parsed, 'error') === 'invalid_grant';
}

/**
 * The actions that a JWT grants on `repository`, decoded but not verified, and undefined where the token is opaque or
 * has no list. A hint for wording, never a verdict: some registries' lists are wrong.
 */
export function grantedActions(token: Secret, repository: string): readonly string[] | undefined {
  const payload = token.reveal().split('.')[1];
  const claims =
    payload === undefined ? undefined : parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  const access = claims === undefined ? undefined : own(claims, 'access');
  if (!Array.isArray(access)) return undefined;
  const actions = access.slice(0, 64).flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { type, name, actions: list } = entry as { type?: unknown; name?: unknown; actions?: unknown };
    return type === 'repository' && name === repository && Array.isArray(list) ? (list as unknown[]) : [];
  });
  return ['pull', 'push', 'delete'].filter((action) => actions.includes(action) || actions.includes('*'));
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
