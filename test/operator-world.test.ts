import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../src/config.ts';
import { consentOf, openProber } from '../src/operator-world.ts';
import { readProxy } from '../src/registry/proxy.ts';
import { aCredential, aRegistry } from './support/builders.ts';
import { createAuthority, LOOPBACK } from './support/certificates.ts';
import { startScriptedProxy, tunnelTo } from './support/scripted-proxy.ts';
import { answer, CANARY, leaksOf, startScriptedRegistry } from './support/scripted-registry.ts';

describe('B2: consentOf', () => {
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

describe('E4, TLS: openProber with a proxy that speaks TLS', () => {
  const NAME = 'registry.example.com';
  const LOGIN = 'proxy-user:pr0xy-c4nary';

  /** What a check finds out whose Secret trusts the registry's authority, where this one vouches for the proxy; and who heard what. */
  async function ask(vouches: 'installation' | 'Secret'): Promise<{
    readonly cause: string;
    readonly proxied: readonly string[];
    readonly asked: readonly string[];
    readonly seen: string;
    readonly logged: readonly unknown[];
  }> {
    const logged: unknown[] = [];
    const dir = await mkdtemp(join(tmpdir(), 'prober-'));
    const [ofSecret, other] = [await createAuthority('of the Secret'), await createAuthority('installed')];
    const { certPem: cert, keyPem: key } = await ofSecret.issue({ commonName: 'r', dnsNames: [NAME] });
    const registry = await startScriptedRegistry({ cert, key });
    const issuer = vouches === 'installation' ? other : ofSecret;
    const proxy = await startScriptedProxy(await issuer.issue({ commonName: 'proxy', ...LOOPBACK }));
    try {
      const [port = ''] = registry.host.split(':').slice(-1);
      registry.play([['GET /v2/', answer(500)]]);
      proxy.answer(tunnelTo(Number(port)));
      const caBundle = join(dir, 'ca.crt');
      await writeFile(caBundle, other.pem);
      const at = readProxy({ HTTPS_PROXY: proxy.url.replace('://', `://${LOGIN}@`) }, []);
      const prober = openProber(parseConfig(JSON.stringify({ caBundle })), [], at, (...line) =>
        logged.push(line),
      );
      const credential = {
        ...aCredential(CANARY),
        tls: { authorities: ofSecret.pem, client: undefined },
      };
      const answered = await prober.ask(
        {
          registry: aRegistry(`https://${NAME}:${port}`),
          repository: 'team/app',
          credential,
          pull: undefined,
          timeoutMs: 10_000,
        },
        new AbortController().signal,
      );
      if (answered.kind === 'busy') throw new Error('no slot');
      const { observation } = answered.probed;
      return {
        cause: observation.kind === 'NetworkFailed' ? observation.failure.cause : observation.kind,
        proxied: proxy.heads,
        asked: registry.conversation,
        seen: registry.rawHeaders.flat().join('\n'),
        logged,
      };
    } finally {
      await proxy.stop();
      await registry.stop();
      await rm(dir, { recursive: true });
    }
  }

  it('E4: verifies the proxy by the authorities of the installation, and the registry by those of the Secret, too', async () => {
    const { cause, proxied, asked, seen, logged } = await ask('installation');
    expect(cause).to.equal('PingRefused');
    expect(proxied).to.have.length(1);
    expect(proxied[0]).to.include('Proxy-Authorization: Basic ');
    expect(asked).to.deep.equal(['GET /v2/']);
    expect(seen).to.not.match(/proxy/i);
    expect(leaksOf(seen, LOGIN)).to.deep.equal([]);
    expect(logged).to.have.length(1);
    expect(logged[0]).to.have.nested.property('[2].proxied', true);
    expect(leaksOf(JSON.stringify(logged), LOGIN)).to.deep.equal([]);
  });

  it('E4: shows no login to a proxy that only the authority of a Secret vouches for', async () => {
    const { cause, proxied, asked } = await ask('Secret');
    expect(cause).to.equal('proxy-tls');
    expect([proxied, asked]).to.deep.equal([[], []]);
  });
});
