import type { Response } from '../registry/http.ts';
import type { Secret } from '../registry/secret.ts';
import { tagsUrl } from '../registry/upload.ts';
import type { Applicant } from './authenticate.ts';
import type { Creating } from './creating.ts';
import type { Exchange } from './exchange.ts';
import type { Answer, LoginState, Observation } from './observation.ts';
import type { Phrase } from './phrases.ts';

/**
 * Looks whether the repository exists, where asking for the push could create it: one request. Undefined where the probe may go
 * on; the refusal where that decides; else the observation that ends the probe.
 */
export async function lookFor(
  { product, hidden }: Creating,
  authorization: Secret | undefined,
  login: LoginState,
  { registry, repository }: Applicant,
  exchange: Exchange,
): Promise<Response | Observation | undefined> {
  const url = tagsUrl(registry, repository);
  const response = await exchange.ask('look', { method: 'GET', url, authorization });
  if (response.kind !== 'response') return response;
  const answer = exchange.answerOf(response);
  if (answer.status === 200 && !answer.html) return undefined;
  if (answer.status === 404) return { kind: 'RepositoryMissing', product, login };
  if ((answer.status === 401 || answer.status === 403) && !hasOtherCause(answer, hidden)) {
    if (hidden === 'harmless') return undefined;
    return hidden === 'may-not-push' ? response : { kind: 'RepositoryMissing', product, login, hidden: true };
  }
  // Asked for patience, or broken: nothing more is asked.
  return response;
}

/** What is said of a right, or of what it is for. */
const OF_RIGHTS: ReadonlySet<Phrase> = new Set<Phrase>(['denied', 'missing', 'missing-or-denied']);

/** Whether a refusal is about something else than the right to look. Where the push is asked for anyway, a bad token shows there. */
function hasOtherCause({ phrase, tokenError }: Answer, hidden: Creating['hidden']): boolean {
  if (phrase !== undefined) return !OF_RIGHTS.has(phrase);
  return tokenError === 'invalid_token' && hidden !== 'harmless';
}
