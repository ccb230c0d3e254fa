import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';

/** What a tool that waits for an object makes of it. */
export type KStatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current';

/**
 * The rules of kstatus (sigs.k8s.io/cli-utils, package kstatus/status) for a kind that it does not know, as `helm --wait`
 * and Flux apply them: deletion, then the generation, then Reconciling and Stalled in the order of the list, then Ready.
 */
export function kstatus({ metadata, status }: RegistryPushCheck): KStatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const observed = status?.observedGeneration;
  if (observed !== undefined && observed !== metadata.generation) return 'InProgress';
  for (const condition of status?.conditions ?? []) {
    if (condition.status !== 'True') continue;
    if (condition.type === 'Reconciling') return 'InProgress';
    if (condition.type === 'Stalled') return 'Failed';
  }
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
}
