import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { loadConfig } from '../../src/config.ts';
import { parseJson } from '../../src/json.ts';
import { loadAccess } from '../../src/kube/access.ts';
import { readAuthorities, readClientCertificate } from '../../src/registry/pem.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { createCanary, leaksIn } from '../support/canaries.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const canary = createCanary('token');
const { value } = canary;

/** Texts that no parser takes, with a token at the place that it would quote. */
const TEXTS: Readonly<Record<string, string>> = {
  'JSON that ends': `{"users": [{"user": {"token": "${value}`,
  'JSON with a word': `{"token": ${value}}`,
  'JSON after JSON': `{} ${value}`,
  'YAML with a tab': `users:\n\t- ${value}`,
  'YAML with a bracket': `token: [${value}`,
  'YAML with a colon': `token: ${value}: ${value}: [`,
  'YAML of an alias': `token: *${value}`,
  'YAML of an anchor twice': `a: &${value} 1\nb: {${value}: *${value}, x`,
  'YAML of a tag': `a: !${value} {`,
  'a key twice': `server: 1\nserver: ${value}`,
  'a text': value,
  'a PEM that ends': `-----BEGIN CERTIFICATE-----\n${value}`,
  'a PEM of something else': `-----BEGIN CERTIFICATE-----\n${value}${value}\n-----END CERTIFICATE-----\n`,
  'a key of something else': `-----BEGIN PRIVATE KEY-----\n${value}${value}\n-----END PRIVATE KEY-----\n`,
  'bytes of any kind': `\0\u0001${value}\u{FFFF}`,
};

/** Everything that a call says, or throws, with causes and fields. */
function told(call: () => unknown): string {
  try {
    return inspect(call(), { depth: 9, showHidden: true });
  } catch (error) {
    return `${String(error)} ${inspect(error, { depth: 9, showHidden: true })}`;
  }
}

describe('L8: what parsers say of a text', () => {
  let dir: string;
  before(async () => (dir = await mkdtemp(join(tmpdir(), 'parsers-'))));
  after(() => rm(dir, { recursive: true }));

  const now = Date.UTC(2026, 0, 1);
  const PARSERS: Readonly<Record<string, (file: string, text: string) => unknown>> = {
    'the configuration file': (file) => loadConfig(file),
    'the kubeconfig': (file) => loadAccess({ kubeconfig: file }, createFakeClock()),
    'the bundle of authorities': (_, text) => createContexts(text),
    'ca.crt': (_, text) => readAuthorities(Buffer.from(text), now),
    'tls.crt': (_, text) => readClientCertificate(Buffer.from(text), Buffer.from(text), now),
  };
  for (const [what, parse] of Object.entries(PARSERS)) {
    for (const [name, text] of Object.entries(TEXTS)) {
      it(`holds nothing of it where ${what} is ${name}`, async () => {
        const file = join(dir, 'file');
        await writeFile(file, text);
        const said = told(() => parse(file, text));
        expect(said).to.match(/\w{5}/);
        expect(leaksIn(said, [canary])).to.deep.equal([]);
      });
    }
  }

  it('of JSON is nothing at all', () => {
    for (const text of Object.values(TEXTS)) expect(parseJson(text)).to.equal(undefined);
  });
});
