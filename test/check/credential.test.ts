import { expect } from 'chai';
import { readCredential, type SecretContent } from '../../src/check/credential.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';
import { CANARY, leaksOf } from '../support/scripted-registry.ts';

const TYPE = 'kubernetes.io/dockerconfigjson';
const KEY = '.dockerconfigjson';
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const config = base64(
  JSON.stringify({ auths: { 'reg.example': { auth: base64(`ci:${CANARY}`) }, 'a.example': { auth: '%' } } }),
);

function read(secret: SecretContent, url = 'reg.example'): ReturnType<typeof readCredential> {
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  return readCredential(secret, registry, 'team/app');
}

describe('readCredential', () => {
  it('finds the login and the key that it is bound to', () => {
    const found = read({ type: TYPE, data: { [KEY]: config, other: base64('x') } });
    if (!('credential' in found)) throw new Error(found.problem.detail);
    const { login, matchedKey } = found.credential;
    expect([login.username, login.password.reveal(), matchedKey]).to.deep.equal([
      'ci',
      CANARY,
      'reg.example',
    ]);
    expect(leaksOf(JSON.stringify(found))).to.deep.equal([]);
  });

  const types: readonly [type: string, shown: string][] = [
    ['Opaque', 'Opaque'],
    ['', 'Opaque'],
    ['kubernetes.io/basic-auth', 'kubernetes.io/basic-auth'],
    ['kubernetes.io/dockercfg', 'kubernetes.io/dockercfg'],
    ['kubernetes.io/service-account-token', 'kubernetes.io/service-account-token'],
    ['kubernetes.io/tls', 'kubernetes.io/tls'],
    ['helm.sh/release.v1', 'helm.sh/release.v1'],
    ['evil\n\u001b[31m', 'evil��[31m'],
  ];
  for (const [type, shown] of types) {
    it(`refuses the type ${JSON.stringify(type)}, whatever is in it`, () => {
      expect(read({ type, data: { [KEY]: config } })).to.deep.equal({
        problem: {
          reason: 'SecretTypeUnsupported',
          detail: `it is of type ${shown}, and only ${TYPE} is supported`,
        },
      });
    });
  }

  type Row = readonly [name: string, data: Readonly<Record<string, string>>, reason: string, says: RegExp];
  const broken = Buffer.concat([Buffer.from(CANARY), Buffer.from([0xff])]).toString('base64');
  const rows: readonly Row[] = [
    ['without data', {}, 'SecretInvalid', /^it has no key \.dockerconfigjson; its keys: none$/],
    ['with an empty value', { [KEY]: '' }, 'SecretInvalid', /its keys: \.dockerconfigjson$/],
    [
      'with other keys',
      { password: base64(CANARY), username: 'Y2k=' },
      'SecretInvalid',
      /its keys: password, username$/,
    ],
    [
      'with a value that is no UTF-8',
      { [KEY]: broken },
      'SecretInvalid',
      /^\.dockerconfigjson is not UTF-8 text$/,
    ],
    ['with a value that is no JSON', { [KEY]: base64(CANARY) }, 'SecretInvalid', /is not valid JSON/],
    ['encoded twice', { [KEY]: base64(config) }, 'SecretInvalid', /it was encoded twice/],
    [
      'for other registries',
      { [KEY]: base64('{"auths":{"x.example":{}}}') },
      'CredentialsNotMatched',
      /no entry for reg\.example/,
    ],
    [
      'with a broken entry',
      { [KEY]: base64('{"auths":{"reg.example":{}}}') },
      'SecretInvalid',
      /neither auth nor/,
    ],
  ];
  for (const [name, data, reason, says] of rows) {
    it(`finds ${reason} in one ${name}`, () => {
      const found = read({ type: TYPE, data });
      expect(found).to.have.nested.property('problem.reason', reason);
      expect(found).to.have.nested.property('problem.detail').that.matches(says);
      expect(leaksOf(JSON.stringify(found))).to.deep.equal([]);
    });
  }

  it('names ten keys at most, and none with control characters', () => {
    const names = Array.from({ length: 12 }, (_, n) => `k${n}\u001b`);
    const found = read({ type: TYPE, data: Object.fromEntries(names.map((name) => [name, 'eA=='])) });
    expect(found)
      .to.have.nested.property('problem.detail')
      .that.matches(/its keys: k0�, .*k9�$/);
  });

  it('takes nothing from the prototype of the data', () => {
    const data = Object.create({ [KEY]: config }) as Record<string, string>;
    expect(read({ type: TYPE, data })).to.have.nested.property('problem.reason', 'SecretInvalid');
  });
});
