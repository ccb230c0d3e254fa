import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../test/support/certificates.ts';
import { startDistribution, type Distribution } from '../../test/support/distribution.ts';
import { freePort, type RunningProcess } from '../../test/support/processes.ts';
import { namespace } from '../../test/support/manifests.ts';
import { openStage, type Stage, type StageOptions } from '../stage.ts';
import { ensureTools } from '../tools.ts';
import { demoChecks, manifestsOf, type DemoCheck } from './scenario.ts';

/** Namespace of the demo's checks. */
export const NAMESPACE = 'demo';

/** The servers, the operator and the checks of a running demo. */
export interface World extends Stage {
  readonly operator: RunningProcess;
  readonly checks: readonly DemoCheck[];
  /** Aborts when the operator ends; the reason says how. */
  readonly ended: AbortSignal;
}

/** Starts the demo: the servers, the checks with their Secrets, and the operator. */
export async function openWorld(options: StageOptions): Promise<World> {
  const opened = await openStage(options);
  const dir = await mkdtemp(join(tmpdir(), 'registry-push-check-demo-'));
  const stage: Stage = {
    ...opened,
    close: async () => {
      await opened.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    const checks = demoChecks({
      registry: stage.registry.host,
      closed: `localhost:${await freePort()}`,
      foreign: (await startForeign(dir, options)).host,
    });
    await stage.apply([namespace(NAMESPACE)]);
    await stage.apply(checks.flatMap((check) => manifestsOf(check, NAMESPACE)));
    const operator = await stage.startOperator({ log: { level: 'info', format: 'text' } });
    const ended = new AbortController();
    void operator.exited.then((how) =>
      ended.abort(new Error(`the operator ended (${how}):\n${operator.output().slice(-4000)}`)),
    );
    return { ...stage, operator, checks, ended: ended.signal };
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** A registry whose authority the operator does not know. It ends with the other servers. */
async function startForeign(dir: string, { report }: StageOptions): Promise<Distribution> {
  const tools = await ensureTools(['registry', 'htpasswd'], report);
  const authority = await createAuthority('somebody else');
  return startDistribution({ dir, tools, authority, auth: { kind: 'none' } });
}
