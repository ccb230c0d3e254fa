import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { CRD_NAME, objectPath, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { VERSION_ANNOTATION, type Crd } from '../../src/cli/crd.ts';
import { systemClock } from '../../src/clock.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { runHelm, type Helm, type Values } from '../charts/helm.ts';
import { startControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { NEVER } from '../support/kube-client.ts';
import { lab } from '../support/lab.ts';
import type { Manifest } from '../support/manifests.ts';
import { runProcess, type Finished } from '../support/processes.ts';
import { startWorkloads, type Workloads } from '../support/workloads.ts';
import { verdictOf } from './fixture.ts';
import { fieldsOf, type Product } from './product.ts';

/** How long a test waits for what must come, in milliseconds: long, since a busy machine is no failure. */
const PATIENCE_MS = 60_000;

/** A cluster of its own, empty at first, whose Jobs and Deployments run, to install into by a Helm. */
export interface Site {
  readonly controlPlane: ControlPlane;
  /** Runs a Helm with these values; a failure is a result. */
  helm(helm: Helm, args: readonly string[], values?: Values, kubeconfig?: string): Promise<Finished>;
  /** The same; fails with what Helm and all containers said where Helm fails. Gives what it printed. */
  mustHelm(helm: Helm, args: readonly string[], values?: Values, kubeconfig?: string): Promise<string>;
  /** Runs kubectl as the admin. Throws what it said where it failed. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  apply(...items: readonly Manifest[]): Promise<void>;
  /** Runs a command that the product printed, as a person would, with the password at hand. */
  paste(command: string, password: string): Promise<void>;
  stored(ns: string, name: string): Promise<RegistryPushCheck>;
  untilVerdict(ns: string, name: string, verdict: string): Promise<RegistryPushCheck>;
  /** Version and fields of spec of the kind; undefined where there is none. */
  kind(): Promise<{ readonly version: string | undefined; readonly fields: readonly string[] } | undefined>;
  /** What the containers of a Job or Deployment wrote. */
  logs: Workloads['logs'];
  close(): Promise<void>;
}

/** Starts it in a folder (of the lab) of its own. `products` are the images that there are. */
export async function openSite(folder: string, products: readonly Product[]): Promise<Site> {
  const { tools } = lab();
  const dir = join(lab().dir, folder);
  const controlPlane = await startControlPlane({ dir: join(dir, 'control-plane'), tools });
  const images = Object.fromEntries(products.map(({ image, dist }) => [image, dist]));
  const workloads = startWorkloads(controlPlane, join(dir, 'pods'), images);

  const client = createKubeClient({ kubeconfig: controlPlane.kubeconfig, clock: systemClock });
  const run: Site['helm'] = (helm, args, values = {}, kubeconfig = controlPlane.kubeconfig) =>
    runHelm(
      helm,
      [...args, ...(/^uninstall|^rollback/.test(args[0] ?? '') ? [] : ['--values', '-'])],
      values,
      kubeconfig,
    );
  const kubectl = async (args: readonly string[], input?: string): Promise<string> => {
    const done = await controlPlane.kubectl(args, input === undefined ? {} : { input });
    if (done.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  };
  const stored: Site['stored'] = (ns, name) =>
    client.request({ method: 'GET', path: objectPath(ns, name) }, NEVER);
  return {
    controlPlane,
    kubectl,
    stored,
    helm: run,
    mustHelm: async (helm, args, values, kubeconfig) => {
      const { code, stdout, stderr } = await run(helm, args, values, kubeconfig);
      expect(code, `${stderr}\n${workloads.all()}`).to.equal(0);
      return stdout;
    },
    apply: async (...items) => {
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], list);
    },
    paste: async (command, password) => {
      const env = {
        PATH: `${dirname(tools.kubectl)}:/usr/bin:/bin`,
        KUBECONFIG: controlPlane.kubeconfig,
        HOME: dir,
        REGISTRY_PASSWORD: password,
      };
      const shell = { name: 'bash', file: '/bin/bash', args: ['-c', command], env };
      const { code, stderr } = await runProcess(shell);
      expect(code, stderr).to.equal(0);
    },
    untilVerdict: (ns, name, verdict) =>
      eventually(async () => {
        const check = await stored(ns, name);
        if (verdictOf(check) === verdict) return check;
        return new Error(`${JSON.stringify(check.status, undefined, 1)}\n${workloads.all()}`);
      }),
    kind: async () => {
      const done = await controlPlane.kubectl(['get', 'crd', CRD_NAME, '-o', 'json']);
      if (done.code !== 0) return undefined;
      const crd = JSON.parse(done.stdout) as Crd;
      return { version: crd.metadata.annotations[VERSION_ANNOTATION], fields: Object.keys(fieldsOf(crd)) };
    },
    logs: (namespace, name) => workloads.logs(namespace, name),
    close: async () => {
      await workloads.stop();
      await controlPlane.stop();
    },
  };
}

/** Asks until there is an answer. Throws the last error that it got instead where none comes in time. */
export async function eventually<T>(ask: () => Promise<T | Error>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (!(answer instanceof Error)) return answer;
    if (performance.now() > deadline) throw answer;
    await sleep(100);
  }
}
