import { readCredential, type Credential, type SecretProblem } from '../check/credential.ts';
import { KubeError, type KubeClient } from '../kube/client.ts';
import type { Registry } from '../registry/origin.ts';

/** What reading a Secret gave: a login, or the reason why there is none. */
export type SecretRead =
  | { readonly kind: 'credential'; readonly credential: Credential; readonly version: string }
  | { readonly kind: 'problem'; readonly problem: SecretProblem; readonly version: string | undefined };

interface RawSecret {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata?: { readonly resourceVersion?: string };
}

function path(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
}

/**
 * Reads one Secret by name, keeps the login of this registry and drops the rest. Secrets are never listed or watched.
 * @throws KubeError, KubeNetworkError where the API server did not answer the question
 */
export async function readSecret(
  client: KubeClient,
  namespace: string,
  name: string,
  registry: Registry,
  repository: string,
  signal: AbortSignal,
): Promise<SecretRead> {
  try {
    const raw = await client.request<RawSecret>({ method: 'GET', path: path(namespace, name) }, signal);
    const version = raw.metadata?.resourceVersion ?? '';
    const content = { type: raw.type ?? '', data: raw.data ?? {} };
    const found = readCredential(content, registry, repository);
    return 'credential' in found
      ? { kind: 'credential', credential: found.credential, version }
      : { kind: 'problem', problem: found.problem, version };
  } catch (error) {
    const problem = error instanceof KubeError ? unreadable(error.status, namespace) : undefined;
    if (problem === undefined) throw error;
    return { kind: 'problem', problem, version: undefined };
  }
}

function unreadable(status: number, namespace: string): SecretProblem | undefined {
  if (status === 404)
    return { reason: 'SecretNotFound', detail: `it does not exist in namespace ${namespace}` };
  if (status === 403)
    return { reason: 'SecretForbidden', detail: `the operator may not read it in namespace ${namespace}` };
  return undefined;
}

/** Only the metadata crosses the wire. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** The version that a Secret has now; undefined where it cannot be read. */
export async function secretVersion(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const request = { method: 'GET', path: path(namespace, name), accept: METADATA_ONLY } as const;
    const raw = await client.request<RawSecret>(request, signal);
    return raw.metadata?.resourceVersion;
  } catch (error) {
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}
