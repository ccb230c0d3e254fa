import type { Response } from '../registry/http.ts';
import type { Session } from '../registry/upload.ts';
import { deleteToken, type Access, type Applicant } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import type { Cleanup, Observation } from './observation.ts';

/** Time that the cancel of an accepted upload gets, whatever became of the probe's deadline, in milliseconds. */
export const CANCEL_BUDGET_MS = 5_000;

/** Cancels an upload session (distribution-spec: clients SHOULD do so, and SHOULD ignore a failure). */
export async function cancelUpload(
  session: Session,
  access: Access,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Cleanup> {
  if (session.kind !== 'here') return 'Failed';
  const { url } = session;
  const first = await exchange.ask('cancel', { method: 'DELETE', url, authorization: access.authorization });
  if (first.kind !== 'response' || first.status !== 401 || access.tokens === undefined)
    return cleanupOf(first);
  // Some registries want a token of its own for this; asked for up front, others would refuse the whole push.
  const authorization = await deleteToken(access.tokens, applicant, exchange);
  if (authorization === undefined) return 'NotPermitted';
  return cleanupOf(await exchange.ask('cancel', { method: 'DELETE', url, authorization }));
}

function cleanupOf(answer: Response | Observation): Cleanup {
  if (answer.kind !== 'response') return 'Failed';
  const { status } = answer;
  if (status >= 200 && status < 300) return 'Cancelled';
  if (status === 401 || status === 403) return 'NotPermitted';
  return status === 405 || status === 501 ? 'Unsupported' : 'Failed';
}
