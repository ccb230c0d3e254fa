import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import type { ControlPlane } from './control-plane.ts';
import { Deployment } from './deployments.ts';
import { runJob } from './jobs.ts';
import type { Machine } from './kubelet.ts';
import { list, say, type Runtime } from './workload-api.ts';

/** Controllers and a kubelet for one control plane, which has none. */
export interface Workloads {
  /** What the pods of a Job or Deployment wrote, the last one last, and why one could not start. */
  logs(namespace: string, name: string): string;
  /** The same of all of them: for the message of a test that fails. */
  all(): string;
  /** Ends every container. What the API server holds stays. */
  stop(): Promise<void>;
}

const TURN_MS = 100;

/**
 * Does what the controllers of Jobs and Deployments and a kubelet would do with those of all namespaces, as far as a chart
 * and a Helm that waits for it can see: makes pods, runs them one at a time, and writes status. `images` as in {@link Machine}.
 */
export function startWorkloads(
  controlPlane: ControlPlane,
  dir: string,
  images: Machine['images'],
): Workloads {
  const ended = new AbortController();
  const { signal } = ended;
  const client = createKubeClient({ kubeconfig: controlPlane.kubeconfig, clock: systemClock });
  const runtime: Runtime = { machine: { controlPlane, client, dir, images, signal }, logs: new Map() };
  const jobs = new Map<string, Promise<void>>();
  const deployments = new Map<string, Deployment>();

  const turn = async (): Promise<void> => {
    for (const job of await list(runtime, '/apis/batch/v1/jobs')) {
      if (!jobs.has(job.metadata.uid)) jobs.set(job.metadata.uid, runJob(job, runtime));
    }
    const found = await list(runtime, '/apis/apps/v1/deployments');
    for (const one of found) {
      const known = deployments.get(one.metadata.uid) ?? new Deployment(one, runtime);
      deployments.set(one.metadata.uid, known);
      await known.turn(one);
    }
    for (const [uid, deployment] of deployments) {
      if (found.some(({ metadata }) => metadata.uid === uid)) continue;
      deployments.delete(uid);
      await deployment.end();
    }
  };
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await turn();
        await sleep(TURN_MS, undefined, { signal });
      } catch (error) {
        if (!signal.aborted) say(runtime, '', '', error);
      }
    }
  };
  const looping = loop();
  return {
    logs: (namespace, name) => textOf(runtime.logs.get(`${namespace}/${name}`)),
    all: () => [...runtime.logs].map(([key, outputs]) => `${key}:\n${textOf(outputs)}`).join('\n'),
    stop: async () => {
      ended.abort();
      await looping;
      await Promise.all(jobs.values());
      await Promise.all([...deployments.values()].map((one) => one.end()));
    },
  };
}

function textOf(outputs: readonly (() => string)[] = []): string {
  return outputs.map((output) => output()).join('\n');
}
