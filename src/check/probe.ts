import { startDeadline, type Clock } from '../clock.ts';
import type { TokenHost } from '../registry/binding.ts';
import { parseChallenges } from '../registry/challenge.ts';
import type { Connection } from '../registry/connection.ts';
import { createSend, type Response } from '../registry/http.ts';
import { authorizationOf, bearer } from '../registry/login.ts';
import type { TlsExtras } from '../registry/pem.ts';
import type { ManifestName } from '../registry/manifest.ts';
import { requestName, type Registry } from '../registry/origin.ts';
import { pingUrl, sessionOf, uploadUrl, type Session } from '../registry/upload.ts';
import { authenticate, proveAt, proveLogin } from './authenticate.ts';
import type { Access, Applicant, Denied } from './authenticate.ts';
import { CANCEL_BUDGET_MS, cancelUpload } from './cancel.ts';
import { creatingOf } from './creating.ts';
import type { Credential } from './credential.ts';
import { lookFor } from './look.ts';
import { startExchange, type Exchange } from './exchange.ts';
import type { Answer, LoginState, Observation, Probed, Pulled } from './observation.ts';
import { patientWithUploads } from './patience.ts';
import { recognise } from './recognise.ts';
import { askForManifest } from './pull.ts';
import { createScrub } from './scrub.ts';

/** The question: may this login push to that repository? */
export interface ProbeJob {
  readonly registry: Registry;
  readonly repository: string;
  readonly credential: Credential | undefined;
  /** A manifest that is asked for as well, after the push; undefined where none is. */
  readonly pull: ManifestName | undefined;
  /** Whether asking may create the repository, at registries that are known to do that. Not set, it may not. */
  readonly mayCreate?: boolean | undefined;
  /** Deadline of the whole probe in milliseconds; the cancel of an accepted upload has its own. */
  readonly timeoutMs: number;
}

/** What a probe needs of the world. */
export interface ProbeWorld {
  /** Opens the sockets of one probe of a registry, with what the Secret adds to TLS; `anonymous`: the check names no Secret. */
  readonly open: (registry: Registry, tls: TlsExtras | undefined, anonymous: boolean) => Connection;
  readonly clock: Clock;
  /** Token services that the installation trusts, besides those that the rules allow. */
  readonly tokenHosts: readonly TokenHost[];
}

/**
 * Runs one probe: ping, login, open an upload session, cancel it, and ask for a manifest where the job names one. No image
 * data is ever sent. A refusal or a network failure is an observation.
 * @throws the signal's reason where the caller aborted before the upload was asked for; after that its answer is waited for, the
 * session is cancelled, and what was found out about the push comes back
 */
export async function probe(job: ProbeJob, world: ProbeWorld, signal: AbortSignal): Promise<Probed> {
  const { clock } = world;
  const start = clock.monotonic();
  const connection = world.open(job.registry, job.credential?.tls, job.credential === undefined);
  const scrub = createScrub(patientWithUploads(createSend(connection), clock), job.credential?.login);
  const { send } = scrub;
  const applicant = applicantOf(job, world.tokenHosts);
  using deadline = startDeadline(clock, job.timeoutMs, signal);
  try {
    const exchange = startExchange(send, clock, deadline.signal);
    const ping = await exchange.ask('ping', { method: 'GET', url: pingUrl(applicant.registry) });
    const answered = ping.kind === 'response' ? ping : undefined;
    const product = recognise(job.registry.origin.hostname, answered);
    const { end, scheme, got } =
      ping.kind === 'response' ? await walk(ping, applicant, exchange) : outside(ping, undefined);
    const finish = async (accepted: Accepted): Promise<Observation> => {
      // Neither the probe's deadline nor a shutdown stops the cancel: its own budget does.
      using budget = startDeadline(clock, CANCEL_BUDGET_MS);
      // Without await, the budget would be stopped before the cancel has begun.
      return await settle(accepted, applicant, startExchange(send, clock, budget.signal));
    };
    const observation = end.kind === 'accepted' ? await finish(end) : end;
    const pull =
      job.pull &&
      (await unlessEnded(askForManifest(job.pull, got, observation, applicant, exchange), signal));
    const durationMs = Math.round(clock.monotonic() - start);
    const { certificateEndsMs } = connection;
    return scrub.result({
      observation,
      product,
      pull,
      scheme,
      certificateEndsMs,
      steps: exchange.steps,
      durationMs,
    });
  } catch (error) {
    throw scrub.error(error);
  } finally {
    connection.close();
  }
}

/** The token services that the Secret names are good for its own login, at the registry that it was found for. */
function applicantOf(
  { registry, repository: name, credential, mayCreate = false }: ProbeJob,
  tokenHosts: readonly TokenHost[],
): Applicant {
  const ofSecret = (credential?.tokenHosts ?? []).map((tokenHost) => ({
    registry: registry.host,
    tokenHost,
  }));
  const { login, isFor = () => true } = credential ?? {};
  const repository = requestName(registry, name);
  return { registry, repository, login, isFor, mayCreate, tokenHosts: [...tokenHosts, ...ofSecret] };
}

/** A probe that is ended while it asks for a manifest keeps what it has found out about the push. */
async function unlessEnded(pulling: Promise<Pulled>, signal: AbortSignal): Promise<Pulled | undefined> {
  try {
    return await pulling;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** An upload session that the registry opened: the one thing that has to be undone. */
interface Accepted {
  readonly kind: 'accepted';
  readonly session: Exclude<Session, { readonly kind: 'missing' }>;
  readonly access: Access;
}

interface Walked {
  readonly end: Observation | Accepted;
  readonly scheme: Access['scheme'];
  /** What the push was tried with, or what refused to give it. */
  readonly got: Access | Denied | undefined;
}

/** The end of a walk that did not get to the push. */
function outside(found: Denied | Observation, scheme: Access['scheme']): Walked {
  return found.kind === 'denied'
    ? { end: found.observation, scheme, got: found }
    : { end: found, scheme, got: undefined };
}

async function walk(ping: Response, applicant: Applicant, exchange: Exchange): Promise<Walked> {
  const access = await enter(ping, applicant, exchange);
  if (access.kind !== 'access') return outside(access, undefined);
  const end = await lookBeforeUpload(ping, access, applicant, exchange);
  return end === undefined ? push(access, applicant, exchange) : { end, scheme: access.scheme, got: access };
}

/** Where the upload itself would create the repository: what ends the probe before it, if anything does. */
async function lookBeforeUpload(
  ping: Response,
  access: Access,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Observation | undefined> {
  const creating = applicant.mayCreate ? undefined : creatingOf(ping, parseChallenges(ping.challenges));
  if (creating?.at !== 'upload') return undefined;
  const { authorization, login } = access;
  const end = await lookFor(creating, authorization, login, applicant, exchange);
  return end?.kind === 'response' ? refuse(end, access, applicant, exchange) : end;
}

/** From the answer to the ping to the access that the upload is tried with. */
async function enter(
  ping: Response,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Access | Denied | Observation> {
  if (ping.status === 401) return authenticate(ping, 'ping', applicant, exchange);
  const answer = exchange.answerOf(ping);
  if (answer.status !== 200 || answer.html) return { kind: 'PingRefused', answer };
  const { login } = applicant;
  return {
    kind: 'access',
    // Open for a ping is not open for a push: waiting for a challenge would ask as nobody, so the login goes along.
    authorization: login === undefined ? undefined : authorizationOf(login),
    scheme: undefined,
    login: login === undefined ? 'none' : 'unchecked',
    tokens: undefined,
    granted: undefined,
  };
}

async function push(first: Access, applicant: Applicant, exchange: Exchange): Promise<Walked> {
  const answer = await post(first, applicant, exchange);
  if (answer.kind !== 'response') return { end: answer, scheme: first.scheme, got: first };
  if (!wantsAnotherLogin(answer, first, applicant, exchange))
    return afterUpload(answer, first, applicant, exchange);
  // Who has had a token already has looked.
  const mayCreate = applicant.mayCreate || first.scheme === 'bearer';
  const access = await authenticate(answer, 'upload', { ...applicant, mayCreate }, exchange);
  if (access.kind !== 'access') return outside(access, first.scheme);
  const end = await lookBeforeUpload(answer, access, { ...applicant, mayCreate }, exchange);
  if (end !== undefined) return { end, scheme: access.scheme, got: access };
  const second = await post(access, applicant, exchange);
  if (second.kind !== 'response') return { end: second, scheme: access.scheme, got: access };
  return afterUpload(second, access, applicant, exchange);
}

function post(
  access: Access,
  { registry, repository }: Applicant,
  exchange: Exchange,
): Promise<Response | Observation> {
  const url = uploadUrl(registry, repository);
  return exchange.ask('upload', { method: 'POST', url, authorization: access.authorization });
}

/**
 * One more login where the challenge comes with the upload instead of the ping, or where the fresh token is called
 * invalid. A Basic challenge after a Bearer token is a refusal, and a token of the Secret's own went along already.
 */
function wantsAnotherLogin(
  response: Response,
  access: Access,
  { login }: Applicant,
  exchange: Exchange,
): boolean {
  if (response.status !== 401 || login?.kind === 'token') return false;
  if (access.scheme === 'bearer') return exchange.answerOf(response).tokenError === 'invalid_token';
  // An identity token alone has not gone along: Basic has no place for it.
  const alone = login !== undefined && access.authorization === undefined;
  return (
    access.scheme === undefined &&
    parseChallenges(response.challenges).some(
      ({ scheme }) => scheme === 'bearer' || (alone && scheme === 'basic'),
    )
  );
}

async function afterUpload(
  response: Response,
  access: Access,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Walked> {
  const ended = (end: Walked['end']): Walked => ({ end, scheme: access.scheme, got: access });
  if (response.status !== 202) return ended(await refuse(response, access, applicant, exchange));
  const { registry, repository } = applicant;
  const session = sessionOf(response, registry, uploadUrl(registry, repository));
  if (session.kind === 'missing') {
    // A 202 that is none proves nothing: what is known of the login is what was known before.
    return ended({
      kind: 'UploadMalformed',
      answer: exchange.answerOf(response),
      login: access.login,
    });
  }
  return ended({ kind: 'accepted', session, access });
}

/** A refusal; where it leaves open whether the login is good, one more request tells. */
async function refuse(
  response: Response,
  access: Access,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Observation> {
  const answer = exchange.answerOf(response);
  const refused = answer.status === 401 || answer.status === 403;
  const login = refused ? await loginAfter(answer, access, applicant, exchange) : access.login;
  return { kind: 'UploadRefused', answer, login, granted: access.granted };
}

async function loginAfter(
  { status, tokenError, phrase }: Answer,
  { login: state, tokens, authorization }: Access,
  { login, registry }: Applicant,
  exchange: Exchange,
): Promise<LoginState> {
  if (login?.kind === 'token') {
    // Nobody but the Secret has issued it: what is wrong with it is wrong with the login (RFC 6750, section 3.1).
    if (tokenError === 'invalid_token' || phrase === 'expired') return 'disproven';
    return state === 'unknown' ? proveAt(bearer(login.token), registry, exchange) : state;
  }
  if (state === 'unchecked' && status === 401 && phrase === undefined && authorization !== undefined) {
    // An open ping proves no login, but one that it refuses is wrong (zot, where a policy lets anybody read).
    return (await proveAt(authorization, registry, exchange)) === 'disproven' ? 'disproven' : state;
  }
  if (state !== 'unknown' || tokens?.login === undefined) return state;
  if (tokenError === 'invalid_token' || phrase !== undefined) return state;
  return proveLogin(tokens, tokens.login, exchange);
}

async function settle(
  { session, access }: Accepted,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Observation> {
  return {
    kind: 'UploadAccepted',
    // A 202 proves the login only where the registry had asked for one.
    login: access.login === 'unknown' ? 'proven' : access.login,
    location: session.kind === 'elsewhere' ? session : { kind: session.kind },
    cleanup: await cancelUpload(session, access, applicant, exchange),
  };
}
