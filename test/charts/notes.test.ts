import { expect } from 'chai';
import { apply, install } from '../cluster/fixture.ts';
import { namespace } from '../support/manifests.ts';
import { HELMS, OCI, runHelm, type Helm, type Values } from './helm.ts';

const oci = (more: object): Values => ({ oci: { ...(OCI['oci'] as object), ...more } });

/** What the notes after an installation must say, and must not. */
const NOTES: Readonly<
  Record<string, { readonly values: Values; readonly says: readonly string[]; readonly not?: readonly string[] }>
> = {
  'the quick start': {
    values: OCI,
    says: [
      'kubectl get registrypushcheck rpc-registry-push-check-oci -n charts -w',
      'kubectl describe registrypushcheck rpc-registry-push-check-oci -n charts',
      'kubectl create secret docker-registry team-login -n charts --docker-server=registry.example.com',
      'may read Secrets in: charts.',
      'kubectl create rolebinding rpc-registry-push-check-secrets -n NAMESPACE --clusterrole=rpc-registry-push-check-secrets --serviceaccount=charts:rpc-registry-push-check',
      '"helm upgrade --wait" of this release fails',
    ],
    not: ['WARNING', 'kubectl apply --server-side'],
  },
  'Docker Hub': {
    values: oci({ registryUrl: 'docker.io' }),
    says: ['--docker-server=https://index.docker.io/v1/'],
  },
  'a check without a login': {
    values: oci({ existingSecret: '' }),
    says: ['asks without a login'],
    not: ['kubectl create secret'],
  },
  'no check': {
    values: {},
    says: ['without a check', '--set oci.registryUrl=', 'kubectl get registrypushchecks -A -w'],
    not: ['-oci', '--wait'],
  },
  'plain http': {
    values: oci({ registryUrl: 'http://registry.example.com:5000' }),
    says: ['WARNING: oci.registryUrl is http://', 'config.insecureRegistries'],
  },
  'plain http that is allowed': {
    values: {
      ...oci({ registryUrl: 'http://registry.example.com:5000' }),
      config: { insecureRegistries: ['registry.example.com:5000'] },
    },
    says: [],
    not: ['WARNING'],
  },
  'Secrets of the whole cluster': {
    values: { rbac: { secrets: 'cluster' } },
    says: ['WARNING: the operator may read every Secret of the cluster'],
    not: ['kubectl create rolebinding'],
  },
  'named Secrets': {
    values: { ...OCI, rbac: { secrets: 'named' } },
    says: ['only these Secrets', 'charts: team-login', 'rbac.namedSecrets'],
  },
  'named Secrets, and none named': { values: { rbac: { secrets: 'named' } }, says: ['only these Secrets', 'none'] },
  'some namespaces': {
    values: { watchNamespaces: ['charts', 'charts-a'] },
    says: [
      'Only checks in charts, charts-a are served.',
      'kubectl apply --server-side --force-conflicts --field-manager=helm -f crds/',
      'may read Secrets in: charts, charts-a.',
    ],
    not: ['kubectl create rolebinding'],
  },
  'no hook': {
    values: { crds: { hook: { enabled: false } } },
    says: ['keeps the CRD current', 'kubectl apply --server-side --force-conflicts --field-manager=helm -f crds/'],
  },
  'no rights': { values: { rbac: { create: false } }, says: ['rbac.create is false'], not: ['may read Secrets'] },
};

describe('the notes after an installation', () => {
  before(async () => {
    await install();
    await apply(...['charts', 'charts-a'].map(namespace));
  });

  for (const [what, { values, says, not = [] }] of Object.entries(NOTES)) {
    it(`say what there is to say about ${what}`, async () => {
      const notes = await notesOf('registry-push-check', values);
      for (const words of says) expect(notes).to.include(words);
      for (const words of not) expect(notes).not.to.include(words);
      expect(notes).not.to.match(/\n\n\n|[ \t]\n|<no value>|<nil>/);
    });
  }

  it('are the same under both Helms', async () => {
    const [four, three] = await Promise.all(HELMS.map((helm) => notesOf('registry-push-check', OCI, helm)));
    expect(three).to.equal(four);
  });

  it('list where to look for many checks, and which Secrets they need', async () => {
    const spec = { registryUrl: 'https://registry.example.com', existingSecret: 'login' };
    const checks = [
      { name: 'one', spec },
      { name: 'two', namespace: 'charts-a', spec },
      { name: 'three', spec },
    ];
    const notes = await notesOf('registry-push-checks', { checks });
    const lines = [
      '3 checks.',
      '  kubectl get registrypushchecks -n charts -l app.kubernetes.io/instance=rpc -w',
      '  kubectl get registrypushchecks -n charts-a -l app.kubernetes.io/instance=rpc -w',
      '  charts/login',
      '  charts-a/login',
      'doctor.stella-ops.org/registries=',
    ];
    for (const words of lines) expect(notes.split(words), words).to.have.length(2);
    expect(notes).not.to.match(/\n\n\n|[ \t]\n|<no value>|<nil>/);
  });

  it('say that there are no checks', async () => {
    expect(await notesOf('registry-push-checks', {})).to.include('No checks');
  });
});

async function notesOf(chart: string, values: Values, helm: Helm = 'helm'): Promise<string> {
  const args = ['install', 'rpc', `charts/${chart}`, '--namespace', 'charts', '--dry-run=server', '--values', '-'];
  const { code, stdout, stderr } = await runHelm(helm, args, values);
  expect(code, stderr).to.equal(0);
  return stdout.slice(stdout.indexOf('\nNOTES:\n') + '\nNOTES:\n'.length).trim();
}
