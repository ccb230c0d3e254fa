import { readCredential, type Credential, type SecretProblem } from '../check/credential.ts';
import { formOf, type SecretForm } from '../check/secret-content.ts';
import { KubeError, type KubeClient } from '../kube/client.ts';
import type { Registry } from '../registry/origin.ts';

/** What reading a Secret gave: a login, or the reason why there is none. */
export type SecretRead =
  | {
      readonly kind: 'credential';
      readonly credential: Credential;
      readonly form: SecretForm;
      readonly version: string;
    }
  | {
      readonly kind: 'problem';
      readonly problem: SecretProblem;
      readonly form: SecretForm | undefined;
      readonly version: string | undefined;
    };

interface RawSecret {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

function path(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
}

/** Which Secret is read, and for what. */
export interface SecretQuestion {
  readonly namespace: string;
  readonly name: string;
  readonly registry: Registry;
  readonly repository: string;
}

/** The installation's word on where a Secret's login may go: registries, as `host[:port]`, named for this one, and trusted with any. */
export type ConsentOf = (
  namespace: string,
  name: string,
) => { readonly installed: readonly string[]; readonly trusted: readonly string[] };

/**
 * Reads one Secret by name, keeps the login of this registry and drops the rest. Secrets are never listed or watched.
 * @throws KubeError, KubeNetworkError where the API server did not answer the question
 */
export async function readSecret(
  client: KubeClient,
  { namespace, name, registry, repository }: SecretQuestion,
  consent: ConsentOf,
  nowMs: number,
  signal: AbortSignal,
): Promise<SecretRead> {
  try {
    const raw = await client.request<RawSecret>({ method: 'GET', path: path(namespace, name) }, signal);
    const { resourceVersion: version = '', annotations = {} } = raw.metadata ?? {};
    const content = { type: raw.type ?? '', data: raw.data ?? {}, annotations };
    const found = readCredential(content, { registry, repository, nowMs, ...consent(namespace, name) });
    const form = formOf(content);
    return 'credential' in found
      ? { kind: 'credential', credential: found.credential, form, version }
      : { kind: 'problem', problem: found.problem, form, version };
  } catch (error) {
    const problem = error instanceof KubeError ? unreadable(error.status, namespace) : undefined;
    if (problem === undefined) throw error;
    return { kind: 'problem', problem, form: undefined, version: undefined };
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
