import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import type { ControlPlane } from '../../test/support/control-plane.ts';
import type { DemoCheck } from './scenario.ts';
import { NAMESPACE } from './world.ts';

/** What the API server says of one check. */
export interface Seen {
  readonly ready: string;
  readonly reason: string;
  readonly message: string;
}

/** Reads the verdicts through the API, never from the operator. Checks without one are absent. */
export async function readVerdicts({ kubectl }: ControlPlane): Promise<ReadonlyMap<string, Seen>> {
  const { code, stdout, stderr } = await kubectl(['get', 'rpc', '-n', NAMESPACE, '-o', 'json']);
  if (code !== 0) throw new Error(`kubectl get failed:\n${stderr}`);
  const { items } = JSON.parse(stdout) as { readonly items: readonly RegistryPushCheck[] };
  return new Map(
    items.flatMap(({ metadata, status }): [string, Seen][] => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready === undefined || ready.status === 'Unknown') return [];
      return [[metadata.name, { ready: ready.status, reason: ready.reason, message: ready.message }]];
    }),
  );
}

/** One sentence for each verdict that is not the expected one. */
export function mismatches(checks: readonly DemoCheck[], seen: ReadonlyMap<string, Seen>): readonly string[] {
  return checks.flatMap(({ name, expected }) => {
    const got = seen.get(name);
    if (got === undefined) return [`${name}: expected ${expected.ready}/${expected.reason}, got no verdict`];
    if (got.ready !== expected.ready || got.reason !== expected.reason) {
      return [`${name}: expected ${expected.ready}/${expected.reason}, got ${got.ready}/${got.reason}`];
    }
    return expected.says?.test(got.message) === false
      ? [`${name}: the message does not say ${String(expected.says)}: ${got.message}`]
      : [];
  });
}
