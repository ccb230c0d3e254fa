import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { lab } from '../support/lab.ts';
import { secretsEverywhere, type Manifest } from '../support/manifests.ts';

/** How long a test waits for what must come, in milliseconds: long, since a busy machine is no failure. */
const PATIENCE_MS = 30_000;

/** Applies objects as the admin. Throws what kubectl said. */
export async function apply(...items: readonly Manifest[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], input);
}

/** Runs kubectl as the admin and gives its output. Throws what it said where it failed. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await lab().controlPlane.kubectl(
    args,
    input === undefined ? {} : { input },
  );
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Installs the kind and the operator's roles, for Secrets of all namespaces, and waits until the kind is served. */
export async function install(): Promise<void> {
  // The kind itself comes last: what `npm run manifests` made may be older while somebody works on it.
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'deploy/install.yaml', '-f', 'crds/']);
  await apply(secretsEverywhere());
  await kubectl([
    'wait',
    '--for=condition=Established',
    'crd/registrypushchecks.doctor.stella-ops.org',
    '--timeout=30s',
  ]);
}

/** The check as it is stored. */
export async function stored(ns: string, name: string): Promise<RegistryPushCheck> {
  return JSON.parse(await kubectl(['get', 'rpc', name, '-n', ns, '-o', 'json'])) as RegistryPushCheck;
}

/** `True/PushAuthorized`, or an empty string where there is no verdict. */
export function verdictOf({ status }: RegistryPushCheck): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready === undefined ? '' : `${ready.status}/${ready.reason}`;
}

/** Waits until the stored check is as wanted. Throws with what it was last. */
export async function until(
  ns: string,
  name: string,
  wanted: (check: RegistryPushCheck) => boolean,
): Promise<RegistryPushCheck> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await stored(ns, name);
    if (wanted(seen)) return seen;
    if (performance.now() > deadline)
      throw new Error(`not in time: ${JSON.stringify(seen.status, undefined, 1)}`);
    await sleep(100);
  }
}

/** Waits for a verdict. */
export function untilVerdict(ns: string, name: string, verdict: string): Promise<RegistryPushCheck> {
  return until(ns, name, (seen) => verdictOf(seen) === verdict);
}
