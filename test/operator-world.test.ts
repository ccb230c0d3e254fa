import { expect } from 'chai';
import { parseConfig } from '../src/config.ts';
import { consentOf } from '../src/operator-world.ts';

describe('consentOf', () => {
  const text = `
bindings:
  - {namespace: team, secret: push, registry: a.example}
  - {namespace: team, secret: push, registry: "b.example:5000"}
  - {namespace: other, secret: push, registry: c.example}
  - {namespace: team, secret: pull, registry: d.example}
policy: {trustedRegistries: [t.example]}
`;
  const rows: readonly (readonly [namespace: string, name: string, installed: readonly string[]])[] = [
    ['team', 'push', ['a.example', 'b.example:5000']],
    ['other', 'push', ['c.example']],
    ['other', 'pull', []],
    ['', '', []],
  ];
  for (const [namespace, name, installed] of rows) {
    it(`gives the word of the installation for Secret ${namespace}/${name}, and no other one`, () =>
      expect(consentOf(parseConfig(text))(namespace, name)).to.deep.equal({
        installed,
        trusted: ['t.example'],
      }));
  }

  it('gives no consent by default', () =>
    expect(consentOf(parseConfig(''))('team', 'push')).to.deep.equal({ installed: [], trusted: [] }));
});
