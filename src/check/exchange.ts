import type { Clock } from '../clock.ts';
import { parseChallenges } from '../registry/challenge.ts';
import { parseErrorCodes } from '../registry/errors.ts';
import type { Request, Response, Send } from '../registry/http.ts';
import { shownOrigin } from '../registry/origin.ts';
import { parseRetryAfter } from '../retry-after.ts';
import { isOfTokens } from './network.ts';
import type { Answer, PullStep, Step, StepTrace, Unanswered } from './observation.ts';

/** The requests of one probe, under one deadline, with their numbers. */
export interface Exchange {
  /** One request. An answer that is no redirect comes back; anything else is the end of its part of the probe. */
  ask<S extends Step | PullStep>(step: S, request: Request): Promise<Response | Unanswered<S>>;
  /** Reduces an answer to what a diagnosis may see of it. */
  answerOf(response: Response): Answer;
  /** What was asked so far, in order. */
  readonly steps: readonly StepTrace[];
}

/** Starts an exchange; `signal` ends whatever request is under way. */
export function startExchange(send: Send, clock: Clock, signal: AbortSignal): Exchange {
  const steps: StepTrace[] = [];
  return {
    steps,
    answerOf: (response) => answerOf(response, clock.now()),
    ask: async (step, request) => {
      const asked = isOfTokens(step) ? { realm: shownOrigin(request.url) } : {};
      const start = clock.monotonic();
      const answer = await send(request, signal);
      const durationMs = Math.round(clock.monotonic() - start);
      if (answer.kind === 'failed') {
        steps.push({ step, httpStatus: undefined, errorCode: undefined, durationMs });
        return { kind: 'NetworkFailed', step, failure: answer, ...asked };
      }
      steps.push({ step, httpStatus: answer.status, errorCode: parseErrorCodes(answer.body)[0], durationMs });
      if (!isRedirect(answer)) return answer;
      const to = originOf(answer.location, request.url);
      return { kind: 'Redirected', step, to, within: to === request.url.origin, ...asked };
    },
  };
}

function isRedirect(response: Response): boolean {
  return response.status >= 300 && response.status < 400;
}

function originOf(location: string | undefined, asked: URL): string | undefined {
  if (location === undefined || !URL.canParse(location, asked)) return undefined;
  return shownOrigin(new URL(location, asked));
}

function answerOf(response: Response, nowMs: number): Answer {
  const bearer = parseChallenges(response.challenges).find((challenge) => challenge.scheme === 'bearer');
  const error = bearer?.params.get('error');
  return {
    status: response.status,
    codes: parseErrorCodes(response.body),
    html: /^\s*text\/html\b/i.test(response.contentType ?? ''),
    tokenError: error === 'insufficient_scope' || error === 'invalid_token' ? error : undefined,
    retryAfterMs: parseRetryAfter(response.retryAfter, nowMs),
  };
}
