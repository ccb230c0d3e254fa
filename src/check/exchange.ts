import type { Clock } from '../clock.ts';
import { parseChallenges } from '../registry/challenge.ts';
import { parseErrorCodes } from '../registry/errors.ts';
import type { NetworkFailure } from '../registry/failure.ts';
import type { Request, Response, Send } from '../registry/http.ts';
import { sameOrigin, shownOrigin } from '../registry/origin.ts';
import { parseRetryAfter } from '../retry-after.ts';
import { isOfTokens } from './network.ts';
import type { Answer, PullStep, Step, StepTrace, Unanswered } from './observation.ts';
import { phraseOf } from './phrases.ts';

/** The requests of one probe, under one deadline, with their numbers. */
export interface Exchange {
  /**
   * One request. An answer that is no redirect comes back; anything else is the end of its part of the probe. A 307 or 308 to the
   * same origin is followed, at most {@link MAX_FOLLOWED} in a row.
   */
  ask<S extends Step | PullStep>(step: S, request: Request): Promise<Response | Unanswered<S>>;
  /** Reduces an answer to what a diagnosis may see of it. */
  answerOf(response: Response): Answer;
  /** What was asked so far, in order. */
  readonly steps: readonly StepTrace[];
}

/** Redirects that one request follows before it is called a loop. */
export const MAX_FOLLOWED = 3;

/** The requests that follow a redirect: neither those for a token, nor the cancel, which has one place to go to. */
const FOLLOWING: ReadonlySet<Step | PullStep> = new Set(['ping', 'login', 'look', 'upload', 'manifest']);

/** Starts an exchange; `signal` ends whatever request is under way. */
export function startExchange(send: Send, clock: Clock, signal: AbortSignal): Exchange {
  const steps: StepTrace[] = [];
  return {
    steps,
    answerOf: (response) => answerOf(response, clock.now()),
    ask: async (step, request) => {
      const asked = isOfTokens(step) ? { realm: shownOrigin(request.url) } : {};
      const start = clock.monotonic();
      const { answer, url, next } = await follow(send, step, request, signal);
      const durationMs = Math.round(clock.monotonic() - start);
      if (answer.kind === 'failed') {
        steps.push({ step, httpStatus: undefined, errorCode: undefined, durationMs });
        return { kind: 'NetworkFailed', step, failure: answer, ...asked };
      }
      steps.push({ step, httpStatus: answer.status, errorCode: parseErrorCodes(answer.body)[0], durationMs });
      if (!isRedirect(answer)) return answer;
      const to = originOf(answer.location, url);
      const loops = next === undefined ? {} : { loops: true };
      return { kind: 'Redirected', step, to, within: to === url.origin, ...loops, ...asked };
    },
  };
}

interface Followed {
  readonly answer: Response | NetworkFailure;
  /** Where it came from. */
  readonly url: URL;
  /** Where the next request would go to, had it not followed too many. */
  readonly next: URL | undefined;
}

/** Sends a request, and again with the same method and authorization where the registry itself says so (RFC 9110, 15.4.8). */
async function follow(
  send: Send,
  step: Step | PullStep,
  request: Request,
  signal: AbortSignal,
): Promise<Followed> {
  let { url } = request;
  for (let followed = 0; ; followed += 1) {
    const answer = await send({ ...request, url }, signal);
    const found = answer.kind === 'response' && FOLLOWING.has(step) ? nextOf(answer, url) : undefined;
    const next = found !== undefined && asksTheSame(found, request) ? found : undefined;
    if (next === undefined || followed === MAX_FOLLOWED) return { answer, url, next };
    url = next;
  }
}

/** The target of a 307 or 308 at exactly the origin that answered: there the authorization may go. */
function nextOf({ status, location }: Response, asked: URL): URL | undefined {
  if (status !== 307 && status !== 308) return undefined;
  if (location === undefined || !URL.canParse(location, asked)) return undefined;
  const url = new URL(location, asked);
  // User information in it would become a login of the registry's choice.
  return sameOrigin(url, asked) && url.username === '' && url.password === '' ? url : undefined;
}

/** Queries by which an upload request would write: a monolithic upload, or the mount of another repository's blob. */
const WRITING = ['digest', 'mount', 'from'];

/** Whether a redirected upload is still the question that was asked: of this repository, and without data. */
function asksTheSame(next: URL, { method, url }: Request): boolean {
  if (method !== 'POST') return true;
  const tail = url.pathname.slice(url.pathname.indexOf('/v2/'));
  return next.pathname.endsWith(tail) && !WRITING.some((name) => next.searchParams.has(name));
}

function isRedirect(response: Response): boolean {
  return response.status >= 300 && response.status < 400;
}

function originOf(location: string | undefined, asked: URL): string | undefined {
  if (location === undefined || !URL.canParse(location, asked)) return undefined;
  return shownOrigin(new URL(location, asked));
}

function answerOf(response: Response, nowMs: number): Answer {
  const challenges = parseChallenges(response.challenges);
  const error = challenges.find(({ scheme }) => scheme === 'bearer')?.params.get('error');
  // OpenShift says in its challenge what others say in the body.
  const denies = challenges.some(({ params }) => params.get('error') === 'access denied');
  const html = /^\s*text\/html\b/i.test(response.contentType ?? '');
  return {
    status: response.status,
    codes: parseErrorCodes(response.body),
    html,
    phrase: html ? undefined : (phraseOf(response.status, response.body) ?? (denies ? 'denied' : undefined)),
    tokenError: error === 'insufficient_scope' || error === 'invalid_token' ? error : undefined,
    retryAfterMs: parseRetryAfter(response.retryAfter, nowMs),
  };
}
