import { X509Certificate } from 'node:crypto';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createAuthority, LOOPBACK, type Authority, type CertificateRequest } from './certificates.ts';

describe('createAuthority', () => {
  let authority: Authority;
  before(async () => {
    authority = await createAuthority('an authority');
  });

  const DAY_MS = 86_400_000;
  const rows: { name: string; request: Partial<CertificateRequest>; at: string; outcome: string }[] = [
    { name: 'a name', request: LOOPBACK, at: 'localhost', outcome: 'verified' },
    { name: 'an IPv4 address', request: LOOPBACK, at: '127.0.0.1', outcome: 'verified' },
    {
      name: 'another name',
      request: { dnsNames: ['registry.test'] },
      at: 'localhost',
      outcome: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
    // A common name counts only without alternative names, and for some clients never.
    {
      name: 'no name',
      request: { commonName: 'registry.test' },
      at: 'localhost',
      outcome: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
    {
      name: 'yesterday',
      request: {
        ...LOOPBACK,
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        notAfter: new Date(Date.now() - DAY_MS),
      },
      at: 'localhost',
      outcome: 'CERT_HAS_EXPIRED',
    },
    {
      name: 'tomorrow',
      request: {
        ...LOOPBACK,
        notBefore: new Date(Date.now() + DAY_MS),
        notAfter: new Date(Date.now() + 2 * DAY_MS),
      },
      at: 'localhost',
      outcome: 'CERT_NOT_YET_VALID',
    },
    { name: 'a client', request: { ...LOOPBACK, client: true }, at: 'localhost', outcome: 'INVALID_PURPOSE' },
  ];
  for (const { name, request: wanted, at, outcome } of rows) {
    it(`issues a certificate for ${name}: ${outcome} at ${at}`, async () => {
      const { certPem, keyPem } = await authority.issue({ commonName: 'localhost', ...wanted });
      expect(await meet(certPem, keyPem, at, authority.pem)).to.equal(outcome);
    });
  }

  it('is not trusted by who trusts another authority of the same name', async () => {
    const { certPem, keyPem } = await authority.issue({ commonName: 'localhost', ...LOOPBACK });
    const other = await createAuthority('an authority');
    expect(await meet(certPem, keyPem, 'localhost', other.pem)).to.not.equal('verified');
  });

  it('names loopback addresses of both families and the organization', async () => {
    const { certPem } = await authority.issue({
      commonName: 'a',
      organization: 'system:masters',
      ...LOOPBACK,
    });
    const certificate = new X509Certificate(certPem);
    expect(certificate.subjectAltName).to.equal(
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(certificate.subject.split('\n')).to.have.members(['CN=a', 'O=system:masters']);
  });

  it('writes keys as PKCS#8', async () => {
    const { keyPem } = await authority.issue({ commonName: 'a' });
    expect(keyPem).to.match(/^-----BEGIN PRIVATE KEY-----\n/);
  });
});

/** Serves with a certificate and dials as a client that trusts one authority: `verified` or the error's code. */
async function meet(cert: string, key: string, host: string, ca: string): Promise<string> {
  const server = createServer({ cert, key }, (_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const outcome = await new Promise<string>((resolve) => {
    request({ host, port, ca, agent: false }, (response) => {
      response.resume();
      resolve('verified');
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });
  await new Promise((resolve) => server.close(resolve));
  return outcome;
}
