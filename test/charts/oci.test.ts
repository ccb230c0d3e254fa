import { expect } from 'chai';
import { parse } from 'yaml';
import { API_VERSION } from '../../src/api/registrypushcheck.ts';
import { parseConfig } from '../../src/config.ts';
import { isNamedBy, parseRegistryUrl } from '../../src/registry/origin.ts';
import { BAD_URLS } from '../api/bad-urls.ts';
import { GOOD_SAMPLES } from '../api/good-samples.ts';
import { CANARY } from '../api/sample.ts';
import { OCI, runTemplate, template, the, objectsOf, type Values } from './helm.ts';

/** URLs that name their host in a form that would have to be computed: refused beside a Secret, with a sentence. */
const BY_HAND = [
  'https://2130706433',
  'https://127.1',
  'https://0x7f000001',
  'https://127.0.0.01',
  'https://[::ffff:192.0.2.10]',
  'https://[2001:db8:0:0::1]',
  'https://[2001:0db8::1]',
  'https://[1::2:3:4:5:6:7]',
];

const CANONICAL = [
  'registry.example.com',
  'https://registry.example.com/',
  'https://Registry.EXAMPLE.com:443/Prefix',
  'http://registry.example.com:80',
  'https://127.0.0.1:5000',
  'https://255.255.255.255',
  'https://[::1]:5000/x',
  'https://[2001:DB8::A]',
  'https://[1:2:3:4:5:6:7:8]',
  'docker.io',
  'https://index.docker.io',
];

describe('the quick start', () => {
  it('renders one check with the three fields', async () => {
    expect(the(await template(OCI), 'RegistryPushCheck')).to.deep.include({
      apiVersion: API_VERSION,
      spec: OCI['oci'],
    });
  });

  it('calls it after the release, in the namespace of the release', async () => {
    const { metadata } = the(await template(OCI, { namespace: 'elsewhere' }), 'RegistryPushCheck');
    expect(metadata).to.include({ name: 'rpc-registry-push-check-oci', namespace: 'elsewhere' });
  });

  it('renders what else the spec is to hold, and leaves out what is not set', async () => {
    const oci = { registryUrl: 'registry.example.com', spec: { interval: '1h', pull: { repository: 'team/app' } } };
    expect(the(await template({ oci }), 'RegistryPushCheck')['spec']).to.deep.equal({
      registryUrl: 'registry.example.com',
      interval: '1h',
      pull: { repository: 'team/app' },
    });
  });

  const SWITCH: readonly (readonly [enabled: unknown, url: string, rendered: boolean])[] = [
    ['auto', 'https://registry.example.com', true],
    ['auto', '', false],
    [true, 'https://registry.example.com', true],
    [false, 'https://registry.example.com', false],
    [false, '', false],
  ];
  for (const [enabled, registryUrl, rendered] of SWITCH) {
    it(`with enabled: ${String(enabled)} and ${registryUrl || 'no registry'} renders ${rendered ? 'a' : 'no'} check`, async () => {
      const objects = await template({ oci: { enabled, registryUrl } });
      expect(objects.some(({ kind }) => kind === 'RegistryPushCheck')).to.equal(rendered);
    });
  }
});

describe('the Secret of the quick start', function () {
  this.timeout(60_000);

  it('is bound to its registry, beside what the installer binds', async () => {
    const other = { namespace: 'a', secret: 'b', registry: 'other.example.com' };
    expect((await configOf({ ...OCI, config: { bindings: [other] } })).bindings).to.deep.equal([
      other,
      { namespace: 'charts', secret: 'team-login', registry: 'registry.example.com' },
    ]);
  });

  it('is not bound without a check or without a Secret, and nothing is trusted with more than that', async () => {
    const cases: readonly Values[] = [
      { oci: { ...(OCI['oci'] as object), enabled: false } },
      { oci: { registryUrl: 'https://registry.example.com' } },
    ];
    for (const values of cases) expect((await configOf(values)).bindings).to.deep.equal([]);
    for (const values of [OCI, cases[0] ?? {}])
      expect((await configOf(values)).policy).to.deep.equal({ allowedRegistries: [], trustedRegistries: [] });
  });

  it('row 32: is not there: its registry is trusted, so that it is asked at a private address, too', async () => {
    const oci = { registryUrl: 'https://10.1.2.3:5000/prefix' };
    const policy = { trustedRegistries: ['other.example.com'], allowedRegistries: ['10.1.2.3:5000'] };
    expect((await configOf({ oci })).policy.trustedRegistries).to.deep.equal(['10.1.2.3:5000']);
    expect((await configOf({ oci, config: { policy } })).policy).to.deep.equal({
      ...policy,
      trustedRegistries: ['other.example.com', '10.1.2.3:5000'],
    });
    expect((await configOf({ oci: { registryUrl: 'https://2130706433' } })).policy.trustedRegistries).to.deep.equal([]);
  });

  for (const url of CANONICAL) {
    it(`is bound to the host of ${url}`, async () => {
      const [binding] = (await bound(url)).bindings;
      expect(binding?.registry).to.be.a('string');
      expect(isNamedBy(registry(url), binding?.registry ?? '')).to.equal(true);
    });
  }

  for (const url of BY_HAND) {
    it(`is refused beside ${url}`, async () => {
      expect(await said(url)).to.match(/oci\.registryUrl: the host that oci\.existingSecret may be sent to cannot be read/);
      expect(parseRegistryUrl(url)).not.to.have.property('problem');
    });
  }

  it('is bound to the right host, or refused, for every URL that the kind takes', async () => {
    const urls = Object.values(GOOD_SAMPLES).map(({ registryUrl }) => String(registryUrl));
    for (const url of new Set(urls)) {
      const { code, stdout } = await run(url);
      if (code !== 0) expect(parseRegistryUrl(url), url).not.to.have.property('host', url);
      else expect(isNamedBy(registry(url), bindingIn(stdout)), url).to.equal(true);
    }
  });

  it('never makes Helm print a password in a URL, nor the operator refuse its configuration', async () => {
    for (const { name, spec } of BAD_URLS) {
      const url = (spec as { readonly registryUrl?: unknown } | undefined)?.registryUrl;
      if (typeof url !== 'string' || url === '') continue;
      const { code, stdout, stderr } = await run(url);
      expect(stderr, name).not.to.include(CANARY);
      if (code === 0) expect(() => bindingIn(stdout), name).not.to.throw();
    }
  });
});

function run(registryUrl: string): ReturnType<typeof runTemplate> {
  return runTemplate({ oci: { registryUrl, existingSecret: 'login' } });
}

async function said(url: string): Promise<string> {
  const { code, stderr } = await run(url);
  expect(code).to.equal(1);
  return stderr;
}

function bindingIn(stdout: string): string {
  const { data } = the(objectsOf(stdout), 'ConfigMap') as unknown as { readonly data: Record<string, string> };
  return parseConfig(data['config.yaml'] ?? '').bindings[0]?.registry ?? '';
}

async function bound(registryUrl: string): Promise<ReturnType<typeof parseConfig>> {
  return configOf({ oci: { registryUrl, existingSecret: 'login' } });
}

async function configOf(values: Values): Promise<ReturnType<typeof parseConfig>> {
  const { data } = the(await template(values), 'ConfigMap') as unknown as { readonly data: Record<string, string> };
  expect(parse(data['config.yaml'] ?? '')).to.be.an('object');
  return parseConfig(data['config.yaml'] ?? '');
}

function registry(url: string): Exclude<ReturnType<typeof parseRegistryUrl>, { problem: string }> {
  const parsed = parseRegistryUrl(url);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}
