import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { readCredential, type SecretProblem } from '../../src/check/credential.ts';
import { judge } from '../../src/check/judge.ts';
import { FINDINGS } from '../../src/check/reason.ts';
import type { SecretContent, SecretPart } from '../../src/check/secret-content.ts';
import { readSecret } from '../../src/controller/secrets.ts';
import { aRegistry } from '../support/builders.ts';
import { createAuthority } from '../support/certificates.ts';
import { kubeError, scriptedClient } from '../support/scripted-client.ts';
import { leaksOf } from '../support/scripted-registry.ts';
import { aSecret, aWanted, base64 } from '../support/secrets.ts';
import { plain, ROWS } from './secret-cases.ts';

const BASIC_AUTH = 'kubernetes.io/basic-auth';
const DOCKER = 'kubernetes.io/dockerconfigjson';
const REGISTRIES = 'doctor.stella-ops.org/registries';
const TOKEN_HOSTS = 'doctor.stella-ops.org/token-hosts';
const bound = { [REGISTRIES]: 'reg.example' };

function problemOf(secret: SecretContent): SecretProblem {
  const found = readCredential(secret, aWanted());
  return 'problem' in found ? found.problem : expect.fail('a login was found');
}

describe('the messages about Secrets', () => {
  for (const [name, secret, reason, says] of ROWS) {
    it(`say what is wrong with ${name}: ${reason}`, () => {
      const problem = problemOf(secret);
      expect(problem.reason).to.equal(reason);
      expect(problem.detail).to.match(says);
      expect(problem.detail.length).to.be.at.most(400);
      // One sentence, for a condition: no line breaks, no escapes.
      expect(problem.detail).to.match(/^[^\p{Cc}]+$/u);
    });
  }

  it('come with the part of the Secret that is wrong, which is the login where nothing else is', () => {
    const parts: readonly (readonly [says: RegExp, part: SecretPart])[] = [
      [/^its key ca\.crt /, 'ca.crt'],
      [/^its key tls\./, 'client-certificate'],
      [/^its key registry /, 'registry'],
      [/^its annotation \S+\/registries /, 'registries'],
      [/^its annotation \S+\/token-hosts /, 'token-hosts'],
      [/^it has token as well as /, 'both-logins'],
      [/^it has \.dockerconfigjson as well as /, 'docker-and-plain'],
      [/^its key config\.json /, 'wrong-key'],
      [/^/, 'login'],
    ];
    const invalid = ROWS.map(([, secret]) => problemOf(secret)).filter(
      (one) => one.reason === 'SecretInvalid',
    );
    for (const { detail, part = 'login' } of invalid)
      expect(part, detail).to.equal(parts.find(([says]) => says.test(detail))?.[1]);
    expect(new Set(invalid.map(({ part = 'login' }) => part))).to.deep.equal(
      new Set(parts.map(([, part]) => part)),
    );
  });

  it('L8: are different from each other, show no value, and name the Secret', async () => {
    const unread = await Promise.all(
      [404, 403].map(async (status) => {
        const question = {
          namespace: 'team',
          name: 'push',
          registry: aRegistry('reg.example'),
          repository: 'team/app',
        };
        const { client } = scriptedClient(kubeError(status));
        const consent = { installed: [], trusted: [] };
        const read = await readSecret(client, question, () => consent, 0, new AbortController().signal);
        return read.kind === 'problem' ? read.problem : expect.fail('a login was found');
      }),
    );
    const problems = [...unread, ...ROWS.map(([, secret]) => problemOf(secret))];
    const subject = { host: 'reg.example', repository: 'team/app', secret: 'push' };
    const messages = problems.map((problem) => judge({ kind: 'SecretUnusable', problem }, subject).message);
    expect(new Set(messages)).to.have.property('size', messages.length);
    for (const message of messages) {
      expect(leaksOf(message)).to.deep.equal([]);
      expect(message)
        .to.match(/^Secret push: /)
        .and.to.not.include('c4nary');
    }
  });

  it('and the findings are those that docs/secrets.md describes', async () => {
    const docs = await readFile('docs/secrets.md', 'utf8');
    const [first] = ROWS;
    const supported =
      first === undefined ? '' : problemOf(first[1]).detail.replace(/^.*supported types: /, '');
    for (const type of supported.split(', ')) expect(docs).to.include(`\`${type}\``);
    const section = docs.slice(docs.indexOf('## Findings'));
    const described = [...section.matchAll(/^\| `([A-Za-z]+)`/gm)].map(([, type]) => type);
    // The others are about the registry.
    const others = /^(?:Upload|Anonymous|Insecure)/;
    expect(described).to.have.members(FINDINGS.filter((type) => !others.test(type)));
  });

  it('name ten keys at most, without control characters', () => {
    const keys = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`k${n}\u001b`, 'x']));
    expect(problemOf(plain(keys)).detail).to.match(/its keys: k0�, .*k9�$/);
  });

  it('L8: show no byte of a value, whatever stands in whatever key', async () => {
    const { pem } = await createAuthority('one');
    const keys = [
      '.dockerconfigjson',
      '.dockercfg',
      'username',
      'password',
      'token',
      'registry',
      'ca.crt',
      'tls.crt',
      'tls.key',
      'expiresAt',
    ];
    const canary = 'c4naryc4nary';
    const values = fc.oneof(
      fc.constantFrom(
        canary,
        `${canary}\n`,
        `\0${canary}`,
        `ci:${canary}`,
        JSON.stringify({ auths: { [canary]: { auth: canary } } }),
      ),
      fc.constantFrom(
        base64(canary),
        pem,
        'reg.example',
        'ci',
        `{"auths":{"reg.example":{"auth":"${base64(`ci:${canary}`)}"}}}`,
      ),
      fc.constantFrom(
        `https://ci:${canary}@reg.example`,
        `-----BEGIN CERTIFICATE-----\n${canary}\n-----END CERTIFICATE-----`,
      ),
    );
    const types = fc.constantFrom(DOCKER, 'kubernetes.io/dockercfg', BASIC_AUTH, 'Opaque', '');
    const contents = fc.dictionary(fc.constantFrom(...keys), values, { minKeys: 1 });
    const annotations = fc.constantFrom(
      {},
      bound,
      { ...bound, [TOKEN_HOSTS]: canary },
      { [REGISTRIES]: canary },
    );
    fc.assert(
      fc.property(types, contents, annotations, (type, content, notes) => {
        const found = readCredential(aSecret(type, content, notes), aWanted());
        const shown = JSON.stringify('problem' in found ? found : found.credential.findings);
        expect(leaksOf(shown, canary)).to.deep.equal([]);
      }),
      { numRuns: 1000 },
    );
  });
});
