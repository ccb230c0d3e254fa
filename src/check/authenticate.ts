import { realmProblem, type TokenHost } from '../registry/binding.ts';
import { parseChallenges, type Challenge } from '../registry/challenge.ts';
import type { Response } from '../registry/http.ts';
import {
  authorizationOf,
  basic,
  bearer,
  type Login,
  type PasswordLogin,
  type TokenLogin,
} from '../registry/login.ts';
import { shownOrigin, type Registry } from '../registry/origin.ts';
import type { Secret } from '../registry/secret.ts';
import { deleteScope, grantedActions, parseToken, pushScope, realmOf, tokenUrl } from '../registry/token.ts';
import { pingUrl } from '../registry/upload.ts';
import type { Exchange } from './exchange.ts';
import type { LoginState, Observation } from './observation.ts';

/** What authentication works on. */
export interface Applicant {
  readonly registry: Registry;
  readonly repository: string;
  readonly login: Login | undefined;
  readonly tokenHosts: readonly TokenHost[];
}

/** A token service that the registry named, and the login that may be sent to it: never a token of the registry's. */
export interface TokenService {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly login: PasswordLogin | undefined;
}

/** How further requests are authorized. */
export interface Access {
  readonly kind: 'access';
  readonly authorization: Secret | undefined;
  readonly scheme: 'bearer' | 'basic' | undefined;
  readonly login: LoginState;
  /** Where the token came from; undefined with Basic. */
  readonly tokens: TokenService | undefined;
  /** Actions that the token names on the repository, where it can be read. */
  readonly granted: readonly string[] | undefined;
}

/** The token service gave a good login no token to push with. It may give one for something else. */
export interface Denied {
  readonly kind: 'denied';
  readonly observation: Observation;
  readonly tokens: TokenService;
}

/** Schemes that are named in messages (IANA, HTTP Authentication Schemes); others are the registry's own words. */
const KNOWN_SCHEMES = [
  'Negotiate',
  'NTLM',
  'Digest',
  'DPoP',
  'OAuth',
  'Mutual',
  'HOBA',
  'GNAP',
  'AWS4-HMAC-SHA256',
];

/** Answers a registry's challenges: Bearer before Basic. Gives access, or the observation that ends the probe. */
export async function authenticate(
  response: Response,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Access | Denied | Observation> {
  const challenges = parseChallenges(response.challenges);
  const bearerChallenge = challenges.find(({ scheme }) => scheme === 'bearer');
  if (applicant.login?.kind === 'token' && bearerChallenge !== undefined)
    return withToken(applicant.login, applicant.repository);
  if (bearerChallenge !== undefined) return withBearer(bearerChallenge, applicant, exchange);
  if (challenges.some(({ scheme }) => scheme === 'basic')) return withBasic(applicant, exchange);
  const named = KNOWN_SCHEMES.filter((known) =>
    challenges.some(({ scheme }) => scheme === known.toLowerCase()),
  );
  const schemes = named.length === 0 && challenges.length > 0 ? ['an unknown scheme'] : named;
  return { kind: 'SchemeUnsupported', schemes };
}

async function withBasic({ login, registry }: Applicant, exchange: Exchange): Promise<Access | Observation> {
  if (login === undefined) return { kind: 'LoginWanted' };
  if (login.kind === 'token') return { kind: 'PasswordWanted' };
  const authorization = basic(login);
  const answer = await exchange.ask('login', { method: 'GET', url: pingUrl(registry), authorization });
  if (answer.kind !== 'response') return answer;
  if (answer.status !== 200) return { kind: 'LoginRefused', answer: exchange.answerOf(answer) };
  return {
    kind: 'access',
    authorization,
    scheme: 'basic',
    login: 'proven',
    tokens: undefined,
    granted: undefined,
  };
}

/** A token of the Secret's own goes to the registry as it is; the token service that the registry names is not asked. */
function withToken({ token }: TokenLogin, repository: string): Access {
  return {
    kind: 'access',
    authorization: bearer(token),
    scheme: 'bearer',
    login: 'unknown',
    tokens: undefined,
    granted: grantedActions(token, repository),
  };
}

async function withBearer(
  challenge: Challenge,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Access | Denied | Observation> {
  const realm = realmOf(challenge);
  if (realm === undefined) return { kind: 'RealmNotTrusted', why: 'malformed', realm: undefined };
  const why = realmProblem(applicant.registry, realm, applicant.tokenHosts);
  if (why !== undefined) return { kind: 'RealmNotTrusted', why, realm: shownOrigin(realm) };
  const login = applicant.login?.kind === 'password' ? applicant.login : undefined;
  const tokens: TokenService = { realm, service: challenge.params.get('service'), login };
  const scope = pushScope(applicant.repository);
  const answer = await exchange.ask('token', tokenRequest(tokens, scope));
  if (answer.kind !== 'response') return answer;
  if (answer.status !== 200) return deny(answer, tokens, exchange);
  const token = parseToken(answer.body);
  if (typeof token === 'string') return { kind: 'TokenUnusable', problem: token, realm: shownOrigin(realm) };
  return {
    kind: 'access',
    authorization: bearer(token),
    scheme: 'bearer',
    login: login === undefined ? 'none' : 'unknown',
    tokens,
    granted: grantedActions(token, applicant.repository),
  };
}

async function deny(
  response: Response,
  tokens: TokenService,
  exchange: Exchange,
): Promise<Denied | Observation> {
  const answer = exchange.answerOf(response);
  const refused = answer.status === 401 || answer.status === 403;
  const realm = shownOrigin(tokens.realm);
  if (tokens.login === undefined)
    return refused ? { kind: 'LoginWanted' } : { kind: 'TokenDenied', answer, login: 'none', realm };
  const state = refused ? await proveLogin(tokens, tokens.login, exchange) : 'unknown';
  const observation: Observation = { kind: 'TokenDenied', answer, login: state, realm };
  return state === 'proven' ? { kind: 'denied', observation, tokens } : observation;
}

/**
 * Asks the token service once without a scope: that proves or disproves the login alone, and creates nothing.
 * A token granted *with* a scope proves nothing: some services give one to anybody.
 */
export async function proveLogin(
  tokens: TokenService,
  login: PasswordLogin,
  exchange: Exchange,
): Promise<LoginState> {
  const answer = await exchange.ask('token', tokenRequest({ ...tokens, login }, undefined));
  if (answer.kind !== 'response') return 'unknown';
  if (answer.status === 401) return 'disproven';
  const token = answer.status === 200 ? parseToken(answer.body) : 'no-token';
  return typeof token === 'string' || echoes(token, login) ? 'unknown' : 'proven';
}

/** Shorter passwords could stand in a token by chance. */
const ECHO_LENGTH = 8;

/** A service that wraps what it was given into a token has looked at nothing (GHCR's does so). */
function echoes(token: Secret, { password }: PasswordLogin): boolean {
  const text = token.reveal();
  const sought = password.reveal();
  if (sought.length < ECHO_LENGTH) return false;
  return [text, Buffer.from(text, 'base64').toString('utf8')].some((form) => form.includes(sought));
}

/**
 * Asks the registry itself whether it takes a token of the Secret's own: without one it had wanted a login. What it may push is
 * not asked.
 */
export async function proveToken(
  login: TokenLogin,
  registry: Registry,
  exchange: Exchange,
): Promise<LoginState> {
  const authorization = authorizationOf(login);
  const answer = await exchange.ask('login', { method: 'GET', url: pingUrl(registry), authorization });
  if (answer.kind !== 'response') return 'unknown';
  if (answer.status === 200) return 'proven';
  return answer.status === 401 ? 'disproven' : 'unknown';
}

/** A token that may cancel an upload session, or undefined where none is given. */
export async function deleteToken(
  tokens: TokenService,
  { repository }: Applicant,
  exchange: Exchange,
): Promise<Secret | undefined> {
  const answer = await exchange.ask('token', tokenRequest(tokens, deleteScope(repository)));
  if (answer.kind !== 'response' || answer.status !== 200) return undefined;
  const token = parseToken(answer.body);
  return typeof token === 'string' ? undefined : bearer(token);
}

/** The request for a token with this scope, or for none: then it proves the login alone. */
export function tokenRequest(
  { realm, service, login }: TokenService,
  scope: string | undefined,
): { readonly method: 'GET'; readonly url: URL; readonly authorization: Secret | undefined } {
  return {
    method: 'GET',
    url: tokenUrl(realm, service, scope),
    authorization: login === undefined ? undefined : basic(login),
  };
}
