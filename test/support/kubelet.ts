import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KubeError, type KubeClient } from '../../src/kube/client.ts';
import type { ControlPlane } from './control-plane.ts';
import { parseDockerfile, textsOf } from './dockerfile.ts';
import { startProcess, type RunningProcess } from './processes.ts';

/** Files of a ConfigMap or Secret; without `items` all of its keys. */
interface Source {
  readonly name?: string;
  readonly secretName?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

/** What a volume may be made of here. */
interface Sources {
  readonly configMap?: Source;
  readonly secret?: Source;
}

interface Volume extends Sources {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: { readonly sources: readonly Sources[] };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
}

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

/** The template of a pod, as far as it is obeyed here. */
export interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly Container[];
    readonly volumes?: readonly Volume[];
  };
}

/** A machine that pods run on. */
export interface Machine {
  readonly controlPlane: ControlPlane;
  readonly client: KubeClient;
  /** Below it each pod gets a folder. */
  readonly dir: string;
  /** The bundle (`dist`) that each image stands for, by its name with the tag. */
  readonly images: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A pod whose container runs. */
export interface RunningPod {
  readonly process: RunningProcess;
  /** Asks its probes: `undefined` where all are content. */
  unready(): Promise<string | undefined>;
  /** Ends the container as the kubelet does, and removes the pod. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Stands for kubelet and container runtime: creates the pod, so that the API server admits it or not, and runs its one
 * container as a process of this machine, by the entry point of the image, with exactly its arguments and environment, its
 * volumes, and a token of its service account where it asks for one. Throws why a real pod would not start.
 */
export async function startPod(
  namespace: string,
  name: string,
  { metadata, spec }: PodTemplate,
  machine: Machine,
): Promise<RunningPod> {
  const { client, signal } = machine;
  const [container, ...others] = spec.containers;
  if (container === undefined || others.length > 0)
    throw new Error('only pods of one container are run here');
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec };
  await client.request({ method: 'POST', path: pods, body: pod }, signal);
  const folder = join(machine.dir, namespace, name);
  try {
    const mounts = await mountAll(namespace, container, spec, folder, machine);
    const process = await startProcess({
      name: `pod ${name}`,
      file: globalThis.process.execPath,
      args: [...(await commandOf(container, mounts, machine.images))],
      env: environmentOf(container, folder, machine.controlPlane),
      cwd: folder,
    });
    return {
      process,
      unready: () => unready(container),
      stop: async () => {
        await process.stop((spec.terminationGracePeriodSeconds ?? 30) * 1000);
        await remove(client, `${pods}/${name}`);
      },
    };
  } catch (error) {
    await remove(client, `${pods}/${name}`);
    throw error;
  }
}

/** Deletes an object at once; it may be gone already. */
export async function remove(client: KubeClient, path: string): Promise<void> {
  // Also at the end, when everything else is called off.
  const signal = AbortSignal.timeout(10_000);
  try {
    await client.request({ method: 'DELETE', path, query: { gracePeriodSeconds: '0' } }, signal);
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 404)) throw error;
  }
}

/** The command line of the image's entry point, which lies in the bundle that the image stands for. */
async function commandOf(
  { image, command, args = [] }: Container,
  mounts: Readonly<Record<string, string>>,
  images: Machine['images'],
): Promise<readonly string[]> {
  const dist = images[image];
  if (dist === undefined) throw new Error(`ErrImagePull: there is no ${image}`);
  if (command !== undefined) throw new Error('the container replaces the entry point of the image');
  const final = parseDockerfile(await readFile(join(ROOT, 'Dockerfile'), 'utf8')).stages.at(-1);
  const [entryPoint = '[]'] = final === undefined ? [] : textsOf(final, 'ENTRYPOINT');
  const [program, ...words] = JSON.parse(entryPoint) as readonly string[];
  if (program !== 'node') throw new Error('the entry point is not node');
  const preload = pathToFileURL(join(import.meta.dirname, 'mounts.ts'));
  preload.searchParams.set('mounts', JSON.stringify(mounts));
  const inside = words.map((word) => word.replace(/^\/app\/dist\//, `${dist}/`));
  return ['--import', preload.href, ...inside, ...args];
}

function environmentOf({ env = [] }: Container, folder: string, { url }: ControlPlane): NodeJS.ProcessEnv {
  const { hostname, port } = new URL(url);
  return {
    NODE_ENV: 'production',
    // Empty, as that of the image's user is.
    HOME: join(folder, 'home'),
    PATH: '/usr/bin:/bin',
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    ...Object.fromEntries(env.map(({ name, value = '' }) => [name, value])),
  };
}

/** Fills the pod's folder and says which path of the container is which folder. */
async function mountAll(
  namespace: string,
  { volumeMounts = [] }: Container,
  { volumes = [], serviceAccountName = 'default', automountServiceAccountToken = true }: PodTemplate['spec'],
  folder: string,
  machine: Machine,
): Promise<Readonly<Record<string, string>>> {
  await rm(folder, { recursive: true, force: true });
  const account = join(folder, 'account');
  await mkdir(account, { recursive: true });
  if (automountServiceAccountToken) await fillAccount(namespace, serviceAccountName, account, machine);
  const mounts: Record<string, string> = { [ACCOUNT_FOLDER]: account };
  for (const volume of volumes) {
    const root = join(folder, 'volumes', volume.name);
    await mkdir(root, { recursive: true });
    const sources = volume.projected?.sources ?? [volume];
    for (const source of sources) await fill(namespace, source, root, machine);
  }
  for (const { name, mountPath } of volumeMounts) {
    if (!volumes.some((volume) => volume.name === name)) throw new Error(`there is no volume ${name}`);
    mounts[mountPath] = join(folder, 'volumes', name);
  }
  return mounts;
}

async function fillAccount(
  namespace: string,
  name: string,
  folder: string,
  { client, controlPlane, signal }: Machine,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  };
  const { status } = await client.request<{ readonly status: { readonly token: string } }>(
    { method: 'POST', path, body },
    signal,
  );
  const files = { token: status.token, 'ca.crt': controlPlane.caPem, namespace };
  for (const [file, text] of Object.entries(files))
    await writeFile(join(folder, file), text, { mode: 0o600 });
}

/** Writes what one source of a volume holds. */
async function fill(
  namespace: string,
  { configMap, secret }: Sources,
  root: string,
  { client, signal }: Machine,
): Promise<void> {
  const source = configMap ?? secret;
  if (source === undefined) return;
  const path = `/api/v1/namespaces/${namespace}/${configMap === undefined ? 'secrets' : 'configmaps'}/${source.name ?? source.secretName ?? ''}`;
  const { data = {} } = await client.request<{ readonly data?: Readonly<Record<string, string>> }>(
    { method: 'GET', path },
    signal,
  );
  const items = source.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  for (const item of items) {
    const text = data[item.key];
    if (text === undefined) throw new Error(`FailedMount: ${path} has no ${item.key}`);
    const file = join(root, item.path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.from(text, configMap === undefined ? 'base64' : 'utf8'), { mode: 0o600 });
  }
}

async function unready(container: Container): Promise<string | undefined> {
  const { startupProbe, livenessProbe, readinessProbe, ports = [] } = container;
  for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
    if (probe === undefined) continue;
    const { path, port } = probe.httpGet;
    const number = typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.containerPort;
    if (number === undefined) throw new Error(`no port is called ${port}`);
    const signal = AbortSignal.timeout(5000);
    const status = await fetch(`http://127.0.0.1:${String(number)}${path}`, { signal }).then(
      (answer) => answer.status,
      () => 'no answer',
    );
    if (status !== 200) return `${path}: ${String(status)}`;
  }
  return undefined;
}
