import { fieldsOf } from '../json.ts';
import type { KubeClient } from './client.ts';

/** Who the API server says that we are: the user name that roles are bound to. Undefined where it does not tell. Never rejects. */
export type Identity = (signal: AbortSignal) => Promise<string | undefined>;

/** It is for words in a status: nobody waits long for it. */
const TIMEOUT_MS = 5_000;

/** User names that are shown: what goes into a command must be readable. */
const USER_NAME = /^[\x20-\x7e]{1,512}$/;

/**
 * Asks when it is wanted for the first time, and again only after a failure; those who want it at the same time share one request.
 * Every identity may ask (ClusterRole system:basic-user; Kubernetes 1.28 and newer).
 */
export function createIdentity(client: KubeClient): Identity {
  let known: string | undefined;
  let asking: Promise<string | undefined> | undefined;
  return async (signal) => {
    if (known !== undefined) return known;
    asking ??= ask(client, signal).finally(() => {
      asking = undefined;
    });
    return (known = await asking);
  };
}

async function ask(client: KubeClient, signal: AbortSignal): Promise<string | undefined> {
  const kind = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  try {
    const answer = await client.request<unknown>(
      {
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        body: kind,
        timeoutMs: TIMEOUT_MS,
      },
      signal,
    );
    const { username } = fieldsOf(fieldsOf(fieldsOf(answer)['status'])['userInfo']);
    return typeof username === 'string' && USER_NAME.test(username) ? username : undefined;
  } catch {
    // Whatever went wrong: the status has words for it.
    return undefined;
  }
}
