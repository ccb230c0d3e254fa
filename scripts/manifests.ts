import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { ensureTools, progressOn } from './tools.ts';

/** The manifest of an installation without Helm, from the root of the repository. */
export const INSTALL_MANIFEST = 'deploy/install.yaml';

/** Namespace that it creates and installs into. */
export const INSTALL_NAMESPACE = 'registry-push-check-system';

const CHART = 'registry-push-check';

/** The oldest Kubernetes that the chart takes: what is rendered does not depend on the version that a Helm was built with. */
const KUBE_VERSION = '1.30.0';

const HEADER = `# The operator, with the kind, for the whole cluster: kubectl apply --server-side -f ${INSTALL_MANIFEST}
# Generated from charts/${CHART} with its default values by "npm run manifests". Do not edit.
#
# It may read Secrets only in its own namespace. Allow another one, where checks are to use Secrets, by
# kubectl create rolebinding ${CHART}-secrets -n NAMESPACE --clusterrole=${CHART}-secrets --serviceaccount=${INSTALL_NAMESPACE}:${CHART}
apiVersion: v1
kind: Namespace
metadata:
  name: ${INSTALL_NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;

/** The text of {@link INSTALL_MANIFEST}, rendered by the Helm at this path. Throws what Helm said. */
export async function installManifest(helm: string): Promise<string> {
  const chart = join(import.meta.dirname, '..', 'charts', CHART);
  const args = ['template', CHART, chart, '--namespace', INSTALL_NAMESPACE, '--kube-version', KUBE_VERSION];
  const { stdout } = await promisify(execFile)(helm, [...args, '--include-crds', '--no-hooks'], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return `${HEADER}${stdout.replaceAll(/\n{2,}---/g, '\n---')}`;
}

if (import.meta.main) {
  const { helm } = await ensureTools(['helm'], progressOn(process.stderr));
  await mkdir(dirname(INSTALL_MANIFEST), { recursive: true });
  await writeFile(INSTALL_MANIFEST, await installManifest(helm));
}
