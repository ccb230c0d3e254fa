import { expect } from 'chai';
import { realmProblem, type RealmProblem, type TokenHost } from '../../src/registry/binding.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';

function problem(
  registryUrl: string,
  realm: string,
  tokenHosts: readonly TokenHost[] = [],
): RealmProblem | undefined {
  const registry = parseRegistryUrl(registryUrl);
  if ('problem' in registry) throw new Error(registry.problem);
  return realmProblem(registry, new URL(realm), tokenHosts);
}

function allowed(...args: Parameters<typeof problem>): boolean {
  return problem(...args) === undefined;
}

type Row = readonly [name: string, registry: string, realm: string, allowed: boolean];

function table(rows: readonly Row[]): void {
  for (const [name, registry, realm, expected] of rows) {
    it(`${expected ? 'allows' : 'refuses'} ${name}`, () =>
      expect(allowed(registry, realm), `${registry} → ${realm}`).to.equal(expected));
  }
}

describe('B5: realmProblem', () => {
  describe("on the registry's own origin", () => {
    table([
      ['it over https', 'https://reg.example.com', 'https://reg.example.com/token', true],
      ['it over http', 'http://reg.example.com', 'http://reg.example.com/token', true],
      ['it with its port', 'https://reg.local:5000', 'https://reg.local:5000/token', true],
      ['it with the default port', 'https://reg.local', 'https://reg.local:443/token', true],
      ['it in capitals', 'https://Reg.LOCAL', 'https://REG.local/token', true],
      ['an address as itself', 'https://10.0.0.7:5000', 'https://10.0.0.7:5000/token', true],
      ['an IPv6 address as itself', 'https://[fd00::1]', 'https://[fd00::1]/token', true],
      ['it with a user name', 'https://reg.example.com', 'https://u@reg.example.com/token', false],
      ['it with a password', 'https://reg.example.com', 'https://:p@reg.example.com/token', false],
      ['http for https', 'https://reg.example.com', 'http://reg.example.com/token', false],
      ['http for https on its port', 'https://reg.local:5000', 'http://reg.local:5000/token', false],
      ['https for http of a name without domain', 'http://reg.local', 'https://reg.local/token', false],
      ['another port of a name without domain', 'https://reg.local', 'https://reg.local:5001/token', false],
      ['another port of an address', 'https://10.0.0.7', 'https://10.0.0.7:5001/token', false],
    ]);
  });

  describe('under the same registrable domain', () => {
    table([
      ['a sibling', 'https://reg.example.com', 'https://auth.example.com/token', true],
      ['the domain itself', 'https://reg.example.com', 'https://example.com/token', true],
      ['a deeper name', 'https://example.com', 'https://a.b.example.com/token', true],
      [
        'another port of the same name',
        'https://reg.example.com',
        'https://reg.example.com:8443/token',
        true,
      ],
      ['a sibling under co.uk', 'https://reg.shop.co.uk', 'https://auth.shop.co.uk/token', true],
      ['http', 'https://reg.example.com', 'http://auth.example.com/token', false],
      ['https for an http registry', 'http://reg.example.com', 'https://auth.example.com/token', false],
      ['http for an http registry', 'http://reg.example.com', 'http://auth.example.com/token', false],
      ['another domain', 'https://reg.example.com', 'https://auth.example.net/token', false],
      ['a longer domain', 'https://reg.example.com', 'https://reg.example.com.evil.net/token', false],
      ['a domain with the same end', 'https://reg.example.com', 'https://evilexample.com/token', false],
      ['another customer of co.uk', 'https://a.co.uk', 'https://b.co.uk/token', false],
      ['co.uk itself', 'https://a.co.uk', 'https://co.uk/token', false],
      ['another customer of github.io', 'https://a.github.io', 'https://b.github.io/token', false],
      ['another bucket', 'https://a.s3.amazonaws.com', 'https://b.s3.amazonaws.com/token', false],
      ['another address', 'https://10.0.0.7', 'https://10.0.0.8/token', false],
      ['an address for a name', 'https://reg.example.com', 'https://10.0.0.8/token', false],
      ['an address as a number', 'https://reg.example.com', 'https://2130706433/token', false],
      ['an IPv6 address', 'https://reg.example.com', 'https://[::1]/token', false],
      ['the metadata service', 'https://reg.example.com', 'http://169.254.169.254/latest/meta-data/', false],
      [
        'another service of the cluster',
        'https://reg.a.svc.cluster.local',
        'https://t.a.svc.cluster.local/',
        false,
      ],
      [
        'another namespace of a cluster with a public domain',
        'https://reg.a.svc.example.com',
        'https://t.b.svc.example.com/',
        false,
      ],
      [
        'a host outside for one of a cluster',
        'https://reg.a.svc.example.com',
        'https://auth.example.com/',
        false,
      ],
      [
        'another port of a service of the cluster',
        'https://reg.a.svc.example.com',
        'https://reg.a.svc.example.com:8443/',
        true,
      ],
      ['another host without domain', 'https://registry', 'https://auth/token', false],
      [
        'a user name in front of the host',
        'https://reg.example.com',
        'https://reg.example.com@evil.net/',
        false,
      ],
      ['a name that looks alike', 'https://reg.example.com', 'https://auth.exаmple.com/token', false],
    ]);
  });

  describe('under a domain where every customer has a host', () => {
    for (const domain of [
      'azurecr.io',
      'cfapps.cloud.sap',
      'azurecr.cn',
      'azurecr.us',
      'cloudsmith.io',
      'jfrog.io',
      'icr.io',
      'ocir.io',
      'aliyuncs.com',
      'azure.com',
      'container-registry.com',
      'myhuaweicloud.com',
      'nip.io',
      'ovh.net',
      'sslip.io',
      'tencentcloudcr.com',
      'traefik.me',
    ]) {
      table([
        [`another customer of ${domain}`, `https://a.${domain}`, `https://b.${domain}/token`, false],
        [`${domain} itself`, `https://a.${domain}`, `https://${domain}/token`, false],
        [`the same host of ${domain}`, `https://a.${domain}`, `https://a.${domain}/oauth2/token`, true],
      ]);
    }
  });

  describe('of known pairs', () => {
    table([
      ['Docker Hub', 'docker.io', 'https://auth.docker.io/token', true],
      ['Docker Hub by another name', 'https://index.docker.io', 'https://auth.docker.io/token', true],
      ['Docker Hub by a third name', 'registry.hub.docker.com', 'https://auth.docker.io/token', true],
      ['Docker Hub over http', 'docker.io', 'http://auth.docker.io/token', false],
      ['another host of Docker', 'docker.io', 'https://www.docker.io/token', false],
      ['another port of Docker Hub', 'docker.io', 'https://auth.docker.io:8443/token', false],
      [
        'a host that only looks like Docker Hub',
        'https://mirror.example.com',
        'https://auth.docker.io/token',
        false,
      ],
      ['GitLab', 'registry.gitlab.com', 'https://gitlab.com/jwt/auth', true],
      ['GitLab over http', 'registry.gitlab.com', 'http://gitlab.com/jwt/auth', false],
      ['GitLab for a registry of another', 'registry.gitlab.example', 'https://gitlab.com/jwt/auth', false],
    ]);
  });

  describe('of pairs of the installation', () => {
    const pairs = [
      { registry: 'reg.local:5000', tokenHost: 'auth.other:8443' },
      { registry: 'plain.local', tokenHost: 'auth.other' },
      { registry: 'by-address.local', tokenHost: '10.0.0.9' },
      { registry: 'spelled.local:443', tokenHost: 'auth.other:443' },
      { registry: 'spelled-plain.local:80', tokenHost: 'auth.other:80' },
      { registry: 'index.docker.io', tokenHost: 'auth.mirror' },
    ];
    const rows: readonly Row[] = [
      ['the pair', 'https://reg.local:5000', 'https://auth.other:8443/token', true],
      ['the pair in capitals', 'https://REG.local:5000', 'https://AUTH.other:8443/token', true],
      ['the pair for an http registry', 'http://plain.local', 'https://auth.other/token', true],
      ['http', 'https://reg.local:5000', 'http://auth.other:8443/token', false],
      ['http for an http registry', 'http://plain.local', 'http://auth.other/token', true],
      ['the port of https for http', 'http://plain.local', 'http://auth.other:443/token', false],
      ['the default port spelled out', 'https://spelled.local', 'https://auth.other/token', true],
      ['the default port of http spelled out', 'http://spelled-plain.local', 'http://auth.other/token', true],
      ['the default port of https for http', 'http://spelled.local', 'http://auth.other/token', false],
      ['Docker Hub by another name', 'docker.io', 'https://auth.mirror/token', true],
      ['another port', 'https://reg.local:5000', 'https://auth.other/token', false],
      ['another registry', 'https://reg.local:5001', 'https://auth.other:8443/token', false],
      ['the pair the other way round', 'https://auth.other:8443', 'https://reg.local:5000/token', false],
      ['a user name', 'https://reg.local:5000', 'https://u@auth.other:8443/token', false],
      ['an address', 'https://by-address.local', 'https://10.0.0.9/token', true],
      ['another port of an address', 'https://by-address.local', 'https://10.0.0.9:8443/token', false],
      ['an address over http', 'https://by-address.local', 'http://10.0.0.9/token', false],
    ];
    for (const [name, registry, realm, expected] of rows) {
      it(`${expected ? 'allows' : 'refuses'} ${name}`, () =>
        expect(allowed(registry, realm, pairs), `${registry} → ${realm}`).to.equal(expected));
    }
  });

  describe('says why it refuses', () => {
    const pairs = [{ registry: 'reg.local', tokenHost: 'auth.local' }];
    const rows: readonly [name: string, registry: string, realm: string, why: RealmProblem | undefined][] = [
      ['nothing where it allows', 'https://reg.local', 'https://reg.local/token', undefined],
      ['nothing where the installation allows', 'https://reg.local', 'https://auth.local/token', undefined],
      ['a user name', 'https://reg.local', 'https://u@reg.local/token', 'malformed'],
      ['a dot at the end', 'https://reg.example.com', 'https://reg.example.com./token', 'malformed'],
      ['a trusted host with a dot at the end', 'https://reg.local', 'https://auth.local./token', 'malformed'],
      ['a password', 'https://reg.local', 'https://:p@auth.local/token', 'malformed'],
      ['http for https', 'https://reg.local', 'http://reg.local/token', 'insecure'],
      ['http for https, at a trusted host', 'https://reg.local', 'http://auth.local/token', 'insecure'],
      ['http for https, at an address', 'https://reg.local', 'http://10.0.0.9/token', 'insecure'],
      ['an address', 'https://reg.local', 'https://10.0.0.9/token', 'address'],
      ['an IPv6 address', 'https://reg.local', 'https://[fd00::1]/token', 'address'],
      ['another port of its own address', 'https://10.0.0.7', 'https://10.0.0.7:8443/token', 'address'],
      ['an address over http', 'http://reg.local', 'http://10.0.0.9/token', 'address'],
      ['another host', 'https://reg.local', 'https://evil.example/token', 'other-host'],
      ['another customer', 'https://a.azurecr.io', 'https://b.azurecr.io/token', 'other-host'],
      ['https for http', 'http://reg.local', 'https://reg.local/token', 'other-host'],
    ];
    for (const [name, registry, realm, why] of rows) {
      it(`${name}: ${why ?? 'no word'}`, () => expect(problem(registry, realm, pairs)).to.equal(why));
    }
  });
});
