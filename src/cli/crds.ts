import type { Command } from 'commander';
import { demandVerification, EXIT, exitOnSignal, fail, tell } from './exit.ts';

interface Options {
  readonly kubeconfig?: string;
}

/** `registry-push-check crds print` and `crds apply`: the kind itself, in the version of this program. */
export function addCrdsCommand(program: Command): void {
  const crds = program.command('crds').description('print or install the CustomResourceDefinition');
  crds.command('print').description('write it to stdout, as YAML').action(print);
  crds
    .command('apply')
    .description('install or update it in a cluster; a newer one is left alone')
    .option(
      '--kubeconfig <file>',
      'kubeconfig; without it, $KUBECONFIG, ~/.kube/config, then the service account of the pod',
    )
    .action(apply);
}

async function print(): Promise<void> {
  const { crdText } = await import('./crd.ts');
  process.stdout.write(crdText);
}

async function apply({ kubeconfig }: Options): Promise<void> {
  demandVerification('name it in the kubeconfig (certificate-authority)');
  exitOnSignal();
  const { installCrd } = await import('./crd-install.ts');
  try {
    process.stdout.write(`${await installCrd(kubeconfig, tell)}\n`);
  } catch (error) {
    fail(
      [error instanceof Error ? error.message : 'the CustomResourceDefinition was not applied'],
      EXIT.error,
    );
  }
}
