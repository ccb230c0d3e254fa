import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { certificateBlocks, readAuthorities, readClientCertificate } from '../../src/registry/pem.ts';
import { createAuthority, type Authority, type KeyPair } from '../support/certificates.ts';
import { dsaKey, pemOf, rsaKey } from '../support/hostile-keys.ts';

const NOW = Date.now();
const YEAR = 365 * 86_400_000;

let authority: Authority;
let client: KeyPair;
let other: KeyPair;
let weak: KeyPair;
before(async () => {
  authority = await createAuthority('test authority');
  client = await authority.issue({ commonName: 'ci', client: true });
  other = await authority.issue({ commonName: 'other', client: true });
  weak = await authority.issue({ commonName: 'weak', client: true, rsaBits: 1024 });
});

const der = (pem: string): Buffer => new X509Certificate(pem).raw;
const block = (label: string): string => `-----BEGIN ${label}-----\nQUFBQQ==\n-----END ${label}-----\n`;

/** What the texts are made of: a problem must show none of it. */
function bodyOf(pem: string): string {
  return pem.split('\n')[1] ?? '';
}

describe('TLS: readAuthorities', () => {
  it('reads certificates, and drops the words around them', () => {
    const read = readAuthorities(Buffer.from(`# ours\r\n${authority.pem}\nand\n${other.certPem}`), NOW);
    if ('problem' in read) throw new Error(read.problem);
    expect(certificateBlocks(read.pem)).to.have.length(2);
    expect(read.pem).to.not.match(/ours|and/);
  });

  it('reads a bundle in which some have expired', async () => {
    const old = await authority.issue({
      commonName: 'x',
      notBefore: new Date(0),
      notAfter: new Date(NOW - YEAR),
    });
    expect(readAuthorities(Buffer.from(old.certPem + authority.pem), NOW)).to.have.property('pem');
  });

  type Row = readonly [name: string, text: () => string | Buffer, says: RegExp];
  const rows: readonly Row[] = [
    ['nothing', () => '', /^is empty$/],
    ['white space', () => ' \n', /^is empty$/],
    ['DER', () => der(authority.pem), /^is binary \(DER or PKCS#12\), not PEM/],
    ['a private key', () => client.keyPem, /^holds a private key, where only certificates belong/],
    ['a private key beside a certificate', () => authority.pem + client.keyPem, /^holds a private key/],
    ['an encrypted private key', () => block('ENCRYPTED PRIVATE KEY'), /^holds a private key/],
    ['an RSA private key', () => block('RSA PRIVATE KEY'), /^holds a private key/],
    ['PKCS#7', () => block('PKCS7'), /^is a PKCS#7 bundle/],
    ['PKCS#7 by its other name', () => block('CMS'), /^is a PKCS#7 bundle/],
    ['a certificate request', () => block('CERTIFICATE REQUEST'), /^is a certificate request/],
    [
      'a certificate that is cut off',
      () => authority.pem.slice(0, -40),
      /^has a certificate that is cut off$/,
    ],
    [
      'a certificate that is broken',
      () => block('CERTIFICATE'),
      /^has a certificate \(number 1\) that cannot be read$/,
    ],
    [
      'a second one that is broken',
      () => authority.pem + block('CERTIFICATE'),
      /\(number 2\) that cannot be read$/,
    ],
    ['base64 of PEM', () => Buffer.from(authority.pem).toString('base64'), /^was encoded twice/],
    ['other words', () => 'see the wiki', /^is not PEM: it has no line -----BEGIN CERTIFICATE-----$/],
    ['bytes of any kind', () => Buffer.from([0xff, 0xfe, 0]), /^is not PEM/],
  ];
  for (const [name, text, says] of rows) {
    it(`L8: says what ${name} looks like, and nothing of it`, () => {
      const bytes = Buffer.from(text() as string);
      const read = readAuthorities(bytes, NOW);
      expect(read).to.have.property('problem').that.matches(says);
      const shown = JSON.stringify(read);
      for (const pem of [authority.pem, client.keyPem]) expect(shown).to.not.include(bodyOf(pem));
    });
  }

  it('says when the last one of them expired', () => {
    const read = readAuthorities(Buffer.from(authority.pem), NOW + YEAR);
    expect(read)
      .to.have.property('problem')
      .that.matches(/^holds only certificates that have expired, the last one at \d{4}-\d\d-\d\dT[\d:]+Z$/);
  });

  it('never throws, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc
        .string()
        .map((text) => Buffer.from(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`)),
    );
    fc.assert(
      fc.property(bytes, (any) => void expect(readAuthorities(any, NOW)).to.have.property('problem')),
    );
  });
});

describe('TLS: readClientCertificate', () => {
  const read = (
    crt: string | Buffer | undefined,
    key: string | Buffer | undefined,
    nowMs = NOW,
  ): ReturnType<typeof readClientCertificate> =>
    readClientCertificate(
      crt === undefined ? undefined : Buffer.from(crt as string),
      key === undefined ? undefined : Buffer.from(key as string),
      nowMs,
    );

  it('reads a certificate with its key, which cannot print', () => {
    const found = read(client.certPem + authority.pem, client.keyPem);
    if (found === undefined || 'problem' in found) throw new Error('none');
    expect(certificateBlocks(found.certificate)).to.have.length(2);
    expect(found.key.reveal()).to.equal(client.keyPem);
    expect(`${inspect(found)} ${JSON.stringify(found)}`).to.not.include(bodyOf(client.keyPem));
  });

  it('takes keys in the older forms', () => {
    const sec1 = createPrivateKey(client.keyPem).export({ type: 'sec1', format: 'pem' });
    expect(read(client.certPem, sec1)).to.have.property('key');
  });

  it('takes a key with other blocks and words around it, and hands on the key alone', () => {
    const found = read(client.certPem, `Bag Attributes\r\n${authority.pem}${client.keyPem}\n\n# end\n`);
    if (found === undefined || 'problem' in found) throw new Error('none');
    expect(found.key.reveal()).to.equal(client.keyPem);
  });

  describe('M1, TLS: gives OpenSSL no key to calculate with but one that was looked at', () => {
    const opened: string[] = [];
    const open = (pem: string): KeyObject => {
      opened.push(pem);
      if (pem === client.keyPem) return createPrivateKey(pem);
      throw new Error('not opened');
    };
    const given = (key: string): ReturnType<typeof readClientCertificate> =>
      readClientCertificate(Buffer.from(client.certPem), Buffer.from(key), NOW, open);
    beforeEach(() => void opened.splice(0));

    for (const label of [
      'PRIVATE KEY',
      'RSA PRIVATE KEY',
      'EC PRIVATE KEY',
      'DSA PRIVATE KEY',
      'ANY PRIVATE KEY',
    ])
      for (const bits of [1024, 65_536])
        it(`M1, TLS: not one of DSA with ${bits} bits as ${label}`, () => {
          expect(given(pemOf(label, dsaKey(bits)))).to.have.property('problem');
          expect(opened).to.deep.equal([]);
        });

    it('M1, TLS: not one of DSA after or before a good one', () => {
      const slow = pemOf('PRIVATE KEY', dsaKey(1024));
      for (const text of [client.keyPem + slow, slow + client.keyPem])
        expect(given(text))
          .to.have.property('problem')
          .that.matches(/more than one private key/);
      expect(opened).to.deep.equal([]);
    });

    it('M1, TLS: but a good one, without what stands around it', () => {
      expect(given(`${client.keyPem}\n${client.certPem}`)).to.have.property('key');
      expect(opened).to.deep.equal([client.keyPem]);
    });
  });

  it('is undefined where neither is there', () => expect(read(undefined, undefined)).to.equal(undefined));

  type Row = readonly [name: string, pair: () => Parameters<typeof read>, says: RegExp];
  const rows: readonly Row[] = [
    ['a certificate alone', () => [client.certPem, undefined], /^tls\.crt is there without tls\.key$/],
    ['a key alone', () => [undefined, client.keyPem], /^tls\.key is there without tls\.crt$/],
    [
      'the key of another one',
      () => [client.certPem, other.keyPem],
      /^tls\.key is not the key of the first cert/,
    ],
    [
      'the certificates in the wrong order',
      () => [authority.pem + client.certPem, client.keyPem],
      /^tls\.key is not/,
    ],
    [
      'an encrypted key',
      () => {
        const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
        return [client.certPem, createPrivateKey(client.keyPem).export(options)];
      },
      /^tls\.key is encrypted/,
    ],
    [
      'an encrypted key of the older form',
      () => [client.certPem, `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n`],
      /^tls\.key is encrypted/,
    ],
    [
      'a broken key',
      () => [client.certPem, block('PRIVATE KEY')],
      /^tls\.key has a private key that cannot be read$/,
    ],
    [
      'two keys where one belongs',
      () => [client.certPem, client.keyPem + other.keyPem],
      /^tls\.key has more than one private key: /,
    ],
    ['no key', () => [client.certPem, ''], /^tls\.key is empty$/],
    [
      'two certificates',
      () => [client.certPem, client.certPem],
      /^tls\.key is a certificate, not a private key$/,
    ],
    [
      'words for a key',
      () => [client.certPem, 'x'],
      /^tls\.key is not PEM: it has no line -----BEGIN PRIVATE KEY-----$/,
    ],
    ['two keys', () => [client.keyPem, client.keyPem], /^tls\.crt holds a private key/],
    [
      'a key that would stop the process for minutes',
      () => [client.certPem, pemOf('RSA PRIVATE KEY', rsaKey(65_536))],
      /^tls\.key has a key of 65536 bits, longer than 4096, which takes too long to sign with$/,
    ],
    ['a key that TLS refuses', () => [weak.certPem, weak.keyPem], /^tls\.crt has a key that is too short/],
    [
      'an authority in between that TLS refuses',
      () => [client.certPem + weak.certPem, client.keyPem],
      /^tls\.crt has a key that is too short/,
    ],
    ['no certificate', () => ['', client.keyPem], /^tls\.crt is empty$/],
    [
      'a certificate that has expired',
      () => [client.certPem, client.keyPem, NOW + YEAR],
      /^tls\.crt has expired at \d{4}-/,
    ],
  ];
  for (const [name, pair, says] of rows) {
    it(`L8: says what is wrong with ${name}, and nothing of it`, () => {
      const found = read(...pair());
      expect(found).to.have.property('problem').that.matches(says);
      for (const pem of [client.certPem, client.keyPem, other.keyPem])
        expect(JSON.stringify(found)).to.not.include(bodyOf(pem));
    });
  }
});
