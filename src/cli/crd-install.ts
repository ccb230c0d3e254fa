import { systemClock as clock } from '../clock.ts';
import { createKubeClient } from '../kube/client.ts';
import { applyCrd } from './crd-apply.ts';
import { describeOutcome } from './crd-words.ts';
import { parseCrd } from './crd.ts';

/**
 * Applies the CustomResourceDefinition of this version to the cluster of a kubeconfig, and answers one line about what was
 * done. Throws an Error of one sentence that says what to do.
 */
export async function installCrd(
  kubeconfig: string | undefined,
  tell: (line: string) => void,
): Promise<string> {
  const client = createKubeClient({ kubeconfig, clock, userAgent: 'registry-push-check' });
  const crd = parseCrd();
  const outcome = await applyCrd(crd, { client, clock, tell }, new AbortController().signal);
  return describeOutcome(outcome, crd);
}
