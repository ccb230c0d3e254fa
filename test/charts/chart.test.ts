import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { CHARTS } from '../../scripts/charts.ts';
import { INSTALL_MANIFEST, installManifest } from '../../scripts/manifests.ts';
import { lab } from '../support/lab.ts';
import { HELMS, isHook, objectsOf, OCI, runHelm, runTemplate, template, the, type Values } from './helm.ts';

const EVERYTHING: Values = {
  ...OCI,
  caBundle: { pem: 'PEM' },
  networkPolicy: { enabled: true },
  metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
};

const CHECKS: Values = {
  checks: [{ name: 'one', spec: { registryUrl: 'https://registry.example.com' } }],
};

describe('every chart', () => {
  for (const chart of CHARTS) {
    for (const helm of HELMS) {
      it(`${chart} passes ${helm} lint --strict`, async () => {
        const { code, stdout, stderr } = await runHelm(helm, ['lint', '--strict', `charts/${chart}`]);
        expect(code, stdout + stderr).to.equal(0);
        expect(stdout).to.match(/1 chart\(s\) linted, 0 chart\(s\) failed/);
      });
    }

    it(`${chart} has the version of the product`, async () => {
      const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
      const about = parse(await readFile(`charts/${chart}/Chart.yaml`, 'utf8')) as object;
      expect(about).to.include({ name: chart, version, appVersion: version, kubeVersion: '>=1.30.0-0' });
    });

    it(`${chart} is rendered alike by both Helms`, async () => {
      const values = chart === 'registry-push-check' ? EVERYTHING : CHECKS;
      const [four, three] = await Promise.all(HELMS.map((helm) => template(values, { chart, helm })));
      expect(four).to.have.length.greaterThan(0);
      expect(three).to.deep.equal(four);
    });

    it(`${chart} is refused by a Kubernetes that is too old`, async () => {
      const { code, stderr } = await runTemplate({}, { chart, args: ['--kube-version', '1.29.9'] });
      expect(code).to.equal(1);
      expect(stderr).to.include('requires kubeVersion: >=1.30.0-0');
    });
  }
});

describe('the chart of the operator', () => {
  it('carries the CRD as it is', async () => {
    const files = await readdir('crds');
    expect(await readdir('charts/registry-push-check/crds')).to.deep.equal(files);
    for (const file of files) {
      expect(await readFile(`charts/registry-push-check/crds/${file}`, 'utf8')).to.equal(
        await readFile(`crds/${file}`, 'utf8'),
      );
    }
  });

  it('names and labels all objects alike, within 63 characters', async () => {
    const release = 'a-release-with-a-name-that-is-as-long-as-helm-takes-1';
    for (const object of await template(EVERYTHING, { release })) {
      expect(object.metadata.name, object.kind).to.match(/^a-release-with-a-name-.*/).and.have.length.at.most(63);
      const name = isHook(object) ? 'registry-push-check-crds' : 'registry-push-check';
      expect(object.metadata.labels, object.kind).to.include({
        'app.kubernetes.io/name': name,
        'app.kubernetes.io/instance': release,
        'app.kubernetes.io/managed-by': 'Helm',
      });
    }
  });

  it('calls everything registry-push-check in a release of that name', async () => {
    const names = (await template(OCI, { release: 'registry-push-check' })).map(({ metadata }) => metadata.name);
    expect(new Set(names.map((name) => name.replace(/-(?:oci|secrets|view|edit|crds)$/, '')))).to.deep.equal(
      new Set(['registry-push-check']),
    );
  });

  it('gives the pod the arguments that the entry point of the image leaves open', async () => {
    const objects = await template(OCI);
    expect(containersOf(the(objects, 'Deployment'))).to.have.length(1);
    expect(containersOf(the(objects, 'Deployment'))[0])
      .to.deep.include({ args: ['controller', '--config', '/etc/registry-push-check/config.yaml'] })
      .and.not.to.have.property('command');
    expect(containersOf(the(objects, 'Job'))[0])
      .to.deep.include({ args: ['crds', 'apply'] })
      .and.not.to.have.property('command');
  });

  it('selects with the Service and the NetworkPolicy the pod of the operator, and not that of the hook', async () => {
    const objects = await template(EVERYTHING);
    const labelsOf = (kind: string): object => field(the(objects, kind), 'spec', 'template', 'metadata', 'labels');
    const selectors = [
      field(the(objects, 'Service'), 'spec', 'selector'),
      field(the(objects, 'NetworkPolicy'), 'spec', 'podSelector', 'matchLabels'),
      field(the(objects, 'Deployment'), 'spec', 'selector', 'matchLabels'),
    ];
    for (const selector of selectors) {
      expect(labelsOf('Deployment')).to.include(selector);
      expect(labelsOf('Job')).not.to.include(selector);
    }
  });

  it('restarts the operator when its configuration changes, and only then', async () => {
    const checksum = async (values: Values): Promise<unknown> =>
      field(the(await template(values), 'Deployment'), 'spec', 'template', 'metadata', 'annotations');
    const before = await checksum({});
    expect(await checksum({ rbac: { secrets: 'cluster' }, crds: { hook: { enabled: false } } })).to.deep.equal(before);
    const changes: readonly Values[] = [
      { config: { concurrency: 33 } },
      { caBundle: { pem: 'PEM' } },
      { caBundle: { pem: 'OTHER' } },
      OCI,
      { watchNamespaces: ['charts'] },
    ];
    const after = await Promise.all(changes.map(async (values) => JSON.stringify(await checksum(values))));
    expect(new Set([JSON.stringify(before), ...after]).size).to.equal(changes.length + 1);
  });

  it('leaves users and groups to OpenShift', async () => {
    for (const openshift of [false, true]) {
      const objects = await template({ openshift });
      for (const kind of ['Deployment', 'Job']) {
        const context = field(the(objects, kind), 'spec', 'template', 'spec', 'securityContext');
        expect('runAsUser' in context || 'runAsGroup' in context).to.equal(!openshift);
        expect(context).to.include({ runAsNonRoot: true });
      }
    }
  });

  it('has no probes, port or Service where the operator serves none', async () => {
    const objects = await template({ config: { server: { port: 0 } }, networkPolicy: { enabled: true } });
    expect(objects.map(({ kind }) => kind)).not.to.include('Service');
    expect(containersOf(the(objects, 'Deployment'))[0]).not.to.have.any.keys(
      ['ports', 'startupProbe', 'livenessProbe', 'readinessProbe'],
    );
    expect(the(objects, 'NetworkPolicy')['spec']).not.to.have.property('ingress');
  });

  it('runs no hook where it renders no ClusterRole', async () => {
    expect((await template({})).filter(isHook).map(({ kind }) => kind)).to.have.members([
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
      'Job',
    ]);
    const without: readonly Values[] = [
      { watchNamespaces: ['charts'] },
      { rbac: { create: false } },
      { crds: { hook: { enabled: false } } },
    ];
    for (const values of without) expect((await template(values)).filter(isHook)).to.deep.equal([]);
  });

  it('has the hook make its rights first, and removes them', async () => {
    const hooks = (await template({})).filter(isHook);
    const weight = (kind: string): number =>
      Number(the(hooks, kind).metadata.annotations?.['helm.sh/hook-weight']);
    expect(weight('ServiceAccount')).to.be.lessThan(weight('Job'));
    expect(weight('ClusterRole')).to.be.lessThan(weight('ClusterRoleBinding'));
    expect(weight('ClusterRoleBinding')).to.be.lessThan(weight('Job'));
    for (const { metadata } of hooks) {
      expect(metadata.annotations).to.include({
        'helm.sh/hook': 'pre-install,pre-upgrade',
        'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
      });
    }
  });
});

describe(INSTALL_MANIFEST, () => {
  it('is what the chart renders (npm run manifests)', async () => {
    const { tools } = lab();
    const text = await readFile(INSTALL_MANIFEST, 'utf8');
    expect(await installManifest(tools.helm)).to.equal(text);
    const [three, four] = [objectsOf(await installManifest(tools.helm3)), objectsOf(text)];
    expect(three).to.deep.equal(four);
  });

  it('begins with the namespace and the kind, and runs nothing but the operator', async () => {
    const objects = objectsOf(await readFile(INSTALL_MANIFEST, 'utf8'));
    expect(objects.slice(0, 2).map(({ kind }) => kind)).to.deep.equal(['Namespace', 'CustomResourceDefinition']);
    expect(objects.filter(isHook)).to.deep.equal([]);
    expect(the(objects, 'Namespace').metadata.labels).to.include({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    const elsewhere = objects.filter(
      ({ metadata: { namespace } }) => namespace !== undefined && namespace !== 'registry-push-check-system',
    );
    expect(elsewhere).to.deep.equal([]);
  });
});

/** What lies below an object at a path of keys. */
function field(object: Readonly<Record<string, unknown>>, ...path: readonly string[]): object {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], object) as object;
}

function containersOf(workload: Readonly<Record<string, unknown>>): readonly object[] {
  return field(workload, 'spec', 'template', 'spec', 'containers') as readonly object[];
}
