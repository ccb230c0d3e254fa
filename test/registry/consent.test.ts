import { expect } from 'chai';
import fc from 'fast-check';
import { isTooBroad, mayGoTo, spansOwners, type Consent } from '../../src/registry/binding.ts';
import { aRegistry } from '../support/builders.ts';

const nothing: Consent = { stated: [], installed: [], trusted: [] };

describe('B2: mayGoTo', () => {
  type Row = readonly [name: string, consent: Partial<Consent>, url: string, may: boolean];
  const rows: readonly Row[] = [
    ['nobody has said anything', {}, 'https://reg.example', false],
    ['the Secret says so', { stated: ['reg.example'] }, 'https://reg.example', true],
    [
      'the Secret says so among others',
      { stated: ['a.example', 'reg.example'] },
      'https://reg.example',
      true,
    ],
    [
      'the Secret says so in other letters',
      { stated: ['https://REG.example:443/'] },
      'https://reg.example',
      true,
    ],
    ['the Secret says so with its port', { stated: ['reg.example:5000'] }, 'https://reg.example:5000', true],
    ['the Secret says so of the repository', { stated: ['reg.example/team'] }, 'https://reg.example', true],
    ['the Secret says so of a prefix', { stated: ['reg.example/art'] }, 'https://reg.example/art', true],
    ['the Secret says so of Docker Hub', { stated: ['docker.io'] }, 'https://index.docker.io', true],
    [
      'the Secret says so without a scheme, and it is http',
      { stated: ['reg.example'] },
      'http://reg.example',
      true,
    ],
    ['the Secret names another registry', { stated: ['a.example'] }, 'https://reg.example', false],
    ['the Secret names another port', { stated: ['reg.example:5000'] }, 'https://reg.example', false],
    [
      'the Secret names the default port, and it is another',
      { stated: ['reg.example'] },
      'https://reg.example:5000',
      false,
    ],
    ['the Secret names a part of the name', { stated: ['example'] }, 'https://reg.example', false],
    ['the Secret names a host under it', { stated: ['x.reg.example'] }, 'https://reg.example', false],
    ['the Secret names a longer host', { stated: ['reg.example.evil'] }, 'https://reg.example', false],
    ['the Secret names another repository', { stated: ['reg.example/other'] }, 'https://reg.example', false],
    ['the Secret wants https', { stated: ['https://reg.example'] }, 'http://reg.example', false],
    ['the Secret has a wildcard', { stated: ['*.reg.example', '*'] }, 'https://eu.reg.example', false],
    ['the Secret has an empty word', { stated: [''] }, 'https://reg.example', false],
    ['the installation says so of this Secret', { installed: ['reg.example'] }, 'https://reg.example', true],
    [
      'the installation says so with the port',
      { installed: ['reg.example:443'] },
      'https://reg.example',
      true,
    ],
    ['the installation names another one', { installed: ['a.example'] }, 'https://reg.example', false],
    [
      'the installation says so, and the Secret another one',
      { stated: ['a.example'], installed: ['reg.example'] },
      'https://reg.example',
      true,
    ],
    ['the installation trusts it', { trusted: ['reg.example'] }, 'https://reg.example', true],
    [
      'the installation trusts it, and names another one',
      { trusted: ['reg.example'], installed: ['a.example'] },
      'https://reg.example',
      true,
    ],
    ['the installation trusts another one', { trusted: ['a.example'] }, 'https://reg.example', false],
    [
      'the installation trusts it, and the Secret says another one',
      { stated: ['a.example'], trusted: ['reg.example'] },
      'https://reg.example',
      false,
    ],
  ];
  for (const [name, consent, url, may] of rows) {
    it(`says ${may ? 'yes' : 'no'} where ${name}`, () =>
      expect(mayGoTo(aRegistry(url), 'team/app', { ...nothing, ...consent })).to.equal(may));
  }

  const names = fc.constantFrom('a.example', 'b.example', 'c.example', 'a.example:5000', 'a.example/team');
  const consents = fc.record({
    stated: fc.array(names),
    installed: fc.array(names.filter((name) => !name.includes('/'))),
    trusted: fc.array(names.filter((name) => !name.includes('/'))),
  });

  it('B1: never says yes to a registry that nobody has named, whatever the check asks for', () => {
    const asked = fc.constantFrom('evil.example', 'b.example:5000', 'a.example.evil', 'xa.example');
    fc.assert(
      fc.property(
        consents,
        asked,
        fc.constantFrom('team/app', 'a.example', 'b.example/x'),
        (consent, host, repository) => {
          expect(mayGoTo(aRegistry(host), repository, consent)).to.equal(false);
        },
      ),
    );
  });

  it('says yes only to what one of the three has named', () => {
    fc.assert(
      fc.property(
        consents,
        names.filter((name) => !name.includes('/')),
        (consent, host) => {
          const all = [...consent.stated, ...consent.installed, ...consent.trusted].map((name) =>
            name.replace(/\/.*/, ''),
          );
          if (mayGoTo(aRegistry(host), 'team/app', consent)) expect(all).to.include(host);
        },
      ),
    );
  });
});

describe('B2: isTooBroad', () => {
  const broad = [
    '*',
    '*.io',
    'reg.*',
    'prefix.*.io',
    '*.*',
    '*.co.uk',
    'a.*.co.uk',
    '*.azurecr.io',
    '*.jfrog.io',
    'x*.com',
    '*:5000',
    '*.io:5000',
    '*.svc.cluster.local',
    '*.*.svc.cluster.local',
    '*.github.io',
    '*..',
    '*.a..',
  ];
  for (const host of broad) it(`says so of ${host}`, () => expect(isTooBroad(host)).to.equal(true));

  const fine = [
    'reg.example',
    'localhost',
    '*.reg.example',
    '*.reg.example:5000',
    'a*.b*.reg.example',
    '*.dkr.ecr.eu-west-1.amazonaws.com',
    '*.team.azurecr.io',
    '*.team.svc.cluster.local',
    '*.corp.internal',
  ];
  for (const host of fine) it(`does not say so of ${host}`, () => expect(isTooBroad(host)).to.equal(false));
});

describe('B2: spansOwners', () => {
  const rows: readonly (readonly [key: string, host: string, spans: boolean])[] = [
    ['*.*.amazonaws.com', 'evil.s3.amazonaws.com', true],
    ['*.s*.amazonaws.com', 'evil.s3.amazonaws.com', true],
    ['*.dkr.ecr.*.amazonaws.com', '1.dkr.ecr.eu-west-1.amazonaws.com', false],
    ['*.dkr.ecr.eu-west-1.amazonaws.com', '1.dkr.ecr.eu-west-1.amazonaws.com', false],
    ['*.*.azurecr.io', 'reg.evil.azurecr.io', true],
    ['*.team.azurecr.io', 'reg.team.azurecr.io', false],
    ['*.*.*.cluster.local', 'reg.evil.svc.cluster.local', true],
    ['*.*.s*.k8s.internal:5000', 'reg.evil.svc.k8s.internal:5000', true],
    ['*.team.svc.cluster.local', 'reg.team.svc.cluster.local', false],
    ['*.*.reg.example', 'a.b.reg.example', false],
    ['*.corp.internal', 'reg.corp.internal', false],
    ['evil.s3.amazonaws.com', 'evil.s3.amazonaws.com', false],
  ];
  for (const [key, host, spans] of rows)
    it(`${spans ? 'says so' : 'does not say so'} of ${key} and ${host}`, () =>
      expect(spansOwners(key, host)).to.equal(spans));
});
