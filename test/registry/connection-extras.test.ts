import type { ServerOptions } from 'node:https';
import { expect } from 'chai';
import { openConnection, type Connection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createSend } from '../../src/registry/http.ts';
import type { TlsExtras } from '../../src/registry/pem.ts';
import { Secret } from '../../src/registry/secret.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { createAuthority, LOOPBACK, type Authority, type KeyPair } from '../support/certificates.ts';
import {
  answer,
  startScriptedRegistry,
  type ScriptedRegistry,
  type Turn,
} from '../support/scripted-registry.ts';
import { causeOf, LOOPBACK_RANGES, never } from './asking.ts';

const PING: Turn = ['GET /v2/', answer(200, {}, '{}')];
const END = new Date(Date.UTC(2077, 5, 1));

describe('TLS: openConnection with what a Secret adds to it', () => {
  let authority: Authority;
  let server: KeyPair;
  let client: KeyPair;
  let extras: TlsExtras;
  const contexts = createContexts(undefined);
  const running: ScriptedRegistry[] = [];
  before(async () => {
    authority = await createAuthority('authority of one team');
    server = await authority.issue({ commonName: 'registry', ...LOOPBACK, notAfter: END });
    client = await authority.issue({ commonName: 'ci', client: true });
    const own = { certificate: client.certPem, key: new Secret(client.keyPem) };
    extras = { authorities: authority.pem, client: own };
  });
  afterEach(async () => {
    for (const registry of running.splice(0)) await registry.stop();
  });

  async function start(more: ServerOptions = {}, address?: string): Promise<ScriptedRegistry> {
    const registry = await startScriptedRegistry(
      { cert: server.certPem, key: server.keyPem, ...more },
      address,
    );
    running.push(registry);
    registry.play([PING, PING]);
    return registry;
  }

  /** Pings `url` in a probe of `registry`. */
  async function ping(
    url: string,
    registry: string,
    tls: TlsExtras | undefined,
    see: (connection: Connection) => void = () => undefined,
  ): Promise<string> {
    const { secureContext, ownContext } = contexts(tls);
    const connection = openConnection({
      guard: createGuard(LOOPBACK_RANGES),
      secureContext,
      registry: { origin: new URL(registry), secureContext: ownContext },
    });
    try {
      return causeOf(await createSend(connection)({ method: 'GET', url: new URL('/v2/', url) }, never));
    } finally {
      see(connection);
      connection.close();
    }
  }

  const mutual = (): ServerOptions => ({ requestCert: true, rejectUnauthorized: true, ca: authority.pem });

  it('Trust: trusts an authority that is in the Secret alone, for its own probes alone', async () => {
    const { url } = await start();
    expect(await ping(url, url, undefined)).to.equal('tls-unknown-authority');
    expect(await ping(url, url, { authorities: authority.pem, client: undefined })).to.equal('200');
    expect(await ping(url, url, undefined)).to.equal('tls-unknown-authority');
  });

  it('trusts it for the token service, too', async () => {
    const [registry, tokens] = [await start(), await start()];
    expect(await ping(tokens.url, registry.url, { authorities: authority.pem, client: undefined })).to.equal(
      '200',
    );
  });

  it('trusts the roots and the authorities of the installation beside it', async () => {
    const { url } = await start();
    const [own, more] = [createContexts(authority.pem), (await createAuthority('other')).pem];
    const { secureContext } = own({ authorities: more, client: undefined });
    const connection = openConnection({ guard: createGuard(LOOPBACK_RANGES), secureContext });
    expect(
      causeOf(await createSend(connection)({ method: 'GET', url: new URL('/v2/', url) }, never)),
    ).to.equal('200');
    connection.close();
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`shows the client certificate to a registry that wants one, over ${maxVersion}`, async () => {
      const { url } = await start({ ...mutual(), maxVersion });
      expect(await ping(url, url, extras)).to.equal('200');
      const without = await ping(url, url, { authorities: authority.pem, client: undefined });
      expect(without).to.be.oneOf(['tls-other', 'reset']);
    });
  }

  it('B1: shows it to no other origin: not to a token service on another port or under another name', async () => {
    const [registry, tokens] = [await start(mutual()), await start(mutual())];
    expect(await ping(tokens.url, registry.url, extras)).to.be.oneOf(['tls-other', 'reset']);
    const named = registry.url.replace('127.0.0.1', 'localhost');
    expect(await ping(named, registry.url, extras)).to.be.oneOf(['tls-other', 'reset']);
    expect([tokens.conversation, registry.conversation]).to.deep.equal([[], []]);
  });

  it('shows it to a registry at an IPv6 address', async () => {
    const { url } = await start(mutual(), '::1');
    expect(await ping(url, url, extras)).to.equal('200');
  });

  describe('certificateEndsMs', () => {
    const ends = async (url: string, registry: string, tls: TlsExtras | undefined): Promise<unknown> => {
      let seen: unknown = 'not asked';
      await ping(url, registry, tls, (connection) => (seen = connection.certificateEndsMs));
      return seen;
    };

    it('is the end of the certificate that the registry has shown', async () => {
      const { url } = await start();
      expect(await ends(url, url, extras)).to.equal(END.getTime());
    });

    it('is undefined where the certificate did not verify, and where there is none', async () => {
      const { url } = await start();
      expect(await ends(url, url, undefined)).to.equal(undefined);
      const plain = await startScriptedRegistry();
      running.push(plain);
      plain.play([PING]);
      expect(await ends(plain.url, plain.url, undefined)).to.equal(undefined);
    });

    it('is not that of a token service', async () => {
      const [registry, tokens] = [await start(), await start()];
      expect(await ends(tokens.url, registry.url, extras)).to.equal(undefined);
    });
  });
});
