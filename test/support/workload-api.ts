import { KubeError } from '../../src/kube/client.ts';
import type { Machine, PodTemplate } from './kubelet.ts';

/** A Job or a Deployment as it is stored. */
export interface Workload {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly template: PodTemplate;
    readonly replicas?: number;
    readonly backoffLimit?: number;
    readonly selector: object;
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** What all workloads share. */
export interface Runtime {
  readonly machine: Machine;
  /** By `namespace/name`: the outputs of its pods, each as it is when it is asked for. */
  readonly logs: Map<string, (() => string)[]>;
}

/** Keeps what a pod of a workload writes, as it will be when it is asked for. */
export function log({ logs }: Runtime, namespace: string, name: string, text: () => string): void {
  const key = `${namespace}/${name}`;
  logs.set(key, [...(logs.get(key) ?? []), text]);
}

/** Keeps why something of a workload went wrong. */
export function say(runtime: Runtime, namespace: string, name: string, error: unknown): void {
  log(runtime, namespace, name, () => String(error));
}

/** The workloads of one kind, in all namespaces, that are not being deleted. */
export async function list({ machine }: Runtime, path: string): Promise<readonly Workload[]> {
  const { client, signal } = machine;
  const { items } = await client.request<{ readonly items: readonly Workload[] }>(
    { method: 'GET', path },
    signal,
  );
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** One write. What is gone or there already is no failure. */
export async function send(
  { machine }: Runtime,
  method: 'POST' | 'PATCH',
  path: string,
  body: unknown,
): Promise<void> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  try {
    await machine.client.request({ method, path, body, contentType }, machine.signal);
  } catch (error) {
    if (!(error instanceof KubeError && [404, 409].includes(error.status))) throw error;
  }
}

/** A condition of a status, as it is from now on. */
export function condition(
  type: string,
  why: { readonly reason: string; readonly message: string },
  holds = true,
): object {
  return { type, status: holds ? 'True' : 'False', lastTransitionTime: now(), ...why };
}

/** Now, as the API server stores it: whole seconds. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
