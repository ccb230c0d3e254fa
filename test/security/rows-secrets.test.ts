import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { Reason } from '../../src/check/reason.ts';
import type { SecretContent, SecretPart } from '../../src/check/secret-content.ts';
import { createAuthority, type Authority, type KeyPair } from '../support/certificates.ts';
import { kubeError } from '../support/scripted-client.ts';
import { answer, CANARY, leaksOf, type Turn } from '../support/scripted-registry.ts';
import { aDockerSecret, aSecret, base64 } from '../support/secrets.ts';
import { accepted, DELETE, LOGIN, PING, POST, wantsBasic } from '../check/probe-table.ts';
import { plain, ROWS } from '../check/secret-cases.ts';
import { NOW_MS } from '../support/builders.ts';
import {
  conditionOf,
  dueInMs,
  openSecretVisits,
  type SecretVisit,
  type SecretVisits,
} from './secret-visit.ts';

/** The rows of malformed Secrets, in the order of the design's table, with the names of their cases in secret-cases.ts. */
const MALFORMED: Readonly<Record<number, readonly string[]>> = {
  37: ['a type that holds no login', 'a hostile type'],
  38: [
    'a missing key',
    'no keys',
    'a missing older key',
    'an empty key',
    'neither form',
    'a user name alone',
    'a password alone',
    'the file of the docker client under its own name',
  ],
  39: ['no JSON', 'JSON that is cut off', 'YAML', 'user:password', 'an older file that is no JSON'],
  40: ['base64 of base64'],
  41: ['a byte-order mark'],
  42: ['a list', 'a list in the older file'],
  43: [
    'no auths',
    'the older form in the newer key',
    'the newer form in the older key',
    'auths that are a list',
    'auths that are empty',
    'an empty older file',
  ],
  44: [
    'a helper of a workstation',
    'a helper that keeps the login of an empty entry',
    'a helper for one registry that keeps the login of an entry of empty texts',
    'a helper beside auths that are empty',
  ],
  45: ['another registry', 'another port', 'another path', 'a wildcard of another depth'],
  46: ['an entry that is null', 'a number for a field'],
  47: ['auth that is no base64', 'auth with a line break'],
  48: ['auth without a colon'],
  49: [
    'bytes that are no text',
    'auth that is no text',
    'a NUL at the start',
    'a NUL in the middle',
    'a NUL at the end',
    'an escape in the user name',
    'a control character beyond ASCII',
    'a plain password that is no text',
    'a plain password with a NUL',
    'an identity token with a space',
    'a registry token with a space',
    'a token of two words',
  ],
  50: [
    'a line break at the end',
    'a plain password that ends with a line break',
    'a plain user name that ends with a line break',
    'a token that ends with a line break',
  ],
  51: ['an empty password', 'an empty plain password', 'an empty token'],
  52: ['an empty user name', 'neither', 'an empty plain user name'],
  53: ['no registry'],
  54: ['a wildcard that is too broad'],
  55: ['a text that is too large', 'too many entries'],
};

/** The cases that have no row of their own: they are refused all the same. */
const WITHOUT_ROW: readonly string[] = [
  'both forms',
  'a docker configuration beside a login',
  'a colon in the user name',
  'another registry in the key',
  'no registry in the key',
  'a line break in the key',
  'nothing in the key',
  'no registry in the annotation',
  'a long annotation',
  'no token service in the annotation',
];

/** The cases of certificates. */
const OF_TLS: Readonly<Record<string, 62 | 63>> = {
  'an authority that is none': 62,
  'an empty authority': 62,
  'an authority that is too large': 62,
  'a private key for an authority': 62,
  'a client certificate alone': 63,
  'a client key alone': 63,
};

const good = aDockerSecret({ 'reg.example': { auth: base64(`ci:${CANARY}`) } });
const green: readonly Turn[] = [
  [PING, wantsBasic],
  [LOGIN, answer(200)],
  [`${POST} as ci`, accepted],
  [`${DELETE} as ci`, answer(204)],
];
const MINUTE_MS = 60_000;

describe('a visit with a Secret', () => {
  let visits: SecretVisits;
  let ordinaryMs: number | undefined;
  before(async () => {
    visits = await openSecretVisits();
    ordinaryMs = dueInMs(await visits.visit(good, green));
  });
  after(() => visits.stop());

  /** What must hold whatever is wrong with the Secret: the reason, no value, and no packet. */
  function refused(told: SecretVisit, reason: Reason): string {
    expect(conditionOf(told, 'Ready')).to.equal(`False ${reason}`);
    expect(conditionOf(told, 'Authenticated')).to.equal(`False ${reason}`);
    expect(conditionOf(told, 'PushAuthorized')).to.equal('Unknown PreviousStageFailed');
    expect(told.said.filter((line) => line.startsWith('ask '))).to.deep.equal([]);
    expect([visits.listener.connections, visits.listener.conversation]).to.deep.equal([0, []]);
    expect(told.status).to.not.have.property('lastProbeTime');
    expect(told.status?.remediation?.steps).to.not.equal(undefined);
    const shown = JSON.stringify([told.status, told.said]);
    expect(leaksOf(shown)).to.deep.equal([]);
    expect(shown).to.not.include('c4nary');
    const problem = told.read?.kind === 'problem' ? told.read.problem : expect.fail('a login was found');
    const message = told.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    expect(message)
      .to.equal(`Secret push: ${problem.detail}`)
      .and.to.match(/^[^\p{Cc}]+$/u);
    return problem.detail;
  }

  const partOf = (told: SecretVisit): SecretPart | undefined =>
    told.read?.kind === 'problem' ? (told.read.problem.part ?? 'login') : undefined;

  it('that is good asks the registry: what counts no packets in the other tests would see one', async () => {
    const told = await visits.visit(good, green);
    expect(conditionOf(told, 'Ready')).to.equal('True PushAuthorized');
    expect(visits.listener.connections).to.equal(1);
    expect(visits.listener.conversation).to.deep.equal(green.map(([asked]) => asked));
  });

  it('knows a row for each case, and a case for each row', () => {
    const named = [...Object.values(MALFORMED).flat(), ...WITHOUT_ROW, ...Object.keys(OF_TLS)];
    expect(ROWS.map(([name]) => name)).to.have.members(named);
    expect(Object.keys(MALFORMED)).to.have.length(55 - 36);
  });

  describe('that cannot be read', () => {
    const rows: readonly [row: string, status: number, reason: Reason, laterMs: number, says: string][] = [
      ['row 18, row 35', 404, 'SecretNotFound', MINUTE_MS, 'it does not exist in namespace team'],
      [
        'row 36, row 61',
        403,
        'SecretForbidden',
        5 * MINUTE_MS,
        'the operator may not read it in namespace team',
      ],
    ];
    for (const [row, status, reason, laterMs, says] of rows) {
      it(`${row}: is ${reason}, looked for soon, and from the third minute on every ${laterMs / 1000} s`, async () => {
        const first = await visits.visit(kubeError(status));
        expect(refused(first, reason)).to.equal(says);
        // It may be on its way: Stalled would be a verdict to act on.
        expect([conditionOf(first, 'Reconciling'), dueInMs(first)]).to.deep.equal([
          'True ProgressingWithRetry',
          2_000,
        ]);
        const later = await visits.visit(kubeError(status), [], {
          status: first.status,
          afterMs: 3 * MINUTE_MS,
        });
        expect(refused(later, reason)).to.equal(says);
        expect([conditionOf(later, 'Stalled'), dueInMs(later)]).to.deep.equal([`True ${reason}`, laterMs]);
      });
    }

    it('row 60: that is gone at first and there at the next look is asked about', async () => {
      const { status } = await visits.visit(kubeError(404));
      const told = await visits.visit(good, green, { status, afterMs: 2_000 });
      expect(conditionOf(told, 'Ready')).to.equal('True PushAuthorized');
      expect(told.status?.conditions?.map(({ type }) => type)).to.not.include('Reconciling');
      expect(dueInMs(told)).to.be.a('number');
    });

    for (const status of [401, 429, 500, 503]) {
      it(`row 61: is no verdict where the API server answers ${status}: nothing is written, and the turn fails`, async () => {
        const told = await visits.visit(kubeError(status));
        expect(told.outcome).to.be.an('error');
        expect([told.status, visits.listener.connections]).to.deep.equal([undefined, 0]);
      });
    }
  });

  describe('that is malformed', () => {
    for (const [row, names] of Object.entries(MALFORMED)) {
      for (const name of names) {
        it(`row ${row}: ${name} is told in words of its own, without a packet, and looked at again in its slot`, async () => {
          const [, secret, reason, says] = ROWS.find((one) => one[0] === name) ?? expect.fail(name);
          const told = await visits.visit(secret);
          expect(refused(told, reason)).to.match(says);
          expect([conditionOf(told, 'Stalled'), dueInMs(told)]).to.deep.equal([`True ${reason}`, ordinaryMs]);
        });
      }
    }

    for (const name of WITHOUT_ROW) {
      it(`by ${name} is told without a packet`, async () => {
        const [, secret, reason, says] = ROWS.find((one) => one[0] === name) ?? expect.fail(name);
        expect(refused(await visits.visit(secret), reason)).to.match(says);
      });
    }

    for (const [name, text] of [
      ['null', 'null'],
      ['a text', JSON.stringify(CANARY)],
      ['a number', '42'],
    ] as const) {
      it(`row 42: ${name} at the top is told without a packet`, async () => {
        const secret = aSecret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': text });
        expect(refused(await visits.visit(secret), 'SecretInvalid')).to.match(
          /must be a JSON object with "auths"$/,
        );
      });
    }

    it('row 53: is told by the command that binds it', async () => {
      const { status } = await visits.visit(aSecret('Opaque', { username: 'ci', password: CANARY }));
      expect(status?.remediation?.steps?.join('\n')).to.match(
        /kubectl annotate .*secret.* push .*doctor\.stella-ops\.org\/registries=reg\.example/,
      );
    });

    it('row 55: (a line of the table without a number) by another entry passes, with a finding', async () => {
      const secret = aDockerSecret({
        'reg.example': { auth: base64(`ci:${CANARY}`) },
        'other.example': { auth: 7 },
      });
      const told = await visits.visit(secret, green);
      expect(conditionOf(told, 'Ready')).to.equal('True PushAuthorized');
      const [finding] = told.status?.findings ?? [];
      expect(finding?.type).to.equal('OtherEntryMalformed');
      expect(finding?.message).to.match(/would refuse the whole Secret for the entry "other\.example"/);
    });

    it('row 55: (a line of the table without a number) by a login that has run out asks all the same', async () => {
      const claims = base64(JSON.stringify({ exp: NOW_MS / 1000 - 3600 })).replace(/=+$/, '');
      const password = `e30.${claims}.c4nary`;
      const told = await visits.visit(aDockerSecret({ 'reg.example': { username: 'ci', password } }), [
        [PING, wantsBasic],
        [`${LOGIN} with another password`, wantsBasic],
      ]);
      expect(conditionOf(told, 'Ready')).to.equal('False CredentialsExpired');
      expect(visits.listener.conversation).to.have.length(2);
      expect(JSON.stringify(told.status)).to.include('2026-01-01T11:00:00Z').and.not.include('c4nary');
    });
  });

  describe('that is hostile', () => {
    const docker = (text: string): SecretContent =>
      aSecret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': text });
    const entry = JSON.stringify({ auth: base64(`ci:${CANARY}`) });

    it('row 56: is too large before it is read, although our entry is good', async () => {
      const many = Array.from({ length: 50_000 }, (_, n) => `"host${n}.example":{}`).join();
      const text = `{"auths":{"reg.example":${entry},${many}}}`;
      expect(text.length).to.be.greaterThan(1_000_000);
      expect(refused(await visits.visit(docker(text)), 'SecretInvalid')).to.equal(
        'its key .dockerconfigjson is larger than 256 KiB',
      );
    });

    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      it(`row 57: has ${key} for a host that is not ours`, async () => {
        const told = await visits.visit(docker(`{"auths":{"${key}":${entry}}}`));
        expect(refused(told, 'CredentialsNotMatched')).to.match(
          / has no entry for reg\.example; it has a key that is no host name \(\d+ characters\)$/,
        );
        const outside = await visits.visit(docker(`{"${key}":{"auths":{"reg.example":${entry}}}}`));
        expect(refused(outside, 'SecretInvalid')).to.include('has no "auths"');
      });
    }

    for (const [name, text, says] of [
      ['200 kB of [', '['.repeat(200_000), /is not valid JSON/],
      ['200 kB of [ and ]', '['.repeat(100_000) + ']'.repeat(100_000), /must be a JSON object/],
      [
        'an entry of 200 kB of [ and ]',
        `{"auths":{"reg.example":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
        /must be an object with auth/,
      ],
      [
        'objects in 200 kB of objects',
        `{"auths":{"reg.example":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}}`,
        /neither auth nor username and password/,
      ],
    ] as const) {
      it(`row 58: has ${name}, and nothing overflows`, async () => {
        expect(refused(await visits.visit(docker(text)), 'SecretInvalid')).to.match(says);
      });
    }

    it('row 59: has a line break and an escape in hosts, and none of these is shown', async () => {
      const hostile = ['ev\nil.example', 'ev\u001b[31mil.example', 'ev\u202eil.example', '<b>.example'];
      const told = await visits.visit(aDockerSecret(Object.fromEntries(hostile.map((host) => [host, {}]))));
      const said = refused(told, 'CredentialsNotMatched');
      expect(said.match(/a key that is no host name \(\d+ characters\)/g)).to.have.length(hostile.length);
      expect(said).to.not.match(/ev|<b>/);
      expect(JSON.stringify(told.status)).to.not.match(/il\.example|\\u001b|\u202e/);
    });
  });

  describe('whose certificates', () => {
    let authority: Authority;
    let client: KeyPair;
    let other: KeyPair;
    let old: KeyPair;
    before(async () => {
      authority = await createAuthority('c4 authority');
      client = await authority.issue({ commonName: 'ci', client: true });
      other = await authority.issue({ commonName: 'other', client: true });
      const year = 365 * 86_400_000;
      old = await authority.issue({
        commonName: 'old',
        client: true,
        notBefore: new Date(NOW_MS - 2 * year),
        notAfter: new Date(NOW_MS - year),
      });
    });

    const login = { username: 'ci', password: CANARY };
    const block = (label: string): string => `-----BEGIN ${label}-----\nQUFBQQ==\n-----END ${label}-----\n`;
    type Row = readonly [
      row: 62 | 63,
      name: string,
      keys: () => Readonly<Record<string, string | Buffer>>,
      says: RegExp,
    ];
    const rows: readonly Row[] = [
      [
        62,
        'ca.crt is DER',
        () => ({ 'ca.crt': new X509Certificate(authority.pem).raw }),
        /^its key ca\.crt is binary/,
      ],
      [
        62,
        'ca.crt is a private key',
        () => ({ 'ca.crt': client.keyPem }),
        /^its key ca\.crt holds a private key/,
      ],
      [62, 'ca.crt is PKCS#7', () => ({ 'ca.crt': block('PKCS7') }), /^its key ca\.crt is a PKCS#7 bundle/],
      [
        62,
        'ca.crt has expired',
        () => ({ 'ca.crt': old.certPem }),
        /^its key ca\.crt holds only certificates that have expired/,
      ],
      [62, 'ca.crt is 10 MB', () => ({ 'ca.crt': Buffer.alloc(10_000_000, 'x') }), /larger than 256 KiB$/],
      [
        63,
        'key is the one of another certificate',
        () => ({ 'tls.crt': client.certPem, 'tls.key': other.keyPem }),
        /^its key tls\.key is not the key of the first certificate/,
      ],
      [
        63,
        'key is encrypted',
        () => ({
          'tls.crt': client.certPem,
          'tls.key': createPrivateKey(client.keyPem).export({
            type: 'pkcs8',
            format: 'pem',
            cipher: 'aes-256-cbc',
            passphrase: CANARY,
          }),
        }),
        /^its key tls\.key is encrypted/,
      ],
    ];
    for (const [row, name, keys, says] of rows) {
      it(`row ${row}: ${name}: the key is named, what it looks like, and nothing of it is shown`, async () => {
        const told = await visits.visit(plain({ ...login, ...keys() }));
        expect(refused(told, 'SecretInvalid')).to.match(says);
        expect(partOf(told)).to.equal(row === 62 ? 'ca.crt' : 'client-certificate');
        const shown = JSON.stringify(told.status);
        for (const { certPem, keyPem } of [client, other, old])
          for (const pem of [certPem, keyPem]) expect(shown).to.not.include(pem.split('\n')[1]);
        expect(dueInMs(told)).to.equal(ordinaryMs);
      });
    }

    for (const [name, row] of Object.entries(OF_TLS)) {
      it(`row ${row}: are ${name}, which is told without a packet`, async () => {
        const [, secret, reason, says] = ROWS.find((one) => one[0] === name) ?? expect.fail(name);
        const told = await visits.visit(secret);
        expect(refused(told, reason)).to.match(says);
        expect(partOf(told)).to.equal(row === 62 ? 'ca.crt' : 'client-certificate');
      });
    }
  });
});
