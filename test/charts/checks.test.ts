import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readSpec } from '../../src/api/validate.ts';
import { HELMS, refusal, template, type Rendered, type Values } from './helm.ts';

const CHART = { chart: 'registry-push-checks' } as const;
const registryUrl = 'https://registry.example.com';

const REFUSED: Readonly<Record<string, { readonly values: Values; readonly says: string }>> = {
  'a typo beside a check': { values: { checks: [{ nam: 'one' }] }, says: "at '/checks/0': " },
  'a typo in a spec': {
    values: { checks: [{ name: 'one', spec: { registryUrl, intervall: '1h' } }] },
    says: "at '/checks/0/spec': additional properties 'intervall' not allowed",
  },
  'a typo in a list below a spec': {
    values: { checks: [{ name: 'one', spec: { registryUrl, pull: { repository: 'a', tag: 'b' } } }] },
    says: "at '/checks/0/spec/pull': additional properties 'tag' not allowed",
  },
  'a typo in a default': {
    values: { checkDefaults: { spec: { timout: '1s' } } },
    says: "at '/checkDefaults/spec': additional properties 'timout' not allowed",
  },
  'text for a number': {
    values: { checks: [{ name: 'one', spec: { registryUrl, historyLimit: 'five' } }] },
    says: "at '/checks/0/spec/historyLimit': got string, want integer",
  },
  'a number that the kind does not take': {
    values: { checks: [{ name: 'one', spec: { registryUrl, failureThreshold: 11 } }] },
    says: "at '/checks/0/spec/failureThreshold'",
  },
  'a check without a name': { values: { checks: [{ spec: { registryUrl } }] }, says: "missing property 'name'" },
  'a check without a registry': {
    values: { checks: [{ name: 'one', spec: { interval: '1h' } }] },
    says: 'checks: charts/one has no registry: set spec.registryUrl, there or in checkDefaults',
  },
  'two checks of one name': {
    values: { checkDefaults: { spec: { registryUrl } }, checks: [{ name: 'one' }, { name: 'one' }] },
    says: 'checks: two are called charts/one',
  },
};

describe('the chart of many checks', () => {
  it('renders each as it is written, and nothing else', async () => {
    const spec = {
      registryUrl,
      pushTestRepository: 'team/app',
      existingSecret: 'login',
      interval: '1h',
      timeout: '10s',
      retryInterval: '1m',
      failureThreshold: 5,
      pull: { repository: 'team/base', reference: 'v1' },
      suspend: true,
      historyLimit: 20,
    };
    const checks = [
      { name: 'one', namespace: 'team-a', labels: { tier: 'critical' }, annotations: { note: 'a: "b"' }, spec },
      { name: 'two', spec: { registryUrl } },
    ];
    const objects = await template({ checks }, CHART);
    expect(objects.map(({ kind }) => kind)).to.deep.equal(['RegistryPushCheck', 'RegistryPushCheck']);
    const [one, two] = byName(objects);
    expect(one?.['spec']).to.deep.equal(spec);
    expect(one?.metadata).to.deep.include({ name: 'one', namespace: 'team-a', annotations: { note: 'a: "b"' } });
    expect(one?.metadata.labels).to.include({ tier: 'critical', 'app.kubernetes.io/instance': 'rpc' });
    expect(two?.['spec']).to.deep.equal({ registryUrl });
    expect(two?.metadata).to.include({ namespace: 'charts' }).and.not.to.have.property('annotations');
  });

  it('renders nothing without checks', async () => {
    expect(await template({}, CHART)).to.deep.equal([]);
  });

  it('puts defaults under each check, and lets false and empty values win over them', async () => {
    const checkDefaults = {
      namespace: 'team-a',
      labels: { tier: 'low', team: 'a' },
      annotations: { note: 'default' },
      spec: { registryUrl, suspend: true, pull: { repository: 'base', reference: 'v1' }, existingSecret: 'login' },
    };
    const checks = [
      { name: 'a' },
      {
        name: 'b',
        namespace: 'team-b',
        labels: { tier: 'high' },
        spec: { suspend: false, existingSecret: '', pull: { repository: 'other' } },
      },
    ];
    const [a, b] = byName(await template({ checkDefaults, checks }, CHART));
    expect(a?.['spec']).to.deep.equal(checkDefaults.spec);
    expect(a?.metadata).to.deep.include({ namespace: 'team-a', annotations: { note: 'default' } });
    expect(b?.['spec']).to.deep.equal({
      registryUrl,
      suspend: false,
      existingSecret: '',
      pull: { repository: 'other' },
    });
    expect(b?.metadata.namespace).to.equal('team-b');
    expect(b?.metadata.labels).to.include({ tier: 'high', team: 'a' });
  });

  it('drops the default times that a check replaces by the other kind of times', async () => {
    const daily = { schedule: '0 6 * * *' };
    const times = { interval: '1h' };
    const cron = { schedule: '0 0 * * *', timeZone: 'Europe/Berlin' };
    const merge = async (spec: object, own: object): Promise<unknown> => {
      const values = { checkDefaults: { spec: { registryUrl, ...spec } }, checks: [{ name: 'a', spec: own }] };
      return (await template(values, CHART))[0]?.['spec'];
    };
    expect(await merge(times, daily)).to.deep.equal({ registryUrl, ...daily });
    expect(await merge(cron, times)).to.deep.equal({ registryUrl, ...times });
    expect(await merge(cron, daily)).to.deep.equal({ registryUrl, ...daily, timeZone: 'Europe/Berlin' });
  });

  for (const helm of HELMS) {
    for (const [what, { values, says }] of Object.entries(REFUSED)) {
      it(`is refused by ${helm} for ${what}`, async () => {
        expect(await refusal(values, { ...CHART, helm })).to.include(says);
      });
    }
  }

  it('renders the example of its README, with specs that the operator takes', async () => {
    const readme = await readFile('charts/registry-push-checks/README.md', 'utf8');
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    const objects = await template(parse(example) as Values, CHART);
    expect(objects).to.have.length(2);
    for (const { spec } of objects) {
      expect(readSpec(spec, { intervalMs: 600_000, retryIntervalMs: 60_000 })).to.include({ ok: true });
    }
  });
});

function byName(objects: readonly Rendered[]): readonly Rendered[] {
  return objects.toSorted((one, two) => one.metadata.name.localeCompare(two.metadata.name));
}
