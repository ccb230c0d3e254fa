import { parseAllDocuments } from 'yaml';
import { lab } from '../support/lab.ts';
import { runProcess, type Finished } from '../support/processes.ts';

/** The Helms that the charts must work with. */
export const HELMS = ['helm', 'helm3'] as const;

/** One of {@link HELMS}: version 4, or version 3. */
export type Helm = (typeof HELMS)[number];

/** Values of a chart, as a values file has them. */
export type Values = Readonly<Record<string, unknown>>;

/** Namespace that charts are rendered for unless a test says another. */
export const NAMESPACE = 'charts';

/** A rendered object, as far as every test looks at it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** How a chart is rendered. */
export interface Rendering {
  /** Folder of the chart within `charts/`. */
  readonly chart?: string;
  readonly helm?: Helm;
  readonly release?: string;
  readonly namespace?: string;
  /** Further arguments. */
  readonly args?: readonly string[];
}

/**
 * Runs a Helm with a home of its own, against the test's control plane unless another kubeconfig is given; a failure is a
 * result.
 */
export function runHelm(
  helm: Helm,
  args: readonly string[],
  values: Values = {},
  kubeconfig = lab().controlPlane.kubeconfig,
): Promise<Finished> {
  const { tools, dir } = lab();
  const env = { HOME: dir, KUBECONFIG: kubeconfig, PATH: '/usr/bin:/bin' };
  // JSON is YAML.
  return runProcess({ name: helm, file: tools[helm], args, env }, JSON.stringify(values));
}

/** `helm template` with these values on standard input: what Helm said, good or bad. */
export function runTemplate(values: Values, rendering: Rendering = {}): Promise<Finished> {
  const {
    chart = 'registry-push-check',
    helm = 'helm',
    release = 'rpc',
    namespace = NAMESPACE,
    args = [],
  } = rendering;
  // Every Helm believes in another version of Kubernetes; this is the oldest that the charts take.
  const fixed = ['--namespace', namespace, '--kube-version', '1.30.0', '--values', '-'];
  return runHelm(helm, ['template', release, `charts/${chart}`, ...fixed, ...args], values);
}

/** The objects that a chart renders, hooks included. Throws what Helm said. */
export async function template(values: Values, rendering: Rendering = {}): Promise<readonly Rendered[]> {
  const { code, stdout, stderr } = await runTemplate(values, rendering);
  if (code !== 0) throw new Error(stderr);
  return objectsOf(stdout);
}

/** The objects of a text with several YAML documents. Throws where one is not valid. */
export function objectsOf(text: string): readonly Rendered[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(String(document.errors[0]));
    const object = document.toJS() as Rendered | null;
    return object === null ? [] : [object];
  });
}

/** What Helm says when it refuses values. Throws where it does not. */
export async function refusal(values: Values, rendering: Rendering = {}): Promise<string> {
  const { code, stderr } = await runTemplate(values, rendering);
  if (code === 0) throw new Error('was not refused');
  return stderr;
}

/** The one object of a kind, with this name where one is given. Throws where there is none, or more. */
export function the(objects: readonly Rendered[], kind: string, name?: string): Rendered {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  const [object] = found;
  if (object === undefined || found.length > 1)
    throw new Error(`${String(found.length)} of ${kind} ${name ?? ''}`);
  return object;
}

/** Whether an object is run before an installation instead of being a part of it. */
export function isHook({ metadata }: Rendered): boolean {
  return metadata.annotations?.['helm.sh/hook'] !== undefined;
}

/** The values that make the quick start. */
export const OCI: Values = {
  oci: {
    registryUrl: 'https://registry.example.com',
    pushTestRepository: 'team/doctor-test',
    existingSecret: 'team-login',
  },
};
