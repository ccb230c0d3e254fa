import {
  objectPath,
  statusPath,
  type RegistryPushCheck,
  type RegistryPushCheckStatus,
} from '../api/registrypushcheck.ts';
import { KubeError, type KubeClient } from '../kube/client.ts';
import { isAnotherQuestion, readCheck } from './object.ts';
import { clearingPatch, statusPatch } from './patch.ts';
import { essentialsOf } from './stored-status.ts';

const MERGE_PATCH = 'application/merge-patch+json';

/** After how many requests a conflict with another writer fails the visit, which is repeated as a whole. */
const ATTEMPTS = 3;

/**
 * What became of a status: stored, or pointless because the object changed; `by` is what it is now, where it exists. `refused`
 * is why the API server did not take the whole of it: then its essentials are stored.
 */
export type Written =
  | { readonly kind: 'written'; readonly check: RegistryPushCheck; readonly refused?: KubeError }
  | { readonly kind: 'superseded'; readonly by: RegistryPushCheck | undefined };

/**
 * Writes the status of a check by one merge patch that holds only for the object it was computed from. On a conflict the object
 * is read again: where it is the same object at the same generation, and nobody wrote a newer result, the status is computed
 * anew on it. A status that the API server cannot store (422 by the schema of another CRD, 413) is written once more without all
 * but the verdict: a detail must not keep it from being told.
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
  let refused: KubeError | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const status = rebase(current);
    try {
      const body =
        refused === undefined ? statusPatch(current, status) : clearingPatch(current, essentialsOf(status));
      const written = readCheck(await client.request({ ...request, query, body }, signal));
      return { kind: 'written', check: written, ...(refused === undefined ? {} : { refused }) };
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (refused === undefined && (error.status === 422 || error.status === 413)) {
        refused = error;
        continue;
      }
      if (error.status !== 409 && error.status !== 404) throw error;
      const fresh = await read(client, namespace, name, signal);
      if (fresh === undefined || isAnotherQuestion(check, fresh)) return { kind: 'superseded', by: fresh };
      if (isNewer(fresh.status?.lastProbeTime, status.lastProbeTime))
        return { kind: 'superseded', by: fresh };
      // The object is there, but its status is not: the kind is served without that subresource.
      if (error.status === 404 || attempt >= ATTEMPTS) throw error;
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
