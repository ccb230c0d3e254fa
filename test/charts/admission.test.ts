import { expect } from 'chai';
import { apply, install } from '../cluster/fixture.ts';
import { lab } from '../support/lab.ts';
import { template, type Rendered, type Values } from './helm.ts';
import { MODES } from './modes.ts';

const RESTRICTED = Object.fromEntries(
  ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
);

/** What only some values render. The kinds of the Prometheus operator are not installed here: metrics.test.ts is about them. */
const MORE: Readonly<Record<string, Values>> = {
  'on OpenShift': { openshift: true },
  'with a NetworkPolicy': {
    networkPolicy: {
      enabled: true,
      ingressFrom: [{ namespaceSelector: {} }],
      egress: [{ ports: [{ port: 443 }] }],
    },
  },
  'with a CA bundle of its own': { caBundle: { pem: 'PEM' } },
  'with a CA bundle of somebody else': { caBundle: { existingConfigMap: 'authorities', key: 'bundle.pem' } },
  'with a proxy': { proxy: { existingSecret: 'proxy-login', noProxy: ['.example.com'] } },
  'with everything that a pod may get': {
    imagePullSecrets: [{ name: 'pull' }],
    podAnnotations: { a: 'b' },
    podLabels: { a: 'b' },
    nodeSelector: { a: 'b' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
    ],
    extraEnv: [{ name: 'A', value: 'b' }],
    extraVolumes: [{ name: 'a', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'a', mountPath: '/a' }],
    image: { registry: 'mirror.example.com:5000', digest: `sha256:${'0'.repeat(64)}` },
    metrics: { service: { annotations: { a: 'b' } } },
  },
  'without ports': { config: { server: { port: 0 } } },
  'with a policy on who may name a Secret': { admissionPolicy: { enabled: true } },
  'with that policy in some namespaces': {
    ...MODES['some namespaces, their Secrets'],
    admissionPolicy: { enabled: true },
  },
};

describe('the API server, in namespaces for restricted pods only', () => {
  before(async () => {
    await install();
    const namespaces = ['charts', 'charts-a'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: RESTRICTED },
    }));
    await apply(...namespaces);
  });

  for (const [what, values] of Object.entries<Values>({ ...MODES, ...MORE })) {
    it(`takes without a warning what the chart renders: ${what}`, async () => {
      const objects = await template(values);
      await take([...objects, ...objects.flatMap(podOf)]);
    });
  }

  it('would refuse the pod without its security contexts', async () => {
    const objects = await template({ podSecurityContext: { runAsNonRoot: false } });
    const { code, stderr } = await dryRun(objects.flatMap(podOf));
    expect(code).to.equal(1);
    expect(stderr).to.include('violates PodSecurity "restricted:latest"');
  });

  it('takes without a warning what the chart of many checks renders', async () => {
    const spec = { registryUrl: 'https://registry.example.com', pull: { repository: 'team/app' } };
    const checks = [
      { name: 'one', spec },
      { name: 'two', namespace: 'charts-a', labels: { a: 'b' }, annotations: { a: 'b' }, spec },
    ];
    await take(await template({ checks }, { chart: 'registry-push-checks' }));
  });
});

/** The pod that a controller would make of a workload. */
function podOf({ kind, metadata, spec }: Rendered): readonly Rendered[] {
  if (kind !== 'Deployment' && kind !== 'Job') return [];
  const { template: pod } = spec as { readonly template: { readonly metadata: object; readonly spec: object } };
  const { name, namespace } = metadata;
  return [{ apiVersion: 'v1', kind: 'Pod', metadata: { ...pod.metadata, name, namespace: namespace ?? '' }, spec: pod.spec }];
}

async function take(objects: readonly Rendered[]): Promise<void> {
  expect(objects).not.to.be.empty;
  const { code, stdout, stderr } = await dryRun(objects);
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).to.have.length(objects.length);
}

function dryRun(items: readonly Rendered[]): ReturnType<ReturnType<typeof lab>['controlPlane']['kubectl']> {
  return lab().controlPlane.kubectl(
    ['create', '--dry-run=server', '--validate=strict', '--warnings-as-errors', '-f', '-'],
    { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
  );
}
