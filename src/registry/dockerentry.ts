import { isObject } from '../json.ts';
import { identityLogin, passwordLogin, tokenLogin, type Login } from './login.ts';

/** The login of one entry of `auths`. */
export interface EntryLogin {
  readonly login: Login;
  /** `auth` says something else than `username` and `password`. */
  readonly conflicting: boolean;
}

const FIELDS = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const;

const IN_IDENTITY = ' in "identitytoken"';

/** Whether an entry has nothing of a login in it: what docker leaves of one that its credential helper keeps. */
export function isWithoutLogin(entry: unknown): boolean {
  return isObject(entry) && !FIELDS.some((name) => Object.hasOwn(entry, name) && entry[name] !== '');
}

/**
 * The login of one entry, or what is wrong with it: a sentence that goes on after "the entry …". `registrytoken` before
 * `identitytoken` before `auth` before `username` and `password`, as the clients that push take them.
 */
export function readEntry(entry: unknown): EntryLogin | string {
  if (!isObject(entry)) return 'must be an object with auth, or with username and password';
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(entry, name) ? entry[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const odd = FIELDS.find((name) => Object.hasOwn(entry, name) && text(name) === undefined);
  if (odd !== undefined) return `has a field "${odd}" that is not a string`;
  const [auth = '', username = '', password = '', identityToken = '', registryToken = ''] = FIELDS.map(text);
  if (registryToken !== '') return found(tokenLogin(registryToken, ' in "registrytoken"'), false);
  const decoded = auth === '' ? { username, password } : decodeAuth(auth);
  if (typeof decoded === 'string') return decoded;
  // Beside an identity token docker leaves a user name without a password.
  if (decoded.password === '' && identityToken !== '')
    return found(identityLogin(identityToken, undefined, IN_IDENTITY), false);
  if (decoded.username === '' && decoded.password === '') return 'has neither auth nor username and password';
  const where = auth === '' ? ' in username and password' : ' in "auth"';
  const login = passwordLogin(decoded.username, decoded.password, where);
  const conflicting = differs(decoded, username, password);
  if (typeof login === 'string' || identityToken === '') return found(login, conflicting);
  return found(identityLogin(identityToken, login, IN_IDENTITY), conflicting);
}

function found(login: Login | string, conflicting: boolean): EntryLogin | string {
  return typeof login === 'string' ? login : { login, conflicting };
}

interface Pair {
  readonly username: string;
  readonly password: string;
}

/** A field that is left out says nothing. */
function differs(used: Pair, username: string, password: string): boolean {
  return (username !== '' && username !== used.username) || (password !== '' && password !== used.password);
}

/**
 * `auth` is base64 of `username:password`, split at the first colon; strict, padding included: the container runtimes
 * refuse anything else, and a repaired text misleads.
 */
function decodeAuth(auth: string): Pair | string {
  if (/\s/.test(auth)) return 'has an "auth" with white space or a line break in it';
  const bytes = Buffer.from(auth, 'base64');
  if (bytes.toString('base64') !== auth) return 'has an "auth" that is not base64';
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'has an "auth" that does not decode to UTF-8 text';
  }
  const colon = decoded.indexOf(':');
  if (colon < 0) return 'has an "auth" without a colon: it must be base64 of username:password';
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
