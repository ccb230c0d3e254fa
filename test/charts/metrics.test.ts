import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { lab } from '../support/lab.ts';
import { runProcess } from '../support/processes.ts';
import { template, the, type Rendered } from './helm.ts';

const RULES = 'charts/registry-push-check/files/rules.yaml';

// The kinds of the Prometheus operator are not installed in the test's API server: what matters of them is compared here.
describe('what the chart renders for Prometheus', () => {
  let objects: readonly Rendered[];
  before(async () => {
    objects = await template({
      metrics: {
        serviceMonitor: { enabled: true, interval: '1m', labels: { prometheus: 'main' } },
        prometheusRule: { enabled: true, labels: { prometheus: 'main' } },
      },
    });
  });

  it('scrapes the Service’s port, and leaves the namespace of a series to the check', () => {
    const monitor = the(objects, 'ServiceMonitor');
    const { labels } = the(objects, 'Service').metadata;
    const { selector, endpoints, ...rest } = monitor['spec'] as {
      readonly selector: { readonly matchLabels: object };
      readonly endpoints: readonly object[];
    };
    expect(monitor).to.include({ apiVersion: 'monitoring.coreos.com/v1' });
    expect(monitor.metadata.labels).to.include({ prometheus: 'main' });
    expect(labels).to.include(selector.matchLabels);
    expect(endpoints).to.deep.equal([{ port: 'http', path: '/metrics', honorLabels: true, interval: '1m' }]);
    expect(rest).to.deep.equal({});
  });

  it('holds the alerts as they are', async () => {
    const rule = the(objects, 'PrometheusRule');
    expect(rule).to.include({ apiVersion: 'monitoring.coreos.com/v1' });
    expect(rule.metadata.labels).to.include({ prometheus: 'main' });
    expect(rule['spec']).to.deep.equal(parse(await readFile(RULES, 'utf8')));
    expect(rule['spec']).to.have.keys(['groups']);
  });

  it('holds alerts that Prometheus takes', async () => {
    const { dir, tools } = lab();
    const file = join(dir, 'charts', 'rules.yaml');
    await mkdir(join(dir, 'charts'), { recursive: true });
    await writeFile(file, stringify(the(objects, 'PrometheusRule')['spec']));
    const args = ['check', 'rules', file];
    const { code, stdout, stderr } = await runProcess({ name: 'promtool', file: tools.promtool, args });
    expect(code, stdout + stderr).to.equal(0);
  });
});
