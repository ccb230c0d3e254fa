import { expect } from 'chai';
import { realmAllowed, type TokenHost } from '../../src/registry/binding.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';

function allowed(registryUrl: string, realm: string, tokenHosts: readonly TokenHost[] = []): boolean {
  const registry = parseRegistryUrl(registryUrl);
  if ('problem' in registry) throw new Error(registry.problem);
  return realmAllowed(registry, new URL(realm), tokenHosts);
}

type Row = readonly [name: string, registry: string, realm: string, allowed: boolean];

function table(rows: readonly Row[]): void {
  for (const [name, registry, realm, expected] of rows) {
    it(`${expected ? 'allows' : 'refuses'} ${name}`, () =>
      expect(allowed(registry, realm), `${registry} → ${realm}`).to.equal(expected));
  }
}

describe('realmAllowed', () => {
  describe("on the registry's own origin (B5 i)", () => {
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

  describe('under the same registrable domain (B5 ii)', () => {
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
      'azurecr.cn',
      'azurecr.us',
      'cloudsmith.io',
      'jfrog.io',
      'icr.io',
      'ocir.io',
    ]) {
      table([
        [`another customer of ${domain}`, `https://a.${domain}`, `https://b.${domain}/token`, false],
        [`${domain} itself`, `https://a.${domain}`, `https://${domain}/token`, false],
        [`the same host of ${domain}`, `https://a.${domain}`, `https://a.${domain}/oauth2/token`, true],
      ]);
    }
  });

  describe('of known pairs (B5 iii)', () => {
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

  describe('of pairs of the installation (B5 iv)', () => {
    const pairs = [
      { registry: 'reg.local:5000', tokenHost: 'auth.other:8443' },
      { registry: 'plain.local', tokenHost: 'auth.other' },
      { registry: 'by-address.local', tokenHost: '10.0.0.9' },
    ];
    const rows: readonly Row[] = [
      ['the pair', 'https://reg.local:5000', 'https://auth.other:8443/token', true],
      ['the pair in capitals', 'https://REG.local:5000', 'https://AUTH.other:8443/token', true],
      ['the pair for an http registry', 'http://plain.local', 'https://auth.other/token', true],
      ['http', 'https://reg.local:5000', 'http://auth.other:8443/token', false],
      ['http for an http registry', 'http://plain.local', 'http://auth.other/token', false],
      ['another port', 'https://reg.local:5000', 'https://auth.other/token', false],
      ['another registry', 'https://reg.local:5001', 'https://auth.other:8443/token', false],
      ['the pair the other way round', 'https://auth.other:8443', 'https://reg.local:5000/token', false],
      ['a user name', 'https://reg.local:5000', 'https://u@auth.other:8443/token', false],
      ['an address', 'https://by-address.local', 'https://10.0.0.9/token', false],
    ];
    for (const [name, registry, realm, expected] of rows) {
      it(`${expected ? 'allows' : 'refuses'} ${name}`, () =>
        expect(allowed(registry, realm, pairs), `${registry} → ${realm}`).to.equal(expected));
    }
  });
});
