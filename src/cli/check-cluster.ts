import { delimiter } from 'node:path';
import type { Wanted } from '../check/credential.ts';
import { systemClock as clock } from '../clock.ts';
import { readSecret } from '../controller/secrets.ts';
import { createKubeClient, KubeError, KubeNetworkError } from '../kube/client.ts';
import type { Given } from './check-question.ts';

/** Reads the login of a Secret, by name. @throws Error of one sentence where the API server does not answer the question */
export type ReadFromCluster = (
  namespace: string,
  name: string,
  wanted: Wanted,
  signal: AbortSignal,
) => Promise<Given>;

/** The Secrets of the cluster of a kubeconfig. @throws Error of one sentence where that cannot be read */
export function openCluster(kubeconfig: string | undefined): ReadFromCluster {
  const path = kubeconfig ?? onlyFile(process.env['KUBECONFIG']);
  const client = createKubeClient({ kubeconfig: path, clock, userAgent: 'registry-push-check' });
  return async (namespace, name, wanted, signal) => {
    const { registry, repository, nowMs, ...consent } = wanted;
    const question = { namespace, name, registry, repository };
    try {
      const read = await readSecret(client, question, () => consent, nowMs, signal);
      const of = {
        ...(read.form === undefined ? {} : { form: read.form }),
        ...(read.version === undefined ? {} : { version: read.version }),
      };
      if (read.kind === 'credential') return { credential: read.credential, ...of };
      const { reason } = read.problem;
      if (reason !== 'SecretForbidden') return { problem: read.problem, ...of };
      const detail = `the identity of the kubeconfig may not read it in namespace ${namespace}`;
      return { problem: { reason, detail }, ...of };
    } catch (error) {
      throw explain(error, `Secret ${namespace}/${name}`, client.server);
    }
  };
}

/** The one file of $KUBECONFIG: by its path, messages name it. Several are merged, which is another way to read them. */
function onlyFile(files: string | undefined): string | undefined {
  return files === undefined || files === '' || files.includes(delimiter) ? undefined : files;
}

function explain(error: unknown, secret: string, server: string): unknown {
  if (error instanceof KubeError && error.status === 401)
    return new Error(
      'the API server does not know the identity of the kubeconfig (401): renew its credentials',
    );
  if (error instanceof KubeError) return new Error(`${secret} could not be read: ${error.message}`);
  if (error instanceof KubeNetworkError)
    return new Error(
      error.code === 'CREDENTIALS'
        ? error.message
        : `the API server ${server} does not answer (${error.code}): see that it runs and that the kubeconfig names it`,
    );
  return error;
}
