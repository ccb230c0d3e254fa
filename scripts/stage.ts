import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../test/support/certificates.ts';
import { startControlPlane, type ControlPlane } from '../test/support/control-plane.ts';
import { startDistribution, type Distribution } from '../test/support/distribution.ts';
import { secretsEverywhere } from '../test/support/manifests.ts';
import { startOperator } from '../test/support/operator.ts';
import { stopLeftovers, type RunningProcess } from '../test/support/processes.ts';
import { startTokenServer, type Users } from '../test/support/token-server.ts';
import { ensureTools, type Report } from './tools.ts';

/** Real servers with the CRD and the operator's roles installed, for the demo and the benchmarks. */
export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly registry: Distribution;
  /** Path of the kubectl that belongs to it. */
  readonly kubectl: string;
  /** Path of the authority's certificate, which the registry and its token server are trusted by. */
  readonly caFile: string;
  /** The token server that may get the logins of the registry: `registry=tokenHost`, as the operator's `tokenHosts` has it. */
  readonly tokenHost: string;
  /** Applies objects as the admin; waits where their kind is not served yet. */
  apply(items: readonly object[]): Promise<void>;
  /** Starts the built operator with the identity of its own service account; `config` overrides the stage's. */
  startOperator(config?: Readonly<Record<string, unknown>>): Promise<RunningProcess>;
  /** Stops everything and removes every file. */
  close(): Promise<void>;
}

/** What a stage is made of. */
export interface StageOptions {
  /** The users of the registry's token server. */
  readonly users: Users;
  /** Says what is being done. */
  readonly tell: (line: string) => void;
  /** Says how far the build of a missing server is. */
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Starts etcd, kube-apiserver and a registry with a token server, over TLS on loopback, and installs what the operator needs. */
export async function openStage({ users, tell, report, signal }: StageOptions): Promise<Stage> {
  const tools = await ensureTools(['etcd', 'kube-apiserver', 'kubectl', 'registry', 'htpasswd'], report);
  const dir = await mkdtemp(join(tmpdir(), 'registry-push-check-stage-'));
  let stopTokens = async (): Promise<void> => {};
  const close = async (): Promise<void> => {
    await stopLeftovers();
    await stopTokens();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    tell('starting etcd and kube-apiserver');
    const controlPlane = await startControlPlane({ dir: join(dir, 'control-plane'), tools, signal });
    tell('starting a registry with a token server');
    const authority = await createAuthority('stage registries');
    const caFile = join(dir, 'authority.crt');
    await writeFile(caFile, authority.pem);
    const tokens = await startTokenServer({ dir: join(dir, 'tokens'), authority, users });
    stopTokens = () => tokens.stop();
    const { realm, service, issuer, jwksFile } = tokens;
    const auth = { kind: 'token', realm, service, issuer, jwksFile } as const;
    const registry = await startDistribution({ dir: join(dir, 'registry'), tools, authority, auth });
    tell('installing the CRD and the roles of the operator');
    await kubectlApply(controlPlane, ['-f', 'deploy/install.yaml']);
    await applyItems(controlPlane, [secretsEverywhere()]);
    // Another port is another origin: the installation has to trust the token server with the logins.
    const tokenHost = `${registry.host}=${new URL(realm).host}`;
    const config = {
      // These servers live on loopback, which checks may not reach otherwise.
      egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
      caBundle: caFile,
      tokenHosts: [tokenHost],
    };
    return {
      controlPlane,
      registry,
      kubectl: tools.kubectl,
      caFile,
      tokenHost,
      apply: (items) => applyItems(controlPlane, items),
      startOperator: async (more = {}) => {
        tell('starting the operator with its own service account');
        const account = await controlPlane.serviceAccountKubeconfig(
          'registry-push-check-system',
          'registry-push-check',
        );
        return startOperator({
          dir: join(dir, 'operator'),
          kubeconfig: account,
          config: { ...config, ...more },
        });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function applyItems(controlPlane: ControlPlane, items: readonly object[]): Promise<void> {
  return kubectlApply(controlPlane, ['-f', '-'], { kind: 'List', apiVersion: 'v1', items });
}

async function kubectlApply(
  { kubectl }: ControlPlane,
  args: readonly string[],
  input?: object,
): Promise<void> {
  const options = input === undefined ? {} : { input: JSON.stringify(input) };
  for (let attempt = 1; ; attempt += 1) {
    const { code, stderr } = await kubectl(['apply', '--server-side', ...args], options);
    if (code === 0) return;
    const notServedYet = /no matches for kind|the server could not find/.test(stderr);
    if (!notServedYet || attempt === 40) throw new Error(`kubectl apply failed:\n${stderr}`);
    await sleep(100);
  }
}
