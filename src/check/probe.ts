import { startDeadline, type Clock } from '../clock.ts';
import type { TokenHost } from '../registry/binding.ts';
import { parseChallenges } from '../registry/challenge.ts';
import type { Connection } from '../registry/connection.ts';
import { createSend, type Response } from '../registry/http.ts';
import { basic } from '../registry/login.ts';
import type { Registry } from '../registry/origin.ts';
import { pingUrl, sessionOf, uploadUrl, type Session } from '../registry/upload.ts';
import { authenticate, proveLogin, type Access, type Applicant } from './authenticate.ts';
import { CANCEL_BUDGET_MS, cancelUpload } from './cancel.ts';
import type { Credential } from './credential.ts';
import { startExchange, type Exchange } from './exchange.ts';
import type { Observation, Probed } from './observation.ts';

/** The question: may this login push to that repository? */
export interface ProbeJob {
  readonly registry: Registry;
  readonly repository: string;
  readonly credential: Credential | undefined;
  /** Deadline of the whole probe in milliseconds; the cancel of an accepted upload has its own. */
  readonly timeoutMs: number;
}

/** What a probe needs of the world. */
export interface ProbeWorld {
  /** Opens the sockets of one probe. */
  readonly open: () => Connection;
  readonly clock: Clock;
  /** Token services that the installation trusts, besides those that the rules allow. */
  readonly tokenHosts: readonly TokenHost[];
}

/**
 * Runs one probe: ping, login, open an upload session, cancel it. No image data is ever sent. A refusal or a network
 * failure is an observation.
 * @throws the signal's reason where the caller aborted before the upload was accepted; after that it is cancelled
 */
export async function probe(job: ProbeJob, world: ProbeWorld, signal: AbortSignal): Promise<Probed> {
  const { clock } = world;
  const start = clock.monotonic();
  const connection = world.open();
  const send = createSend(connection);
  const applicant: Applicant = { ...job, login: job.credential?.login, tokenHosts: world.tokenHosts };
  using deadline = startDeadline(clock, job.timeoutMs, signal);
  try {
    const exchange = startExchange(send, clock, deadline.signal);
    const { end, scheme } = await walk(applicant, exchange);
    const finish = async (accepted: Accepted): Promise<Observation> => {
      // Neither the probe's deadline nor a shutdown stops the cancel: its own budget does.
      using budget = startDeadline(clock, CANCEL_BUDGET_MS);
      // Without await, the budget would be stopped before the cancel has begun.
      return await settle(accepted, applicant, startExchange(send, clock, budget.signal));
    };
    const observation = end.kind === 'accepted' ? await finish(end) : end;
    return { observation, scheme, steps: exchange.steps, durationMs: Math.round(clock.monotonic() - start) };
  } finally {
    connection.close();
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
}

async function walk(applicant: Applicant, exchange: Exchange): Promise<Walked> {
  const ping = await exchange.ask('ping', { method: 'GET', url: pingUrl(applicant.registry) });
  const access = ping.kind === 'response' ? await enter(ping, applicant, exchange) : ping;
  if (access.kind !== 'access') return { end: access, scheme: undefined };
  return push(access, applicant, exchange);
}

/** From the answer to the ping to the access that the upload is tried with. */
async function enter(
  ping: Response,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Access | Observation> {
  if (ping.status === 401) return authenticate(ping, applicant, exchange);
  const answer = exchange.answerOf(ping);
  if (answer.status !== 200 || answer.html) return { kind: 'PingRefused', answer };
  const { login } = applicant;
  return {
    kind: 'access',
    // Open for a ping is not open for a push: waiting for a challenge would ask as nobody, so the login goes along.
    authorization: login === undefined ? undefined : basic(login),
    scheme: undefined,
    login: login === undefined ? 'none' : 'unchecked',
    tokens: undefined,
    granted: undefined,
  };
}

async function push(first: Access, applicant: Applicant, exchange: Exchange): Promise<Walked> {
  const answer = await post(first, applicant, exchange);
  if (answer.kind !== 'response') return { end: answer, scheme: first.scheme };
  if (!wantsAnotherLogin(answer, first, exchange)) return afterUpload(answer, first, applicant, exchange);
  const access = await authenticate(answer, applicant, exchange);
  if (access.kind !== 'access') return { end: access, scheme: first.scheme };
  const second = await post(access, applicant, exchange);
  if (second.kind !== 'response') return { end: second, scheme: access.scheme };
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
 * invalid. A Basic challenge after a Bearer token is a refusal.
 */
function wantsAnotherLogin(response: Response, access: Access, exchange: Exchange): boolean {
  if (response.status !== 401) return false;
  if (access.scheme === 'bearer') return exchange.answerOf(response).tokenError === 'invalid_token';
  return (
    access.scheme === undefined &&
    parseChallenges(response.challenges).some(({ scheme }) => scheme === 'bearer')
  );
}

async function afterUpload(
  response: Response,
  access: Access,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Walked> {
  const { scheme } = access;
  if (response.status !== 202) return { end: await refuse(response, access, applicant, exchange), scheme };
  const { registry, repository } = applicant;
  const session = sessionOf(response, registry, uploadUrl(registry, repository));
  if (session.kind === 'missing') {
    return { end: { kind: 'UploadMalformed', answer: exchange.answerOf(response) }, scheme };
  }
  return { end: { kind: 'accepted', session, access }, scheme };
}

/** A refusal; where it leaves open whether the login is good, one more request tells. */
async function refuse(
  response: Response,
  { login: state, tokens, granted }: Access,
  { login }: Applicant,
  exchange: Exchange,
): Promise<Observation> {
  const answer = exchange.answerOf(response);
  const open = state === 'unknown' && (answer.status === 401 || answer.status === 403);
  const provable =
    open && tokens !== undefined && login !== undefined && answer.tokenError !== 'invalid_token';
  return {
    kind: 'UploadRefused',
    answer,
    login: provable ? await proveLogin(tokens, login, exchange) : state,
    granted,
  };
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
