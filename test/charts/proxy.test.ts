import { expect } from 'chai';
import { readProxy } from '../../src/registry/proxy.ts';
import { template, type Values } from './helm.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: unknown;
}

/** The variables of a proxy that the operator's container gets; the job that applies the CRD speaks to the API server alone. */
async function proxyOf(values: Values): Promise<readonly Variable[]> {
  const rendered = await template(values);
  const [deployment] = rendered.filter(({ kind }) => kind === 'Deployment') as unknown as readonly [
    { readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [{ readonly env: readonly Variable[] }] } } } },
  ];
  for (const job of rendered.filter(({ kind }) => kind === 'Job')) expect(JSON.stringify(job)).to.not.match(/_PROXY/);
  return deployment.spec.template.spec.containers[0].env.filter(({ name }) => name.endsWith('_PROXY'));
}

describe('proxy of the values', () => {
  it('sets no variable by default', async () => expect(await proxyOf({})).to.deep.equal([]));

  it('becomes HTTPS_PROXY and NO_PROXY, with nothing added, as the operator reads them', async () => {
    const proxy = { httpsProxy: 'http://proxy.example.com:3128', noProxy: ['.example.com', '10.0.0.0/8'] };
    const set = await proxyOf({ proxy });
    expect(set).to.deep.equal([
      { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' },
      { name: 'NO_PROXY', value: '.example.com,10.0.0.0/8' },
    ]);
    const read = readProxy(Object.fromEntries(set.map(({ name, value }) => [name, value])), []);
    expect(read?.origin).to.equal('http://proxy.example.com:3128');
    const served = ['a.example.com', '10.1.1.1', 'a.example.org'].map((host) => read?.serves(host, 443));
    expect(served).to.deep.equal([false, false, true]);
  });

  it('takes the URL from a Secret, where it has a login, whatever its name', async () => {
    for (const name of ['proxy-login', '123', '1e3'])
      expect((await proxyOf({ proxy: { existingSecret: name } }))[0]).to.deep.equal({
        name: 'HTTPS_PROXY',
        valueFrom: { secretKeyRef: { name, key: 'httpsProxy' } },
      });
  });

  it('asks registries in the cluster directly by default, and others not', async () => {
    const set = await proxyOf({ proxy: { httpsProxy: 'http://proxy.example.com:3128' } });
    const read = readProxy(Object.fromEntries(set.map(({ name, value }) => [name, value])), []);
    const hosts = ['harbor.team.svc', 'harbor.team.svc.cluster.local', 'registry.example.com'];
    expect(hosts.map((host) => read?.serves(host, 443))).to.deep.equal([false, false, true]);
  });

  it('leaves the variables to extraEnv where the values name no proxy', async () => {
    const extraEnv = [
      { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' },
      { name: 'NO_PROXY', value: '.example.com' },
    ];
    expect(await proxyOf({ extraEnv })).to.deep.equal(extraEnv);
  });
});
