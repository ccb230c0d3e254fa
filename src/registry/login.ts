import { Secret } from './secret.ts';

/** What a Secret gives to log in with. */
export type Login = PasswordLogin | TokenLogin | IdentityLogin;

/** A user name with its password or access token. The name is not shown either: some registries put tokens there. */
export interface PasswordLogin {
  readonly kind: 'password';
  readonly username: string;
  readonly password: Secret;
}

/** A token for the registry itself. It is no login for a token service: nothing sends it to one. */
export interface TokenLogin {
  readonly kind: 'token';
  readonly token: Secret;
}

/** An identity token: a token service gives tokens for it, and nothing else takes it. */
export interface IdentityLogin {
  readonly kind: 'identity';
  readonly token: Secret;
  /** The password that stands beside it, for services that do not take identity tokens. */
  readonly beside: PasswordLogin | undefined;
}

/** The Authorization header value of a login (RFC 7617: UTF-8, base64). */
export function basic(login: PasswordLogin): Secret {
  return new Secret(
    `Basic ${Buffer.from(`${login.username}:${login.password.reveal()}`, 'utf8').toString('base64')}`,
  );
}

/** The Authorization header value of a token (RFC 6750, section 2.1). */
export function bearer(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`);
}

/** The Authorization header value of a login for the registry itself; undefined where it has none for it. */
export function authorizationOf(login: Login): Secret | undefined {
  if (login.kind === 'token') return bearer(login.token);
  const password = passwordOf(login);
  return password && basic(password);
}

/** The user name and password of a login, where it has them. */
export function passwordOf(login: Login): PasswordLogin | undefined {
  if (login.kind === 'identity') return login.beside;
  return login.kind === 'password' ? login : undefined;
}

/**
 * A login with a password, or what is wrong with it: a sentence that goes on after "the entry …" or "it". Nothing is trimmed or
 * repaired: a repaired password misleads.
 * @param where where the two stand, such as ` in "auth"`
 */
export function passwordLogin(username: string, password: string, where: string): PasswordLogin | string {
  if (username === '') return `has an empty user name${where}`;
  if (password === '') return `has an empty password${where}`;
  if (username.includes(':')) return `has a colon in the user name${where}`;
  const problem =
    charactersProblem(username, `user name${where}`) ?? charactersProblem(password, `password${where}`);
  return problem ?? { kind: 'password', username, password: new Secret(password) };
}

/** Longest token that is read, in characters. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/** A login with a token, or what is wrong with it, like {@link passwordLogin}. */
export function tokenLogin(token: string, where: string): TokenLogin | string {
  const problem = tokenProblem(token, where);
  return problem ?? { kind: 'token', token: new Secret(token) };
}

/** An identity token with the password beside it, or what is wrong with it, like {@link passwordLogin}. */
export function identityLogin(
  token: string,
  beside: PasswordLogin | undefined,
  where: string,
): IdentityLogin | string {
  const problem = tokenProblem(token, where);
  return problem ?? { kind: 'identity', token: new Secret(token), beside };
}

function tokenProblem(token: string, where: string): string | undefined {
  if (token === '') return `has an empty token${where}`;
  if (token.length > MAX_TOKEN_LENGTH)
    return `has a token${where} of ${token.length} characters, too long for one`;
  const problem = charactersProblem(token, `token${where}`);
  if (problem !== undefined) return problem;
  return /^[\x21-\x7e]+$/.test(token)
    ? undefined
    : `has a token${where} with a space or a letter outside ASCII, which no token has`;
}

function charactersProblem(text: string, what: string): string | undefined {
  if (/[\r\n]$/.test(text))
    return `has a ${what} that ends with a line break: encode it with printf, not echo`;
  if (!text.isWellFormed()) return `has a ${what} with broken Unicode`;
  const at = text.search(/\p{Cc}/u);
  if (at < 0) return undefined;
  const code = text.charCodeAt(at);
  const byte = code.toString(16).padStart(2, '0');
  const name = code < 0x80 ? `byte 0x${byte}` : `character U+00${byte.toUpperCase()}`;
  const place = at === 0 ? 'start' : at === text.length - 1 ? 'end' : 'middle';
  return `has the control ${name} at the ${place} of the ${what}`;
}
