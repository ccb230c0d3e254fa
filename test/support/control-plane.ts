import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { ToolName } from '../../scripts/tools.ts';
import { createAuthority, LOOPBACK, type KeyPair } from './certificates.ts';
import { freePort, runProcess, startReadyProcess, type Finished, type RunningProcess } from './processes.ts';

/** A kube-apiserver with an etcd of its own, on the loopback: no controllers, no scheduler, no kubelet. */
export interface ControlPlane {
  readonly url: string;
  /** The authority of the serving certificate. */
  readonly caPem: string;
  /** Path of a kubeconfig with a client certificate of system:masters. */
  readonly kubeconfig: string;
  /** Runs kubectl, as the admin unless another kubeconfig is given. A failure is a result, not an exception. */
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => Promise<Finished>;
  /**
   * Path of a kubeconfig with the identity of a service account, by a token that lives a day.
   * The account is created if it is missing; its namespace must exist.
   */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  /** Stops kube-apiserver alone; what is stored stays. */
  stopApiServer(): Promise<void>;
  /** Starts it again under the same URL and waits until it is ready. */
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

/** What a kubectl call may change. */
export interface KubectlOptions {
  /** Standard input, for `-f -`. */
  readonly input?: string;
  /** Path of another kubeconfig. */
  readonly kubeconfig?: string;
}

/** Where a control plane keeps its files, and what it is made of. */
export interface ControlPlaneOptions {
  /** Is created; is the caller's to remove after `stop`. */
  readonly dir: string;
  readonly tools: Readonly<Record<'etcd' | 'kube-apiserver' | 'kubectl', string>> &
    Readonly<Partial<Record<ToolName, string>>>;
  readonly signal?: AbortSignal;
}

/** The port of kube-apiserver and the files that it and its clients need. */
interface Site {
  readonly dir: string;
  readonly port: number;
  readonly caPem: string;
  readonly admin: KeyPair;
}

/** Starts both servers and waits until the API is ready and the namespace `default` is there. */
export async function startControlPlane({ dir, tools, signal }: ControlPlaneOptions): Promise<ControlPlane> {
  await mkdir(dir, { recursive: true });
  const site = await prepare(dir);
  const [etcd, etcdUrl] = await startEtcd(tools.etcd, dir, signal);
  const start = (): Promise<RunningProcess> => startApiServer(tools['kube-apiserver'], site, etcdUrl, signal);
  let apiServer = await start().catch(async (error: unknown) => {
    await etcd.stop();
    throw error;
  });

  const url = `https://127.0.0.1:${String(site.port)}`;
  const { certPem, keyPem } = site.admin;
  const kubeconfig = await writeKubeconfig(join(dir, 'admin.kubeconfig'), url, site.caPem, {
    'client-certificate-data': base64(certPem),
    'client-key-data': base64(keyPem),
  });
  const kubectl: ControlPlane['kubectl'] = (args, options = {}) =>
    runProcess(
      {
        name: 'kubectl',
        file: tools.kubectl,
        args,
        // Its own home: no cache, plug-in or preference of this machine takes part.
        env: { HOME: dir, KUBECONFIG: options.kubeconfig ?? kubeconfig, PATH: '/usr/bin:/bin' },
      },
      options.input,
    );
  return {
    url,
    caPem: site.caPem,
    kubeconfig,
    kubectl,
    serviceAccountKubeconfig: async (namespace, name) => {
      const token = await serviceAccountToken(kubectl, namespace, name);
      return writeKubeconfig(join(dir, `${namespace}.${name}.kubeconfig`), url, site.caPem, { token });
    },
    stopApiServer: () => apiServer.stop(),
    startApiServer: async () => {
      apiServer = await start();
    },
    stop: async () => {
      await apiServer.stop();
      await etcd.stop();
    },
  };
}

/** Writes certificates and keys. Everything that dials the API server trusts one authority: nothing skips TLS. */
async function prepare(dir: string): Promise<Site> {
  const authority = await createAuthority('test control plane');
  const serving = await authority.issue({
    commonName: 'kube-apiserver',
    dnsNames: [...LOOPBACK.dnsNames, 'kubernetes.default.svc'],
    ipAddresses: LOOPBACK.ipAddresses,
  });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = {
    'ca.crt': authority.pem,
    'serving.crt': serving.certPem,
    'serving.key': serving.keyPem,
    'service-accounts.key': privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'service-accounts.pub': publicKey.export({ type: 'spki', format: 'pem' }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 });
  return {
    dir,
    port: await freePort(),
    caPem: authority.pem,
    admin: await authority.issue({ commonName: 'admin', organization: 'system:masters', client: true }),
  };
}

async function startEtcd(file: string, dir: string, signal?: AbortSignal): Promise<[RunningProcess, string]> {
  const url = `http://127.0.0.1:${String(await freePort())}`;
  const args = [
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    // There are no peers: any port will do.
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
  const isReady = async (): Promise<boolean> => (await fetch(`${url}/health`)).ok;
  return [await startReadyProcess({ name: 'etcd', file, args, env: { HOME: dir } }, isReady, signal), url];
}

function startApiServer(
  file: string,
  site: Site,
  etcdUrl: string,
  signal?: AbortSignal,
): Promise<RunningProcess> {
  const path = (name: string): string => join(site.dir, name);
  const args = [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${String(site.port)}`,
    `--tls-cert-file=${path('serving.crt')}`,
    `--tls-private-key-file=${path('serving.key')}`,
    `--client-ca-file=${path('ca.crt')}`,
    `--cert-dir=${path('apiserver')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${path('service-accounts.pub')}`,
    `--service-account-signing-key-file=${path('service-accounts.key')}`,
    // Without a controller manager nobody makes the accounts that it would demand of pods.
    '--disable-admission-plugins=ServiceAccount',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--endpoint-reconciler-type=none',
    '--profiling=false',
  ];
  const isReady = async (): Promise<boolean> =>
    (await statusOf(site, '/readyz')) === 200 && (await statusOf(site, '/api/v1/namespaces/default')) === 200;
  return startReadyProcess({ name: 'kube-apiserver', file, args, env: { HOME: site.dir } }, isReady, signal);
}

function statusOf({ port, caPem, admin }: Site, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const tls = { ca: caPem, cert: admin.certPem, key: admin.keyPem };
    const signal = AbortSignal.timeout(5000);
    request({ host: '127.0.0.1', port, path, ...tls, agent: false, signal }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

/** Creates the account if it is missing and asks for a token (the TokenRequest API). */
async function serviceAccountToken(
  kubectl: ControlPlane['kubectl'],
  namespace: string,
  name: string,
): Promise<string> {
  const created = await kubectl(['create', 'serviceaccount', name, '-n', namespace]);
  if (created.code !== 0 && !created.stderr.includes('already exists')) throw new Error(created.stderr);
  const token = await kubectl(['create', 'token', name, '-n', namespace, '--duration=24h']);
  if (token.code !== 0) throw new Error(token.stderr);
  return token.stdout.trim();
}

/** JSON is YAML: kubectl and every client read it. */
async function writeKubeconfig(
  path: string,
  server: string,
  caPem: string,
  user: Readonly<Record<string, string>>,
): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return path;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
