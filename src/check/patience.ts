import { DeadlineExceeded, reasonOf, type Clock } from '../clock.ts';
import type { Send } from '../registry/http.ts';
import { CANCEL_BUDGET_MS } from './cancel.ts';

/**
 * A send that does not give up an upload which was asked for: the registry may have opened the session already, and without
 * its answer nobody could cancel it. Where the caller aborts meanwhile, the answer is waited for, {@link CANCEL_BUDGET_MS} at
 * most. A deadline ends it like any other request.
 */
export function patientWithUploads(send: Send, clock: Clock): Send {
  return async (request, signal) => {
    if (request.method !== 'POST' || request.refresh !== undefined || signal.aborted)
      return send(request, signal);
    const given = new AbortController();
    const answered = new AbortController();
    const giveUp = (): void => {
      if (signal.reason instanceof DeadlineExceeded) given.abort(signal.reason);
      else
        clock.sleep(CANCEL_BUDGET_MS, answered.signal).then(
          () => given.abort(reasonOf(signal)),
          () => undefined,
        );
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await send(request, given.signal);
    } finally {
      signal.removeEventListener('abort', giveUp);
      answered.abort();
    }
  };
}
