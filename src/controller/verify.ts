import { ANNOTATION } from '../api/registrypushcheck.ts';
import { quote } from '../check/remediation/remedy.ts';

/**
 * The command that asks for a probe, waits for its verdict and shows it, or the old one where none came in time. It waits for the token and not for Ready: a
 * `kubectl wait --for=condition=Ready` would return at once on the old verdict.
 */
export function verifyCommand(namespace: string, name: string): string {
  const check = `rpc/${quote(name)} -n ${quote(namespace)}`;
  return (
    `T=$(date +%s); kubectl annotate --overwrite ${check} ${ANNOTATION.requestedAt}=$T && ` +
    `kubectl wait ${check} --for=jsonpath='{.status.lastHandledReconcileAt}'=$T --timeout=90s; ` +
    `kubectl get ${check}`
  );
}
