import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { lab } from '../support/lab.ts';

/** Kubernetes objects as a test writes them. */
type Manifest = Readonly<Record<string, unknown>>;

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

/** Installs the kind and the operator's role, and waits until the kind is served. */
export async function install(): Promise<void> {
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'crds/', '-f', 'deploy/rbac.yaml']);
  await kubectl([
    'wait',
    '--for=condition=Established',
    'crd/registrypushchecks.doctor.stella-ops.org',
    '--timeout=30s',
  ]);
}

/** A namespace. */
export function namespace(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** A check. */
export function check(ns: string, name: string, spec: Manifest): Manifest {
  return {
    apiVersion: 'doctor.stella-ops.org/v1alpha1',
    kind: 'RegistryPushCheck',
    metadata: { namespace: ns, name },
    spec,
  };
}

/** A Secret with one login. */
export function login(ns: string, name: string, host: string, username: string, password: string): Manifest {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { namespace: ns, name },
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) },
  };
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
