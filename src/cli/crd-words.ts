import { CRD_NAME } from '../api/registrypushcheck.ts';
import { KubeError, KubeNetworkError } from '../kube/client.ts';
import { oneLine, sanitise } from '../text.ts';
import { versionOf, type Crd } from './crd.ts';
import { parseVersion } from './semver.ts';

/** What `applyCrd` did; versions as they were found, undefined where there was none. */
export type Outcome =
  | { readonly kind: 'created' }
  | { readonly kind: 'updated'; readonly from: string | undefined }
  | { readonly kind: 'unchanged' }
  /** Left alone: the one in the cluster is of a newer version. */
  | { readonly kind: 'newer'; readonly found: string };

/** Rights that a request of `applyCrd` needs. */
export type Right = 'get' | 'patch' | 'create and patch';

const RESOURCE = 'customresourcedefinitions.apiextensions.k8s.io';
const LONGEST_QUOTE = 200;

/** One line about what was done. */
export function describeOutcome(outcome: Outcome, crd: Crd): string {
  const own = versionOf(crd) ?? 'no version';
  switch (outcome.kind) {
    case 'created':
      return `${CRD_NAME} created (${own})`;
    case 'updated':
      return `${CRD_NAME} updated: ${describeFormer(outcome.from, own)}`;
    case 'unchanged':
      return `${CRD_NAME} unchanged (${own})`;
    case 'newer':
      return `${CRD_NAME} left alone: ${outcome.found} in the cluster is newer than ${own}`;
  }
}

function describeFormer(from: string | undefined, own: string): string {
  if (from === own) return `the content of ${own} was not as it should be`;
  if (from === undefined) return `no version → ${own}`;
  if (parseVersion(from) !== undefined) return `${from} → ${own}`;
  return `${JSON.stringify(sanitise(from, 40))}, which is no version and taken for older → ${own}`;
}

/** Why it failed and what to do, as an Error of one sentence; what is none of the API server's is given back as it is. */
export function explain(error: unknown, right: Right, server: string): unknown {
  if (error instanceof KubeError) return new Error(refusal(error, right));
  if (error instanceof KubeNetworkError) return new Error(silence(error, server));
  return error;
}

function refusal({ status, message }: KubeError, right: Right): string {
  switch (status) {
    case 401:
      return 'the API server does not know the identity of the kubeconfig (401): renew its credentials';
    case 403:
      return `this identity may not ${right} ${RESOURCE}: give it a ClusterRole with get, create and patch of them, or let an administrator run this command`;
    case 404:
      return `the API server does not know ${RESOURCE} (404): see that the kubeconfig names a Kubernetes API server`;
    case 409:
      return `somebody else keeps writing ${CRD_NAME}: find out who applies it, then run this again`;
    case 400:
    case 422:
      if (message.includes('status.storedVersions'))
        return `${CRD_NAME} is in use with a version that this program does not have (${message}): run this command of the newer program that brought it`;
      return `the API server refuses the CustomResourceDefinition (${message}): Kubernetes 1.30 or newer is needed`;
    default:
      return `the API server did not do it (${message}): run this again`;
  }
}

function silence({ code, message }: KubeNetworkError, server: string): string {
  if (code === 'CREDENTIALS') return message;
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code)) {
    return `the certificate of the API server ${server} is not trusted (${code}): give its authority as certificate-authority in the kubeconfig`;
  }
  return `the API server ${server} does not answer (${code}): see that it runs and that the kubeconfig names it`;
}

/** The deadline is over, and the CustomResourceDefinition is still not served. */
export function notEstablished(afterMs: number): Error {
  return new Error(
    `${CRD_NAME} is applied, but was not established in ${String(afterMs / 1000)} s: kubectl describe crd ${CRD_NAME} says why`,
  );
}

/** Another kind has its names; `message` is the API server's. */
export function namesTaken(message = 'it does not say why'): string {
  return `${CRD_NAME} is applied, but its names are refused (${oneLine(message, LONGEST_QUOTE)}): delete the other CustomResourceDefinition that has them, then run this again`;
}

/** Somebody deletes it at the same time. */
export const TAKEN_AWAY = `${CRD_NAME} is being deleted: wait until it is gone, then run this again`;
