import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';

/** What a tool that waits for an object makes of it. */
export type KStatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current';

/**
 * The rules of kstatus (sigs.k8s.io/cli-utils, pkg/kstatus/status) as Flux and `helm --wait` apply them to a kind that they do
 * not know: `checkGenericProperties` and `checkGeneration` of generic.go, then `checkReadyCondition` of status.go, then the end
 * of `Compute`.
 */
export function kstatus({ metadata, status }: RegistryPushCheck): KStatus {
  if (metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== '') return 'Terminating';
  const observed = status?.observedGeneration;
  if (observed !== undefined && observed !== metadata.generation) return 'InProgress';
  const conditions = status?.conditions ?? [];
  for (const condition of conditions) {
    if (condition.status !== 'True') continue;
    if (condition.type === 'Reconciling') return 'InProgress';
    if (condition.type === 'Stalled') return 'Failed';
  }
  for (const condition of conditions) {
    if (condition.type !== 'Ready') continue;
    if (condition.status === 'True') return 'Current';
    // False is not a failure: what fails for good says Stalled.
    if (condition.status === 'False' || condition.status === 'Unknown') return 'InProgress';
  }
  return 'Current';
}
