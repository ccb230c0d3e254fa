import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { CHARTS, valuesOf } from '../../scripts/charts.ts';
import { CONFIG_KEYS, parseConfig } from '../../src/config.ts';
import { HELMS, OCI, refusal, runTemplate, template, the, type Values } from './helm.ts';

/** For each value another one than the default, and what else must be set for it to matter. */
const CHANGES: Readonly<Record<string, { readonly to: unknown; readonly beside?: Values }>> = {
  'oci.enabled': { to: false, beside: OCI },
  'oci.registryUrl': { to: 'https://other.example.com' },
  'oci.pushTestRepository': { to: 'team/other', beside: OCI },
  'oci.existingSecret': { to: 'other', beside: OCI },
  'oci.spec': { to: { interval: '1h' }, beside: OCI },
  watchNamespaces: { to: ['team-a'] },
  'config.watchLabelSelector': { to: 'team=a' },
  'config.defaults.interval': { to: '20m' },
  'config.defaults.retryInterval': { to: '2m' },
  'config.concurrency': { to: 8 },
  'config.insecureRegistries': { to: ['registry.example.com:5000'] },
  'config.policy.allowedRegistries': { to: ['registry.example.com'] },
  'config.policy.trustedRegistries': { to: ['registry.example.com'] },
  'config.bindings': { to: [{ namespace: 'a', secret: 'b', registry: 'registry.example.com' }] },
  'config.tokenHosts': { to: ['registry.example.com=auth.example.org'] },
  'config.egress.allowCIDRs': { to: ['127.0.0.0/8'] },
  'config.server.address': { to: '::' },
  'config.server.port': { to: 9090 },
  'config.status.showPrincipal': { to: true },
  'config.kubeApi.qps': { to: 20 },
  'config.kubeApi.burst': { to: 40 },
  'config.log.level': { to: 'debug' },
  'config.log.format': { to: 'text' },
  'caBundle.pem': { to: 'PEM' },
  'caBundle.existingConfigMap': { to: 'authorities' },
  'caBundle.existingSecret': { to: 'authorities' },
  'caBundle.key': { to: 'bundle.pem', beside: { caBundle: { existingSecret: 'authorities' } } },
  'proxy.httpsProxy': { to: 'http://proxy.example.com:3128' },
  'proxy.noProxy': {
    to: ['.example.com', '10.0.0.0/8'],
    beside: { proxy: { existingSecret: 'proxy-login' } },
  },
  'proxy.existingSecret': { to: 'proxy-login' },
  'rbac.create': { to: false },
  'rbac.secrets': { to: 'cluster' },
  'rbac.secretNamespaces': { to: ['team-a'] },
  'rbac.namedSecrets': {
    to: [{ namespace: 'team-a', names: ['login'] }],
    beside: { rbac: { secrets: 'named' } },
  },
  'rbac.aggregate': { to: false },
  'admissionPolicy.enabled': { to: true },
  'serviceAccount.create': { to: false },
  'serviceAccount.name': { to: 'other' },
  'serviceAccount.annotations': { to: { team: 'a' } },
  'crds.hook.enabled': { to: false },
  'image.registry': { to: 'mirror.example.com' },
  'image.repository': { to: 'other' },
  'image.tag': { to: '1.2.3' },
  'image.digest': { to: `sha256:${'0'.repeat(64)}` },
  'image.pullPolicy': { to: 'Always' },
  imagePullSecrets: { to: [{ name: 'pull' }] },
  replicaCount: { to: 0 },
  resources: { to: { limits: { memory: '512Mi' } } },
  openshift: { to: true },
  podSecurityContext: { to: { fsGroup: 1 } },
  securityContext: { to: { privileged: false } },
  podAnnotations: { to: { team: 'a' } },
  podLabels: { to: { team: 'a' } },
  nodeSelector: { to: { team: 'a' } },
  tolerations: { to: [{ key: 'team', operator: 'Exists' }] },
  affinity: { to: { nodeAffinity: {} } },
  topologySpreadConstraints: { to: [{ maxSkew: 1 }] },
  priorityClassName: { to: 'high' },
  extraEnv: { to: [{ name: 'A', value: 'b' }] },
  extraVolumes: { to: [{ name: 'a', emptyDir: {} }] },
  extraVolumeMounts: { to: [{ name: 'a', mountPath: '/a' }] },
  'networkPolicy.enabled': { to: true },
  'networkPolicy.ingressFrom': { to: [{ podSelector: {} }], beside: { networkPolicy: { enabled: true } } },
  'networkPolicy.egress': { to: [{}], beside: { networkPolicy: { enabled: true } } },
  'metrics.service.enabled': { to: false },
  'metrics.service.annotations': { to: { team: 'a' } },
  'metrics.serviceMonitor.enabled': { to: true },
  'metrics.serviceMonitor.interval': { to: '1m', beside: { metrics: { serviceMonitor: { enabled: true } } } },
  'metrics.serviceMonitor.labels': {
    to: { team: 'a' },
    beside: { metrics: { serviceMonitor: { enabled: true } } },
  },
  'metrics.prometheusRule.enabled': { to: true },
  'metrics.prometheusRule.labels': {
    to: { team: 'a' },
    beside: { metrics: { prometheusRule: { enabled: true } } },
  },
  nameOverride: { to: 'other' },
  fullnameOverride: { to: 'other' },
};

/** Values that are refused, and what the refusal says: the path in the values, and what is right where words of ours say it. */
const REFUSED: Readonly<Record<string, { readonly values: Values; readonly says: readonly string[] }>> = {
  'a typo': {
    values: { oci: { existngSecret: 'x' } },
    says: ["at '/oci': additional properties 'existngSecret' not allowed"],
  },
  'a typo in the configuration': {
    values: { config: { log: { leve: 'info' } } },
    says: ["at '/config/log': additional properties 'leve' not allowed"],
  },
  'a key at the top that nobody knows': {
    values: { replicas: 1 },
    says: ["additional properties 'replicas' not allowed"],
  },
  'a key that the chart sets itself': {
    values: { config: { watchNamespaces: [] } },
    says: ["at '/config': additional properties 'watchNamespaces' not allowed"],
  },
  'text for a number': { values: { config: { concurrency: 'many' } }, says: ["at '/config/concurrency'"] },
  'a number out of bounds': { values: { config: { server: { port: 70_000 } } }, says: ["at '/config/server/port'"] },
  'a word that is none of the three': {
    values: { rbac: { secrets: 'all' } },
    says: ["at '/rbac/secrets'", "'named', 'namespaced', 'cluster'"],
  },
  'a field of the check that the kind does not have': {
    values: { oci: { ...OCI['oci'] as object, spec: { intervall: '1h' } } },
    says: ["at '/oci/spec'", "'intervall' not allowed"],
  },
  'a field of the check that has a value of its own': {
    values: { oci: { spec: { registryUrl: 'https://registry.example.com' } } },
    says: ["at '/oci/spec/registryUrl'"],
  },
  'no names where names are listed': {
    values: { rbac: { secrets: 'named', namedSecrets: [{ namespace: 'a', names: [] }] } },
    says: ["at '/rbac/namedSecrets/0/names'"],
  },
  'a namespace that cannot be one': { values: { watchNamespaces: ['Team_A'] }, says: ["at '/watchNamespaces/0'"] },
  'two replicas': { values: { replicaCount: 2 }, says: ['replicaCount: this version runs one replica'] },
  'a check without a registry': {
    values: { oci: { enabled: true } },
    says: ['oci.enabled: a check needs a registry: set oci.registryUrl'],
  },
  'a Secret and no registry': {
    values: { oci: { existingSecret: 'team-login' } },
    says: ['oci.existingSecret: there is no check to use it: set oci.registryUrl'],
  },
  'a repository and no registry': {
    values: { oci: { pushTestRepository: 'team/app' } },
    says: ['oci.pushTestRepository: there is no check to use it: set oci.registryUrl'],
  },
  'more of a check and no registry': {
    values: { oci: { spec: { interval: '1h' } } },
    says: ['oci.spec: there is no check to use it: set oci.registryUrl'],
  },
  'a registry whose host nobody can read': {
    values: { oci: { registryUrl: 'https://ci@registry.example.com', existingSecret: 'team-login' } },
    says: ['oci.registryUrl: '],
  },
  'a check in a namespace that is not watched': {
    values: { ...OCI, watchNamespaces: ['team-a'] },
    says: ['watchNamespaces: the check of oci lies in namespace charts', 'add charts to watchNamespaces'],
  },
  'rights for the cluster without a ClusterRole': {
    values: { watchNamespaces: ['team-a'], rbac: { secrets: 'cluster' } },
    says: ['rbac.secrets: cluster does not go with watchNamespaces'],
  },
  'namespaces of Secrets that no mode looks at': {
    values: { rbac: { secrets: 'cluster', secretNamespaces: ['team-a'] } },
    says: ['rbac.secretNamespaces: has no effect while rbac.secrets is cluster'],
  },
  'names of Secrets that no mode looks at': {
    values: { rbac: { namedSecrets: [{ namespace: 'team-a', names: ['login'] }] } },
    says: ['rbac.namedSecrets: has no effect while rbac.secrets is namespaced'],
  },
  'two CA bundles': {
    values: { caBundle: { pem: 'PEM', existingSecret: 'authorities' } },
    says: ['caBundle: set one of pem, existingConfigMap and existingSecret'],
  },
  'a proxy given twice': {
    values: { proxy: { httpsProxy: 'http://proxy.example.com:3128', existingSecret: 'proxy-login' } },
    says: ['proxy: set one of httpsProxy and existingSecret'],
  },
  'the login of a proxy in the values': {
    values: { proxy: { httpsProxy: 'http://ci:hunter2@proxy.example.com:3128' } },
    says: ['proxy.httpsProxy: a URL with a login belongs into a Secret, under the key httpsProxy'],
  },
  'a proxy that is not for http': {
    values: { proxy: { httpsProxy: 'socks5://proxy.example.com:1080' } },
    says: ["at '/proxy/httpsProxy'"],
  },
  'a proxy that stands among the variables, too': {
    values: {
      proxy: { existingSecret: 'proxy-login' },
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' }],
    },
    says: ['extraEnv: the chart sets HTTPS_PROXY itself'],
  },
  'exemptions from the proxy that stand among the variables, too': {
    values: {
      proxy: { httpsProxy: 'http://proxy.example.com:3128' },
      extraEnv: [{ name: 'no_proxy', value: '.example.com' }],
    },
    says: ['extraEnv: the chart sets no_proxy itself', 'proxy.noProxy'],
  },
  'the address of the node among the variables': {
    values: { extraEnv: [{ name: 'NODE_IP', value: '10.0.0.1' }] },
    says: ['extraEnv: the chart sets NODE_IP itself'],
  },
  'a ServiceMonitor of nothing': {
    values: { config: { server: { port: 0 } }, metrics: { serviceMonitor: { enabled: true } } },
    says: ['metrics.serviceMonitor: there is nothing to scrape'],
  },
};

/** What values render to, once for each. */
const known = new Map<string, ReturnType<typeof runTemplate>>();
function unchanged(values: Values): ReturnType<typeof runTemplate> {
  const key = JSON.stringify(values);
  const rendered = known.get(key) ?? runTemplate(values);
  known.set(key, rendered);
  return rendered;
}

describe('the values of the operator’s chart', () => {
  it('are all in the table of changes', async () => {
    const values = valuesOf(await readFile('charts/registry-push-check/values.yaml', 'utf8'));
    expect(Object.keys(CHANGES)).to.have.members(values.map(({ path }) => path));
  });

  for (const [path, { to, beside = {} }] of Object.entries(CHANGES)) {
    it(`${path} changes what is rendered`, async () => {
      const [before, after] = await Promise.all([
        unchanged(beside),
        runTemplate(beside, { args: ['--set-json', `${path}=${JSON.stringify(to)}`] }),
      ]);
      expect(before.stderr + after.stderr).to.equal('');
      expect(after.stdout).not.to.equal(before.stdout);
    });
  }

  it('hold the operator’s configuration, key by key, with its own defaults', async () => {
    const { config } = parse(await readFile('charts/registry-push-check/values.yaml', 'utf8')) as {
      readonly config: Values;
    };
    const { properties } = JSON.parse(await readFile('charts/registry-push-check/values.schema.json', 'utf8')) as {
      readonly properties: { readonly config: Schema };
    };
    // Where checks are watched decides on the rights, too, and the bundle has to be mounted: the chart has values for them.
    const keys = CONFIG_KEYS.filter((key) => key !== 'watchNamespaces' && key !== 'caBundle');
    expect(keysOf(properties.config)).to.have.members(keys);
    expect(parseConfig(JSON.stringify(config))).to.deep.equal(parseConfig(''));
  });

  it('become a configuration that the operator takes', async () => {
    expect(await configOf({})).to.deep.equal(parseConfig(''));
    const changed = Object.entries(CHANGES).filter(([path]) => path.startsWith('config.'));
    for (const [path, { to }] of changed) {
      const args = ['--set-json', `${path}=${JSON.stringify(to)}`];
      expect(await configOf({}, args), path).not.to.deep.equal(parseConfig(''));
    }
    expect(await configOf({ watchNamespaces: ['team-a'], caBundle: { pem: 'PEM' } })).to.deep.include({
      watchNamespaces: ['team-a'],
      caBundle: '/etc/registry-push-check/ca/ca.crt',
    });
  });

  for (const helm of HELMS) {
    for (const [what, { values, says }] of Object.entries(REFUSED)) {
      it(`are refused by ${helm} for ${what}`, async () => {
        const said = await refusal(values, { helm });
        for (const words of says) expect(said).to.include(words);
      });
    }

    it(`may hold what ${helm} hands to every chart`, async () => {
      expect(await template({ global: { anything: true } }, { helm })).not.to.be.empty;
    });
  }
});

describe('the README of every chart', () => {
  for (const chart of CHARTS) {
    it(`of ${chart} describes every value`, async () => {
      const readme = await readFile(`charts/${chart}/README.md`, 'utf8');
      const values = valuesOf(await readFile(`charts/${chart}/values.yaml`, 'utf8'));
      const rows = [...readme.matchAll(/^\| `([A-Za-z.]+)` \| `(.*?)` \| .+ \|$/gm)].map(([, path, initial]) => ({
        path,
        initial,
      }));
      expect(rows).to.deep.include.members(values.map(({ path, initial }) => ({ path, initial })));
    });
  }
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

function keysOf({ properties = {} }: Schema, prefix = ''): readonly string[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    schema.properties === undefined ? [`${prefix}${name}`] : keysOf(schema, `${prefix}${name}.`),
  );
}

async function configOf(values: Values, args: readonly string[] = []): Promise<unknown> {
  const { data } = the(await template(values, { args }), 'ConfigMap') as unknown as {
    readonly data: Readonly<Record<string, string>>;
  };
  return parseConfig(data['config.yaml'] ?? '');
}
