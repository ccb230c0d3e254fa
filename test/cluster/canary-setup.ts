import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOpenRegistry, type OpenRegistry } from '../security/echo-registry.ts';
import { lab } from '../support/lab.ts';
import { namespace } from '../support/manifests.ts';
import { apply, install } from './fixture.ts';

/** What an operator needs to show logins to a hostile registry. */
export interface CanarySetup {
  /** Of the operator's own account. */
  readonly kubeconfig: string;
  /** Bundle with the authorities of the lab and of the hostile registry. */
  readonly authorityFile: string;
  readonly hostile: OpenRegistry;
}

/** Installs the kind, creates the namespace and starts the registry, which the caller stops. */
export async function setUpCanaries(ns: string): Promise<CanarySetup> {
  const { controlPlane, dir, authority } = lab();
  await install();
  await apply(namespace(ns));
  const kubeconfig = await controlPlane.serviceAccountKubeconfig(
    'registry-push-check-system',
    'registry-push-check',
  );
  const hostile = await startOpenRegistry();
  const authorityFile = join(dir, `${ns}.crt`);
  await writeFile(authorityFile, `${authority.pem}${hostile.authorityPem}`);
  return { kubeconfig, authorityFile, hostile };
}
