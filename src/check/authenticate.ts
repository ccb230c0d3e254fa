import { realmProblem, type TokenHost } from '../registry/binding.ts';
import { parseChallenges, type Challenge } from '../registry/challenge.ts';
import type { Response } from '../registry/http.ts';
import { basic, bearer, passwordOf, type Login, type TokenLogin } from '../registry/login.ts';
import { shownOrigin, type Registry } from '../registry/origin.ts';
import type { Secret } from '../registry/secret.ts';
import {
  deleteScope,
  grantedActions,
  isInvalidGrant,
  parseToken,
  pullScope,
  pushScope,
  realmOf,
} from '../registry/token.ts';
import { pingUrl } from '../registry/upload.ts';
import { creatingOf, type Creating } from './creating.ts';
import type { Exchange } from './exchange.ts';
import { lookFor } from './look.ts';
import type { Answer, LoginState, Observation } from './observation.ts';
import { requestToken, takesNoForms, type ServiceLogin, type TokenService } from './token-request.ts';

/** What authentication works on. */
export interface Applicant {
  readonly registry: Registry;
  readonly repository: string;
  readonly login: Login | undefined;
  /** Whether the login may be used for another repository of the registry, too. */
  readonly isFor: (repository: string) => boolean;
  readonly tokenHosts: readonly TokenHost[];
  /** Whether asking may create the repository. */
  readonly mayCreate: boolean;
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

/** The token service gave no token to push with, not because of the login as far as is known. It may give one for something else. */
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

/**
 * Answers a registry's challenges: Bearer before Basic. Gives access, or the observation that ends the probe.
 * @param to the request that was challenged: whether the registry is closed for a ping without a login
 */
export async function authenticate(
  response: Response,
  to: 'ping' | 'upload',
  applicant: Applicant,
  exchange: Exchange,
): Promise<Access | Denied | Observation> {
  const challenges = parseChallenges(response.challenges);
  const bearerChallenge = challenges.find(({ scheme }) => scheme === 'bearer');
  if (applicant.login?.kind === 'token' && bearerChallenge !== undefined)
    return withToken(applicant.login, applicant.repository);
  const basicToo = challenges.some(({ scheme }) => scheme === 'basic');
  if (bearerChallenge !== undefined) {
    const basicAt = basicToo && to === 'ping' ? applicant.registry : undefined;
    const creating = applicant.mayCreate ? undefined : creatingOf(response, challenges);
    return withBearer(bearerChallenge, basicAt, creating, applicant, exchange);
  }
  if (basicToo) return withBasic(applicant, exchange);
  const named = KNOWN_SCHEMES.filter((known) =>
    challenges.some(({ scheme }) => scheme === known.toLowerCase()),
  );
  const schemes = named.length === 0 && challenges.length > 0 ? ['an unknown scheme'] : named;
  return { kind: 'SchemeUnsupported', schemes };
}

async function withBasic({ login, registry }: Applicant, exchange: Exchange): Promise<Access | Observation> {
  if (login === undefined) return { kind: 'LoginWanted' };
  const password = passwordOf(login);
  if (password === undefined)
    return { kind: 'PasswordWanted', ...(login.kind === 'identity' ? { identity: true } : {}) };
  const authorization = basic(password);
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
  basicAt: Registry | undefined,
  creating: Creating | undefined,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Access | Denied | Observation> {
  const realm = realmOf(challenge);
  if (realm === undefined) return { kind: 'RealmNotTrusted', why: 'malformed', realm: undefined };
  const why = realmProblem(applicant.registry, realm, applicant.tokenHosts);
  if (why !== undefined) return { kind: 'RealmNotTrusted', why, realm: shownOrigin(realm) };
  const login = applicant.login?.kind === 'token' ? undefined : applicant.login;
  const named: TokenService = { realm, service: challenge.params.get('service'), login };
  const { repository } = applicant;
  const get = (scope: string, tokens: TokenService): Promise<Access | Denied | Observation> =>
    accessWith(scope, tokens, basicAt, repository, exchange);
  // Nobody creates anything without a login.
  if (creating?.at !== 'token' || login === undefined) return get(pushScope(repository), named);
  const reader = await get(pullScope(repository), named);
  if (reader.kind !== 'access') return reader;
  const end = await lookFor(creating, reader.authorization, reader.login, applicant, exchange);
  const tokens = reader.tokens ?? named;
  // A pull may be asked for all the same.
  if (end?.kind === 'RepositoryMissing') return { kind: 'denied', observation: end, tokens };
  if (end?.kind !== 'response') return end ?? get(pushScope(repository), tokens);
  return { kind: 'UploadRefused', answer: exchange.answerOf(end), login: reader.login, granted: undefined };
}

/** A token with this scope, and how it authorizes further requests. */
async function accessWith(
  scope: string,
  named: TokenService,
  basicAt: Registry | undefined,
  repository: string,
  exchange: Exchange,
): Promise<Access | Denied | Observation> {
  const { answer, tokens } = await requestToken(named, scope, exchange, 'token');
  if (answer.kind !== 'response') return answer;
  if (takesNoForms(answer, tokens)) return { kind: 'PasswordWanted', identity: true };
  if (answer.status !== 200) return deny(answer, tokens, basicAt, exchange);
  const token = parseToken(answer.body);
  if (typeof token === 'string')
    return { kind: 'TokenUnusable', problem: token, realm: shownOrigin(tokens.realm) };
  return {
    kind: 'access',
    authorization: bearer(token),
    scheme: 'bearer',
    login: tokens.login === undefined ? 'none' : 'unknown',
    tokens,
    granted: grantedActions(token, repository),
  };
}

/** `basicAt`: the registry, where a Basic login proves itself there. */
async function deny(
  response: Response,
  tokens: TokenService,
  basicAt: Registry | undefined,
  exchange: Exchange,
): Promise<Denied | Observation> {
  const answer = answerOfService(response, tokens, exchange);
  const refused = answer.status === 401 || answer.status === 403;
  const realm = shownOrigin(tokens.realm);
  if (tokens.login === undefined)
    return refused && answer.phrase === undefined
      ? { kind: 'LoginWanted' }
      : { kind: 'TokenDenied', answer, login: 'none', realm };
  // What is said in words needs no proof, and a login that was refused in words gets no second try: it may be counted.
  const said = answer.phrase !== undefined;
  const prove = refused && !said;
  const state = refusesLogin(response, tokens.login)
    ? 'disproven'
    : prove
      ? await proveRefused(tokens, tokens.login, basicAt, exchange)
      : 'unknown';
  const observation: Observation = { kind: 'TokenDenied', answer, login: state, realm };
  return state === 'proven' || said ? { kind: 'denied', observation, tokens } : observation;
}

/** GitLab bans an address after many wrong logins, with a single word (rack-attack); its other refusals are JSON. */
function answerOfService(response: Response, { realm }: TokenService, exchange: Exchange): Answer {
  const answer = exchange.answerOf(response);
  const banned =
    answer.status === 403 && realm.pathname.endsWith('/jwt/auth') && response.body.trim() === 'Forbidden';
  return banned ? { ...answer, phrase: 'blocked' } : answer;
}

/**
 * Gitea's token service refuses a good access token that has no scope for packages, whatever is asked for; the registry itself
 * takes it, by Basic.
 */
function proveRefused(
  tokens: TokenService,
  login: ServiceLogin,
  basicAt: Registry | undefined,
  exchange: Exchange,
): Promise<LoginState> {
  const password = login.kind === 'password' ? login : undefined;
  return basicAt === undefined || password === undefined
    ? proveLogin(tokens, login, exchange)
    : proveAt(basic(password), basicAt, exchange);
}

/**
 * Asks the token service once without a scope: that proves or disproves the login alone, and creates nothing.
 * A token granted *with* a scope proves nothing: some services give one to anybody.
 */
export async function proveLogin(
  tokens: TokenService,
  login: ServiceLogin,
  exchange: Exchange,
): Promise<LoginState> {
  const { answer } = await requestToken({ ...tokens, login }, undefined, exchange, 'token');
  if (answer.kind !== 'response') return 'unknown';
  if (answer.status === 401 || refusesLogin(answer, login)) return 'disproven';
  const token = answer.status === 200 ? parseToken(answer.body) : 'no-token';
  return typeof token === 'string' || echoes(token, login) ? 'unknown' : 'proven';
}

/** OAuth2 says by a 400 what Basic says by a 401. */
function refusesLogin({ status, body }: Response, { kind }: ServiceLogin): boolean {
  return kind === 'identity' && status === 400 && isInvalidGrant(body);
}

/** Shorter passwords could stand in a token by chance. */
const ECHO_LENGTH = 8;

/** A service that wraps what it was given into a token has looked at nothing (GHCR's does so). */
function echoes(token: Secret, login: ServiceLogin): boolean {
  const text = token.reveal();
  const sought = (login.kind === 'identity' ? login.token : login.password).reveal();
  if (sought.length < ECHO_LENGTH) return false;
  return [text, Buffer.from(text, 'base64').toString('utf8')].some((form) => form.includes(sought));
}

/**
 * Asks the registry itself whether it takes a login: proven only where it had wanted one without. What the login may push is not
 * asked.
 */
export async function proveAt(
  authorization: Secret,
  registry: Registry,
  exchange: Exchange,
): Promise<LoginState> {
  const answer = await exchange.ask('login', { method: 'GET', url: pingUrl(registry), authorization });
  if (answer.kind !== 'response') return 'unknown';
  if (answer.status === 200 && !exchange.answerOf(answer).html) return 'proven';
  return answer.status === 401 ? 'disproven' : 'unknown';
}

/** A token that may cancel an upload session, or undefined where none is given. */
export async function deleteToken(
  tokens: TokenService,
  { repository }: Applicant,
  exchange: Exchange,
): Promise<Secret | undefined> {
  const { answer } = await requestToken(tokens, deleteScope(repository), exchange, 'token');
  if (answer.kind !== 'response' || answer.status !== 200) return undefined;
  const token = parseToken(answer.body);
  return typeof token === 'string' ? undefined : bearer(token);
}
