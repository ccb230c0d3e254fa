import { expect } from 'chai';
import fc from 'fast-check';
import { readAuthorities } from '../../src/registry/pem.ts';
import { createAuthority } from '../support/certificates.ts';
import { asn1, certificateOf, integer, madeUp, OID, publicKey, sequence } from '../support/hostile-keys.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('M1, TLS: readAuthorities, of keys that are slow to verify with', () => {
  let good: string;
  before(async () => (good = (await createAuthority('test authority')).pem));

  const slow: Readonly<Record<string, Buffer>> = {
    'a key of DSA': publicKey(OID.dsa, [madeUp(1024), madeUp(256), 2], 3),
    'a key of RSA and an exponent as long as its modulus': publicKey(OID.rsa, undefined, [
      madeUp(3072),
      madeUp(3064),
    ]),
  };
  for (const [name, key] of Object.entries(slow))
    it(`M1, TLS: takes no authority with ${name}, since each handshake would wait for it`, () => {
      const read = readAuthorities(Buffer.from(good + certificateOf(key)), NOW);
      expect(read)
        .to.have.property('problem')
        .that.matches(/^has a certificate \(number 2\) with a key that takes too long to verify with/);
    });

  it('takes an authority with the longest key of RSA, and one whose key cannot be read', () => {
    const long = publicKey(OID.rsa, undefined, [madeUp(16_384), 65_537]);
    const odd = publicKey(Buffer.from('2a0304', 'hex'), undefined, 3);
    for (const key of [long, odd])
      expect(readAuthorities(Buffer.from(certificateOf(key)), NOW)).to.have.property('pem');
  });

  it('M1: refuses an exponent that fills the certificate', () => {
    const key = publicKey(OID.rsa, undefined, [madeUp(2048), madeUp(800_000)]);
    expect(readAuthorities(Buffer.from(certificateOf(key)), NOW)).to.have.property('problem');
  });

  it('never throws, whatever the key of an authority', () => {
    // RSASSA-PSS whose salt is too long, and which OpenSSL reads and does not write
    const salt = asn1(0xa2, integer(madeUp(8000)));
    const pss = sequence(asn1(0x06, Buffer.from('2a864886f70d01010a', 'hex')), sequence(salt));
    const numbers = sequence(integer(madeUp(2048)), integer(3));
    const seeds = [
      ...Object.values(slow),
      publicKey(OID.rsa, undefined, [madeUp(2048), 65_537]),
      publicKey(OID.dsa, undefined, 3),
      sequence(pss, asn1(0x03, Buffer.from([0]), numbers)),
    ];
    const change = fc.tuple(fc.nat(1000), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { maxLength: 3 }), (seed, changes) => {
        const key = Buffer.from(seed);
        for (const [at, byte] of changes) key[at % key.length] = byte;
        expect(readAuthorities(Buffer.from(certificateOf(key)), NOW)).to.have.any.keys('pem', 'problem');
      }),
    );
  });
});
