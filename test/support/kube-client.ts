import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { createKubeClient, type KubeClient, type KubeClientOptions } from '../../src/kube/client.ts';
import type { KubeconfigOptions, ScriptedServer } from './scripted-server.ts';

/** The simplest request. */
export const GET = { method: 'GET', path: '/x' } as const;

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

/** A client of the server, with the kubeconfig and the options that a test asks for. */
export async function clientOf(
  server: ScriptedServer,
  config: KubeconfigOptions = {},
  options: Partial<KubeClientOptions> = {},
): Promise<KubeClient> {
  return createKubeClient({ kubeconfig: await server.kubeconfig(config), clock: systemClock, ...options });
}

/** Waits until the server has seen so many requests. */
export async function arrived(server: ScriptedServer, count = 1): Promise<void> {
  while (server.requests.length < count) await sleep(1);
}

/** What a promise was refused with; another error where it was kept. */
export async function failureOf(outcome: Promise<unknown>): Promise<Error> {
  return outcome.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );
}
