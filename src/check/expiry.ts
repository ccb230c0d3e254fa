import { parseJson } from '../json.ts';
import type { Login } from '../registry/login.ts';
import { timestamp } from '../text.ts';

/** When a login runs out, and how that is known. */
export interface Expiry {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly source: ExpirySource;
}

/**
 * - `JWT`: the password or token is a JSON Web Token with the claim `exp` (RFC 7519, section 4.1.4).
 * - `ECRPassword`: the password is one of Amazon ECR, which has its end in it.
 * - `SecretKey`: the Secret's key `expiresAt` or `expires_at`.
 * - `Annotation`: the Secret's annotation.
 */
export type ExpirySource = 'JWT' | 'ECRPassword' | 'SecretKey' | 'Annotation';

/** Times before 2000 and after 9999 are typing errors, and no RFC 3339. */
const RANGE_MS = { least: Date.UTC(2000, 0, 1), most: Date.UTC(9999, 11, 31) } as const;

/** Longest password that is looked into, in characters. */
const MAX_LENGTH = 64 * 1024;

/** The end that a login has in itself. What is signed is not verified: it is our own Secret, and a wrong end changes words only. */
export function expiryOf(login: Login): Expiry | undefined {
  const text = (login.kind === 'password' ? login.password : login.token).reveal();
  if (text.length > MAX_LENGTH) return undefined;
  return found(jwtEnd(text), 'JWT') ?? found(ecrEnd(text), 'ECRPassword');
}

function found(seconds: unknown, source: ExpirySource): Expiry | undefined {
  const atMs = typeof seconds === 'number' ? inRange(seconds * 1000) : undefined;
  return atMs === undefined ? undefined : { atMs, source };
}

function inRange(ms: number): number | undefined {
  return ms >= RANGE_MS.least && ms <= RANGE_MS.most ? ms : undefined;
}

function jwtEnd(text: string): unknown {
  const parts = text.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]*$/.test(part))) return undefined;
  const [header, claims] = parts.slice(0, 2).map((part) => parseJson(decode(part, 'base64url')));
  return header === undefined || claims === undefined ? undefined : own(claims, 'exp');
}

/** An ECR password is base64 of an object with `payload`, `datakey`, `version`, `type` and `expiration` (seconds). */
function ecrEnd(text: string): unknown {
  const value = /^[A-Za-z0-9+/=]+$/.test(text) ? parseJson(decode(text, 'base64')) : undefined;
  if (value === undefined || typeof own(value, 'payload') !== 'string') return undefined;
  return own(value, 'expiration');
}

function decode(text: string, encoding: 'base64' | 'base64url'): string {
  return Buffer.from(text, encoding).toString('utf8');
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** A time as people state it (RFC 3339) or as External Secrets writes it (seconds since the epoch), in milliseconds. */
export function parseTime(text: string): number | undefined {
  if (/^\d{9,11}$/.test(text)) return inRange(Number(text) * 1000);
  if (!RFC_3339.test(text)) return undefined;
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? undefined : inRange(ms);
}

/** When the login ran out, as a timestamp; undefined where it has not, or where nothing says so. */
export function expiredAt(
  login: { readonly expiry: Expiry | undefined } | undefined,
  nowMs: number,
): string | undefined {
  const atMs = login?.expiry?.atMs;
  return atMs === undefined || atMs > nowMs ? undefined : timestamp(atMs);
}
