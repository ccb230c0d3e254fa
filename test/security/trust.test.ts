import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect } from 'chai';
import { parseConfig } from '../../src/config.ts';
import { readCredential } from '../../src/check/credential.ts';
import { forbids } from '../../src/operator-world.ts';
import { createTrust } from '../../src/registry/connection.ts';
import { fieldsOf, readCrd } from '../api/crd.ts';
import { ask, causeOf } from '../registry/asking.ts';
import { aRegistry } from '../support/builders.ts';
import { createAuthority, LOOPBACK, type Authority } from '../support/certificates.ts';
import { answer, startScriptedRegistry, type ScriptedRegistry } from '../support/scripted-registry.ts';
import { aDockerSecret, aWanted } from '../support/secrets.ts';

describe('Trust: a check', () => {
  it('has no field for a proxy, an authority, or less verification', async () => {
    const { properties = {} } = (await readCrd()).spec.versions[0].schema.openAPIV3Schema;
    const fields = [...fieldsOf(properties['spec'] ?? {})].map(([path]) => path);
    expect(fields).to.include.members(['.registryUrl', '.existingSecret']);
    const words =
      /insecure|skip|verify|plain|\bca|ca$|bundle|cert|proxy|tls|trust|header|host|namespace|bind/i;
    expect(fields.filter((path) => words.test(path))).to.deep.equal([]);
  });
});

describe('Trust: forbids', () => {
  const rows: readonly (readonly [listed: readonly string[], url: string, rule: string | undefined])[] = [
    [[], 'https://reg.example', undefined],
    [[], 'http://reg.example', 'insecure-transport'],
    [['reg.example'], 'http://reg.example', undefined],
    [['reg.example:80'], 'http://reg.example', undefined],
    [['reg.example'], 'http://reg.example:5000', 'insecure-transport'],
    [['reg.example:5000'], 'http://reg.example', 'insecure-transport'],
    [['reg.example'], 'http://x.reg.example', 'insecure-transport'],
    [['other.example'], 'http://reg.example', 'insecure-transport'],
    [['127.0.0.1'], 'http://2130706433', undefined],
    [['localhost'], 'http://127.0.0.1', 'insecure-transport'],
  ];
  for (const [listed, url, rule] of rows) {
    it(`says ${rule ?? 'nothing'} of ${url} where insecureRegistries lists ${listed.join(', ') || 'nothing'}`, () => {
      const config = parseConfig(JSON.stringify({ insecureRegistries: listed }));
      expect(forbids(config, aRegistry(url))?.rule).to.equal(rule);
    });
  }

  it('lets nothing else of the configuration make plain http of a registry', () => {
    const reg = ['reg.example'];
    const policy = { allowedRegistries: reg, trustedRegistries: reg };
    const bindings = [{ namespace: 'a', secret: 'b', registry: 'reg.example' }];
    const config = parseConfig(JSON.stringify({ policy, bindings, egress: { allowCIDRs: ['0.0.0.0/0'] } }));
    expect(forbids(config, aRegistry('http://reg.example'))?.rule).to.equal('insecure-transport');
  });
});

describe('TLS: an authority', () => {
  let authority: Authority;
  let registry: ScriptedRegistry;
  before(async () => {
    authority = await createAuthority('of the system');
    const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'r', ...LOOPBACK });
    registry = await startScriptedRegistry({ cert, key });
  });
  after(() => registry.stop());

  it('of the installation comes beside those of the system, not in their place', async () => {
    const system = getCACertificates('default');
    const { pem } = await createAuthority('of the installation');
    try {
      setDefaultCACertificates([...system, authority.pem]);
      registry.play([['GET /v2/', answer(200)]]);
      expect(causeOf(await ask(registry.url, createTrust(pem)))).to.equal('200');
    } finally {
      setDefaultCACertificates(system);
    }
    expect(causeOf(await ask(registry.url, createTrust(pem)))).to.equal('tls-unknown-authority');
  });

  const problems: readonly (readonly [name: string, ca: () => string, says: RegExp])[] = [
    ['of more than 256 KiB', () => authority.pem.repeat(600), /ca\.crt is larger than 256 KiB/],
    [
      'beside one that cannot be read',
      () => `${authority.pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
      /ca\.crt has a certificate \(number 2\) that cannot be read/,
    ],
    ['that is none', () => 'words', /ca\.crt is not PEM/],
  ];
  for (const [name, ca, says] of problems) {
    it(`of a Secret is refused ${name}`, () => {
      const login = { username: 'ci', password: 'pw' };
      const secret = aDockerSecret({ 'reg.example': login }, { 'ca.crt': ca() });
      const read = readCredential(secret, aWanted({ nowMs: Date.now() }));
      expect('problem' in read && read.problem.reason).to.equal('SecretInvalid');
      expect('problem' in read && read.problem.detail).to.match(says);
    });
  }
});
