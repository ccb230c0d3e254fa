import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { checkedPrivateKey } from '../../src/registry/private-key.ts';
import {
  asn1,
  dsaKey,
  ecKey,
  explicitCurve,
  integer,
  madeUp,
  OID,
  pemOf,
  pkcs8,
  rsaKey,
  sequence,
} from '../support/hostile-keys.ts';

const LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'] as const;
const CANNOT = /^has a private key that cannot be read$/;
const KIND = /^has a key of another kind than ECDSA, Ed25519, Ed448 and RSA: use ECDSA P-256/;
const CURVE = /^has a key on another curve than P-256, P-384 or P-521, or one without its name: /;
const NULL = asn1(0x05);
const named = (oid: Buffer): Buffer => asn1(0x06, oid);

/** A key in its forms. */
function exported(key: KeyObject, types: readonly ('pkcs1' | 'pkcs8' | 'sec1')[]): readonly string[] {
  return types.map((type) => key.export({ type, format: 'pem' }));
}

describe('M1, TLS: checkedPrivateKey', () => {
  const good: Readonly<Record<string, () => readonly string[]>> = {
    'RSA with 2048 bits': () =>
      exported(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, ['pkcs1', 'pkcs8']),
    'RSASSA-PSS': () =>
      exported(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey, ['pkcs8']),
    'RSA with 4096 bits': () => [
      pemOf('RSA PRIVATE KEY', rsaKey(4096)),
      pemOf('PRIVATE KEY', pkcs8([named(OID.rsa), NULL], rsaKey(4096))),
    ],
    'P-256': () => exported(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, ['sec1', 'pkcs8']),
    'P-384': () => exported(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, ['sec1', 'pkcs8']),
    'P-521': () => exported(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey, ['sec1', 'pkcs8']),
    Ed25519: () => exported(generateKeyPairSync('ed25519').privateKey, ['pkcs8']),
    Ed448: () => exported(generateKeyPairSync('ed448').privateKey, ['pkcs8']),
  };
  for (const [name, texts] of Object.entries(good))
    it(`hands on a key of ${name} as it is`, () => {
      for (const pem of texts()) expect(checkedPrivateKey(pem)).to.deep.equal({ pem });
    });

  it('hands on the block of the key alone, in lines of 64', () => {
    const [pem = ''] = exported(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, ['sec1']);
    const parameters = pemOf('EC PARAMETERS', named(OID.p256));
    const long = pem.replace(/\n(?!-)/g, '').replace('KEY-----', 'KEY-----\n');
    for (const text of [
      `${parameters}${pem}`,
      pem.replaceAll('\n', '\r\n'),
      `words\n${pem}\n\n`,
      pem.trim(),
      long,
    ])
      expect(checkedPrivateKey(text)).to.deep.equal({ pem });
  });

  const edwards = (length: number): Buffer =>
    pkcs8([named(OID.ed25519)], asn1(0x04, Buffer.alloc(length, 7)));
  const ofCurve = (curve: Buffer, inner?: Buffer): Buffer => pkcs8([named(OID.ec), curve], ecKey(inner));
  type Row = readonly [name: string, der: Buffer, label: (typeof LABELS)[number], says: RegExp];
  const rows: readonly Row[] = [
    ['DSA', dsaKey(1024), 'PRIVATE KEY', KIND],
    ['DSA with 65536 bits', dsaKey(65_536), 'PRIVATE KEY', KIND],
    ['DSA that is called RSA', dsaKey(65_536), 'RSA PRIVATE KEY', CANNOT],
    ['DSA that is called EC', dsaKey(65_536), 'EC PRIVATE KEY', CANNOT],
    [
      'DH',
      pkcs8([named(OID.dh), sequence(integer(madeUp(8192)), integer(2))], integer(3)),
      'PRIVATE KEY',
      KIND,
    ],
    ['RSA with 4104 bits', rsaKey(4104), 'RSA PRIVATE KEY', /^has a key of 4104 bits, longer than 4096, /],
    [
      'RSA with 65536 bits in PKCS#8',
      pkcs8([named(OID.rsa), NULL], rsaKey(65_536)),
      'PRIVATE KEY',
      /^has a key of 65536 bits/,
    ],
    [
      'RSA with a short modulus and long numbers',
      rsaKey(2048, 16_384),
      'RSA PRIVATE KEY',
      /^has a key of 16384 bits/,
    ],
    [
      'RSA with all numbers as long as they may be',
      sequence(integer(0), ...Array.from({ length: 8 }, () => integer(madeUp(4096)))),
      'RSA PRIVATE KEY',
      /^has a private key of \d+ bytes, longer than any that TLS needs \(4096\): /,
    ],
    [
      'RSA of three primes',
      sequence(integer(1), ...Array.from({ length: 8 }, () => integer(3)), sequence()),
      'RSA PRIVATE KEY',
      CANNOT,
    ],
    [
      'RSA without its primes',
      sequence(integer(0), integer(madeUp(2048)), integer(3)),
      'RSA PRIVATE KEY',
      CANNOT,
    ],
    ['a curve that is spelled out', ecKey(explicitCurve(656)), 'EC PRIVATE KEY', CURVE],
    ['a curve that is spelled out in PKCS#8', ofCurve(explicitCurve(656)), 'PRIVATE KEY', CURVE],
    [
      'a curve that is spelled out within one that is named',
      ofCurve(named(OID.p256), explicitCurve(656)),
      'PRIVATE KEY',
      CURVE,
    ],
    ['a curve that TLS has no use for', ecKey(named(OID.secp256k1)), 'EC PRIVATE KEY', CURVE],
    ['no curve', ecKey(), 'EC PRIVATE KEY', CANNOT],
    ['no curve in PKCS#8', pkcs8([named(OID.ec)], ecKey()), 'PRIVATE KEY', CURVE],
    ['ECDSA with a long number', ecKey(named(OID.p256), 8192), 'EC PRIVATE KEY', CANNOT],
    ['Ed25519 with a long number', edwards(3000), 'PRIVATE KEY', CANNOT],
    ['PKCS#8 with more after it', Buffer.concat([edwards(32), NULL]), 'PRIVATE KEY', CANNOT],
    ['PKCS#8 that is cut off', edwards(32).subarray(0, -1), 'PRIVATE KEY', CANNOT],
    ['a length without end', Buffer.from('3080020100', 'hex'), 'PRIVATE KEY', CANNOT],
    ['a length of four bytes', Buffer.from('3084ffffffff020100', 'hex'), 'PRIVATE KEY', CANNOT],
    ['nothing', Buffer.alloc(0), 'PRIVATE KEY', CANNOT],
  ];
  for (const [name, der, label, says] of rows)
    it(`M1, TLS: refuses ${name}, and shows nothing of it`, () => {
      const found = checkedPrivateKey(pemOf(label, der));
      expect(found).to.have.property('problem').that.matches(says);
      expect(found).to.not.have.property('pem');
      if (der.length > 12) expect(JSON.stringify(found)).to.not.include(der.toString('base64').slice(0, 16));
    });

  it('refuses a block that is not base64, has two labels, or one of another kind', () => {
    const pem = pemOf('PRIVATE KEY', edwards(32));
    expect(checkedPrivateKey(pem)).to.have.property('pem');
    const broken = [
      pem.replace('M', '*'),
      pem.replace('END P', 'END RSA P'),
      pem.replace('\n-----END', '=\n-----END'),
      pem.slice(0, -9),
    ];
    for (const text of broken)
      expect(checkedPrivateKey(text)).to.have.property('problem').that.matches(CANNOT);
    expect(checkedPrivateKey(pemOf('OPENSSH PRIVATE KEY', edwards(32))))
      .to.have.property('problem')
      .that.matches(KIND);
  });

  it('M1: answers to any bytes, and what it hands on is short, or nothing', () => {
    const { sequences } = fc.letrec<{ value: Buffer; sequences: Buffer }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
        fc.constantFrom(...Object.values(OID)).map(named),
        fc.nat(2).map(integer),
        fc
          .tuple(fc.constantFrom(0x02, 0x03, 0x04, 0xa0, 0xa1), tie('value'))
          .map(([tag, one]) => asn1(tag, one)),
        tie('sequences'),
      ),
      sequences: fc.array(tie('value'), { maxLength: 10 }).map((parts) => sequence(...parts)),
    }));
    const bytes = fc.oneof(
      sequences,
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(...LABELS), (der, label) => {
        const found = checkedPrivateKey(pemOf(label, der));
        if ('problem' in found) expect(found.problem).to.match(/^has (?:a|more)/);
        else expect(found.pem.length).to.be.at.most(5700);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => void expect(checkedPrivateKey(text)).to.have.property('problem')),
    );
  });

  it('M1: answers to a good key with any byte changed, as OpenSSL does', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const der = key.export({ type: 'pkcs8', format: 'der' });
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(der);
        changed[at] = byte;
        const found = checkedPrivateKey(pemOf('PRIVATE KEY', changed));
        if ('problem' in found) return;
        try {
          expect(createPrivateKey(found.pem).asymmetricKeyType).to.equal('ec');
        } catch (error) {
          expect(error)
            .to.have.property('code')
            .that.matches(/^ERR_OSSL/);
        }
      }),
    );
  });
});
