import { realmProblem, type TokenHost } from '../registry/binding.ts';
import { parseChallenges, type Challenge } from '../registry/challenge.ts';
import type { Response } from '../registry/http.ts';
import { basic, bearer, type Login } from '../registry/login.ts';
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

/** A token service that the registry named and that the login may be sent to. */
export interface TokenService {
  readonly realm: URL;
  readonly service: string | undefined;
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
): Promise<Access | Observation> {
  const challenges = parseChallenges(response.challenges);
  const bearerChallenge = challenges.find(({ scheme }) => scheme === 'bearer');
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

async function withBearer(
  challenge: Challenge,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Access | Observation> {
  const realm = realmOf(challenge);
  if (realm === undefined) return { kind: 'RealmNotTrusted', why: 'malformed', realm: undefined };
  const why = realmProblem(applicant.registry, realm, applicant.tokenHosts);
  if (why !== undefined) return { kind: 'RealmNotTrusted', why, realm: shownOrigin(realm) };
  const tokens: TokenService = { realm, service: challenge.params.get('service') };
  const scope = pushScope(applicant.repository);
  const answer = await exchange.ask('token', tokenRequest(tokens, scope, applicant.login));
  if (answer.kind !== 'response') return answer;
  if (answer.status !== 200) return deny(answer, tokens, applicant, exchange);
  const token = parseToken(answer.body);
  if (typeof token === 'string') return { kind: 'TokenUnusable', problem: token };
  return {
    kind: 'access',
    authorization: bearer(token),
    scheme: 'bearer',
    login: applicant.login === undefined ? 'none' : 'unknown',
    tokens,
    granted: grantedActions(token, applicant.repository),
  };
}

async function deny(
  response: Response,
  tokens: TokenService,
  { login }: Applicant,
  exchange: Exchange,
): Promise<Observation> {
  const answer = exchange.answerOf(response);
  const refused = answer.status === 401 || answer.status === 403;
  if (login === undefined)
    return refused ? { kind: 'LoginWanted' } : { kind: 'TokenDenied', answer, login: 'none' };
  const state = refused ? await proveLogin(tokens, login, exchange) : 'unknown';
  return { kind: 'TokenDenied', answer, login: state };
}

/**
 * Asks the token service once without a scope: that proves or disproves the login alone, and creates nothing.
 * A token granted *with* a scope proves nothing: some services give one to anybody.
 */
export async function proveLogin(
  tokens: TokenService,
  login: Login,
  exchange: Exchange,
): Promise<LoginState> {
  const answer = await exchange.ask('token', tokenRequest(tokens, undefined, login));
  if (answer.kind !== 'response') return 'unknown';
  if (answer.status === 401) return 'disproven';
  const token = answer.status === 200 ? parseToken(answer.body) : 'no-token';
  return typeof token === 'string' || echoes(token, login) ? 'unknown' : 'proven';
}

/** Shorter passwords could stand in a token by chance. */
const ECHO_LENGTH = 8;

/** A service that wraps what it was given into a token has looked at nothing (GHCR's does so). */
function echoes(token: Secret, { password }: Login): boolean {
  const text = token.reveal();
  const sought = password.reveal();
  if (sought.length < ECHO_LENGTH) return false;
  return [text, Buffer.from(text, 'base64').toString('utf8')].some((form) => form.includes(sought));
}

/** A token that may cancel an upload session, or undefined where none is given. */
export async function deleteToken(
  tokens: TokenService,
  { login, repository }: Applicant,
  exchange: Exchange,
): Promise<Secret | undefined> {
  const answer = await exchange.ask('token', tokenRequest(tokens, deleteScope(repository), login));
  if (answer.kind !== 'response' || answer.status !== 200) return undefined;
  const token = parseToken(answer.body);
  return typeof token === 'string' ? undefined : bearer(token);
}

function tokenRequest(
  { realm, service }: TokenService,
  scope: string | undefined,
  login: Login | undefined,
): { readonly method: 'GET'; readonly url: URL; readonly authorization: Secret | undefined } {
  return {
    method: 'GET',
    url: tokenUrl(realm, service, scope),
    authorization: login === undefined ? undefined : basic(login),
  };
}
