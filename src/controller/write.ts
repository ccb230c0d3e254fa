import {
  objectPath,
  statusPath,
  type RegistryPushCheck,
  type RegistryPushCheckStatus,
} from '../api/registrypushcheck.ts';
import { KubeError, type KubeClient } from '../kube/client.ts';
import { isAnotherQuestion, readCheck } from './object.ts';
import { statusPatch } from './patch.ts';

const MERGE_PATCH = 'application/merge-patch+json';

/** How often a conflict with another writer is resolved before the visit fails and is repeated as a whole. */
const ATTEMPTS = 3;

/** What became of a status: stored, or pointless because the object changed; `by` is what it is now, where it exists. */
export type Written =
  | { readonly kind: 'written'; readonly check: RegistryPushCheck }
  | { readonly kind: 'superseded'; readonly by: RegistryPushCheck | undefined };

/**
 * Writes the status of a check by one merge patch that holds only for the object it was computed from. On a conflict the object
 * is read again: where it is the same object at the same generation, and nobody wrote a newer result, the status is computed
 * anew on it.
 * @throws KubeError, KubeNetworkError
 */
export async function writeStatus(
  client: KubeClient,
  check: RegistryPushCheck,
  rebase: (check: RegistryPushCheck) => RegistryPushCheckStatus,
  signal: AbortSignal,
): Promise<Written> {
  const { namespace, name } = check.metadata;
  const request = { method: 'PATCH', path: statusPath(namespace, name), contentType: MERGE_PATCH } as const;
  const query = { fieldManager: 'registry-push-check' };
  let current = check;
  for (let attempt = 1; ; attempt += 1) {
    const status = rebase(current);
    try {
      const body = statusPatch(current, status);
      return { kind: 'written', check: readCheck(await client.request({ ...request, query, body }, signal)) };
    } catch (error) {
      if (!(error instanceof KubeError) || (error.status !== 409 && error.status !== 404)) throw error;
      const fresh = await read(client, namespace, name, signal);
      if (fresh === undefined || isAnotherQuestion(check, fresh)) return { kind: 'superseded', by: fresh };
      if (isNewer(fresh.status?.lastProbeTime, status.lastProbeTime))
        return { kind: 'superseded', by: fresh };
      // The object is there, but its status is not: the kind is served without that subresource.
      if (error.status === 404 || attempt === ATTEMPTS) throw error;
      current = fresh;
    }
  }
}

async function read(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<RegistryPushCheck | undefined> {
  try {
    return readCheck(
      await client.request<unknown>({ method: 'GET', path: objectPath(namespace, name) }, signal),
    );
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

function isNewer(stored: string | undefined, ours: string | undefined): boolean {
  return stored !== undefined && ours !== undefined && Date.parse(stored) > Date.parse(ours);
}
