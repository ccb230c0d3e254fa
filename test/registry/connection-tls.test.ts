import { once } from 'node:events';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { createServer as createTls, type SecureContext, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { createTrust, openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createSend } from '../../src/registry/http.ts';
import {
  createAuthority,
  LOOPBACK,
  type Authority,
  type CertificateRequest,
} from '../support/certificates.ts';
import {
  answer,
  startScriptedRegistry,
  type ScriptedRegistry,
  type Turn,
} from '../support/scripted-registry.ts';
import { ask, causeOf, LOOPBACK_RANGES, never } from './asking.ts';

const PING: Turn = ['GET /v2/', answer(200, { Connection: 'close' }, '{}')];

describe('TLS: https', () => {
  let authority: Authority;
  let trusted: SecureContext;
  before(async () => {
    authority = await createAuthority('test registries');
    trusted = createTrust(authority.pem);
  });

  async function withRegistry(
    certificate: CertificateRequest | undefined,
    work: (registry: ScriptedRegistry) => Promise<void>,
  ): Promise<void> {
    const tls = certificate === undefined ? undefined : await authority.issue(certificate);
    const registry = await startScriptedRegistry(tls && { cert: tls.certPem, key: tls.keyPem });
    try {
      await work(registry);
    } finally {
      await registry.stop();
    }
  }

  describe('E3: openConnection', () => {
    const hour = 3_600_000;
    const ago = (hours: number): Date => new Date(Date.now() - hours * hour);
    type Row = readonly [name: string, request: CertificateRequest, host: string, cause: string];
    const rows: readonly Row[] = [
      ['for its address', { commonName: 'r', ...LOOPBACK }, '127.0.0.1', '200'],
      ['for its name', { commonName: 'r', dnsNames: ['localhost'] }, 'localhost', '200'],
      [
        'that has expired',
        { commonName: 'r', ...LOOPBACK, notBefore: ago(48), notAfter: ago(24) },
        '127.0.0.1',
        'tls-expired',
      ],
      [
        'for tomorrow',
        { commonName: 'r', ...LOOPBACK, notBefore: ago(-12) },
        '127.0.0.1',
        'tls-not-yet-valid',
      ],
      ['for another name', { commonName: 'r', dnsNames: ['other.example'] }, 'localhost', 'tls-wrong-name'],
      ['for another address', { commonName: 'r', ipAddresses: ['127.0.0.2'] }, '127.0.0.1', 'tls-wrong-name'],
      // tls.connect without `host` would check an address against "localhost" (decisions.md 17).
      [
        'for localhost, asked by address,',
        { commonName: 'r', dnsNames: ['localhost'] },
        '127.0.0.1',
        'tls-wrong-name',
      ],
      ['for a name only as its subject', { commonName: 'localhost' }, 'localhost', 'tls-wrong-name'],
      [
        'for an address as a name',
        { commonName: 'r', dnsNames: ['127.0.0.1'] },
        '127.0.0.1',
        'tls-wrong-name',
      ],
      ['for a wildcard', { commonName: 'r', dnsNames: ['*'] }, 'localhost', 'tls-wrong-name'],
      ['for clients', { commonName: 'r', ...LOOPBACK, client: true }, '127.0.0.1', 'tls-other'],
    ];
    for (const [name, request, host, cause] of rows) {
      it(`says ${cause} to one ${name} and sends nothing before`, async () => {
        await withRegistry(request, async (registry) => {
          registry.play(cause === '200' ? [PING] : []);
          expect(causeOf(await ask(registry.url.replace('127.0.0.1', host), trusted))).to.equal(cause);
          expect(registry.conversation).to.have.length(cause === '200' ? 1 : 0);
        });
      });
    }

    it('says tls-unknown-authority to one of an authority that was not added', async () => {
      await withRegistry({ commonName: 'r', ...LOOPBACK }, async (registry) => {
        registry.play([]);
        const other = createTrust((await createAuthority('test registries')).pem);
        for (const trust of [createTrust(undefined), other]) {
          expect(causeOf(await ask(registry.url, trust))).to.equal('tls-unknown-authority');
        }
        expect(registry.conversation).to.deep.equal([]);
      });
    });

    it('says tls-not-tls to plain http behind https', async () => {
      await withRegistry(undefined, async (registry) => {
        expect(causeOf(await ask(registry.url.replace('http:', 'https:'), trusted))).to.equal('tls-not-tls');
      });
    });

    it('says tls-not-tls to another protocol behind https', async () => {
      const server = createTcp((socket) => {
        socket.resume();
        socket.end('SSH-2.0-OpenSSH_9.9\r\n');
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      expect(causeOf(await ask(`https://127.0.0.1:${port}`, trusted))).to.equal('tls-not-tls');
      server.close();
      await once(server, 'close');
    });

    it('says tls-other to a registry that wants a certificate of ours', async () => {
      const { certPem, keyPem } = await authority.issue({ commonName: 'r', ...LOOPBACK });
      const mutual = {
        requestCert: true,
        rejectUnauthorized: true,
        ca: authority.pem,
        maxVersion: 'TLSv1.2',
      } as const;
      const registry = await startScriptedRegistry({ cert: certPem, key: keyPem, ...mutual });
      try {
        expect(causeOf(await ask(registry.url, trusted))).to.be.oneOf(['tls-other', 'reset']);
      } finally {
        await registry.stop();
      }
    });

    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      it(`speaks no ${version}`, async () => {
        const { certPem, keyPem } = await authority.issue({ commonName: 'r', ...LOOPBACK });
        const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
        const registry = await startScriptedRegistry({ cert: certPem, key: keyPem, ...old });
        try {
          expect(causeOf(await ask(registry.url, trusted))).to.equal('tls-other');
          expect(registry.conversation).to.deep.equal([]);
        } finally {
          await registry.stop();
        }
      });
    }

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`speaks ${version}`, async () => {
        const { certPem, keyPem } = await authority.issue({ commonName: 'r', ...LOOPBACK });
        const only = { minVersion: version, maxVersion: version } as const;
        const registry = await startScriptedRegistry({ cert: certPem, key: keyPem, ...only });
        try {
          registry.play([PING]);
          expect(causeOf(await ask(registry.url, trusted))).to.equal('200');
        } finally {
          await registry.stop();
        }
      });
    }

    it('ends with a failure where TLS is behind http', async () => {
      await withRegistry({ commonName: 'r', ...LOOPBACK }, async (registry) => {
        registry.play([]);
        const cause = causeOf(await ask(registry.url.replace('https:', 'http:'), trusted));
        expect(cause).to.be.oneOf(['protocol', 'reset']);
        expect(registry.conversation).to.deep.equal([]);
      });
    });

    it('resumes no session: a resumed one is not verified again', async () => {
      const { certPem, keyPem } = await authority.issue({ commonName: 'r', ...LOOPBACK });
      const resumed: boolean[] = [];
      const server = createTls({ cert: certPem, key: keyPem }, (socket: TLSSocket) => {
        resumed.push(socket.isSessionReused());
        socket.once('data', () =>
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
        );
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const connection = openConnection({ guard: createGuard(LOOPBACK_RANGES), secureContext: trusted });
      try {
        const send = createSend(connection);
        const { port } = server.address() as AddressInfo;
        const url = new URL(`https://127.0.0.1:${port}/v2/`);
        for (let turn = 0; turn < 3; turn += 1) {
          expect(causeOf(await send({ method: 'GET', url }, never))).to.equal('200');
        }
        expect(resumed).to.deep.equal([false, false, false]);
      } finally {
        connection.close();
        server.close();
        await once(server, 'close');
      }
    });
  });

  describe('createTrust', () => {
    it('takes several authorities in one text', async () => {
      const second = await createAuthority('second');
      const trust = createTrust(`${second.pem}${authority.pem}`);
      await withRegistry({ commonName: 'r', ...LOOPBACK }, async (registry) => {
        registry.play([PING]);
        expect(causeOf(await ask(registry.url, trust))).to.equal('200');
      });
    });

    it('throws where there is no certificate in the text, or one that cannot be read', async () => {
      const { keyPem } = await authority.issue({ commonName: 'r', ...LOOPBACK });
      const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
      for (const text of ['', 'words', keyPem])
        expect(() => createTrust(text)).to.throw(/^no PEM certificate/);
      expect(() => createTrust(`${authority.pem}${broken}`)).to.throw(/^certificate 2 of .* cannot be read$/);
    });
  });
});
