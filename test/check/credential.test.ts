import { expect } from 'chai';
import { readCredential, type Credential, type Wanted } from '../../src/check/credential.ts';
import { formOf, type SecretContent } from '../../src/check/secret-content.ts';
import { createAuthority } from '../support/certificates.ts';
import { at, NOW_MS } from '../support/builders.ts';
import { CANARY, leaksOf } from '../support/scripted-registry.ts';
import { aDockerSecret, aSecret, aWanted, base64 } from '../support/secrets.ts';

const REGISTRIES = 'doctor.stella-ops.org/registries';
const TOKEN_HOSTS = 'doctor.stella-ops.org/token-hosts';
const EXPIRES_AT = 'doctor.stella-ops.org/expires-at';
const login = { username: 'ci', password: CANARY };
const bound = { [REGISTRIES]: 'reg.example' };
const BASIC_AUTH = 'kubernetes.io/basic-auth';

function credentialOf(secret: SecretContent, over: Partial<Wanted> = {}): Credential {
  const found = readCredential(secret, aWanted(over));
  if ('problem' in found) throw new Error(`${found.problem.reason}: ${found.problem.detail}`);
  expect(leaksOf(JSON.stringify(found))).to.deep.equal([]);
  return found.credential;
}

/** `ci:PASSWORD` or `token TOKEN`. */
function loginOf(secret: SecretContent, over: Partial<Wanted> = {}): string {
  const { login: found } = credentialOf(secret, over);
  return found.kind !== 'password'
    ? `${found.kind} ${found.token.reveal()}`
    : `${found.username}:${found.password.reveal()}`;
}

/** The reason why there is no login; its sentence holds no password. */
function reasonOf(secret: SecretContent, over: Partial<Wanted> = {}): string {
  const found = readCredential(secret, aWanted(over));
  expect(leaksOf(JSON.stringify(found))).to.deep.equal([]);
  return 'problem' in found ? found.problem.reason : 'a login';
}

describe('readCredential', () => {
  describe('finds the login of a Secret', () => {
    const auths = {
      'reg.example': { auth: base64(`ci:${CANARY}`) },
      'a.example': { username: 'a', password: 'b' },
    };
    const rows: readonly (readonly [name: string, secret: SecretContent, login: string])[] = [
      ['of type dockerconfigjson', aDockerSecret(auths), `ci:${CANARY}`],
      [
        'of type dockercfg',
        aSecret('kubernetes.io/dockercfg', { '.dockercfg': JSON.stringify(auths) }),
        `ci:${CANARY}`,
      ],
      ['of type basic-auth', aSecret(BASIC_AUTH, login, bound), `ci:${CANARY}`],
      ['of type Opaque', aSecret('Opaque', login, bound), `ci:${CANARY}`],
      ['without a type', aSecret('', login, bound), `ci:${CANARY}`],
      ['with a token', aSecret('Opaque', { token: 'c4nary.t' }, bound), 'token c4nary.t'],
      [
        'of type basic-auth with a token',
        aSecret(BASIC_AUTH, { token: 'c4nary.t' }, bound),
        'token c4nary.t',
      ],
      [
        'with a registry token',
        aDockerSecret({ 'reg.example': { registrytoken: 'c4nary.t' } }),
        'token c4nary.t',
      ],
      [
        'of type Opaque with a docker configuration',
        { ...aDockerSecret(auths), type: 'Opaque' },
        `ci:${CANARY}`,
      ],
      ['with other keys', aSecret('Opaque', { ...login, host: 'x', port: '1' }, bound), `ci:${CANARY}`],
      [
        'with white space in it, unchanged',
        aSecret(BASIC_AUTH, { username: ' ci', password: ' p ' }, bound),
        ' ci: p ',
      ],
    ];
    for (const [name, secret, wanted] of rows) {
      it(name, () => expect(loginOf(secret)).to.equal(wanted));
    }

    it('and the key that it stood under, where there is one', () => {
      expect(credentialOf(aDockerSecret(auths)).matchedKey).to.equal('reg.example');
      expect(credentialOf(aSecret(BASIC_AUTH, login, bound)).matchedKey).to.equal(undefined);
    });
  });

  it('B2: does not look into a Secret of another type', () => {
    const data = new Proxy({}, { get: () => expect.fail('looked'), ownKeys: () => expect.fail('looked') });
    for (const type of [
      'kubernetes.io/tls',
      'kubernetes.io/service-account-token',
      'helm.sh/release.v1',
      '__proto__',
    ])
      expect(reasonOf({ type, data, annotations: bound })).to.equal('SecretTypeUnsupported');
  });

  describe('B2: sends a login without a registry of its own', () => {
    const plain = (values: Readonly<Record<string, string>>, annotation?: string): SecretContent =>
      aSecret(
        'Opaque',
        { ...login, ...values },
        annotation === undefined ? {} : { [REGISTRIES]: annotation },
      );
    type Row = readonly [name: string, secret: SecretContent, over: Partial<Wanted>, reason: string];
    const rows: readonly Row[] = [
      ['nowhere by itself', plain({}), {}, 'CredentialsNotBound'],
      ['where the key registry says', plain({ registry: 'reg.example' }), {}, 'a login'],
      ['where the annotation says', plain({}, 'a.example, reg.example ,'), {}, 'a login'],
      ['where either says', plain({ registry: 'a.example' }, 'reg.example'), {}, 'a login'],
      ['where the repository is named', plain({ registry: 'reg.example/team' }), {}, 'a login'],
      ['to no other registry', plain({ registry: 'a.example' }), {}, 'CredentialsNotMatched'],
      ['to no other repository', plain({}, 'reg.example/other'), {}, 'CredentialsNotMatched'],
      ['where the installation says', plain({}), { installed: ['reg.example'] }, 'a login'],
      ['where the installation trusts', plain({}), { trusted: ['reg.example'] }, 'a login'],
      [
        'to no trusted registry where it says another',
        plain({ registry: 'a.example' }),
        { trusted: ['reg.example'] },
        'CredentialsNotMatched',
      ],
      [
        'nowhere where the installation trusts others',
        plain({}),
        { trusted: ['a.example'], installed: ['b.example'] },
        'CredentialsNotBound',
      ],
      ['nowhere for an empty annotation', plain({}, ' , '), {}, 'CredentialsNotBound'],
      ['nowhere for a wildcard', plain({}, '*.example'), {}, 'SecretInvalid'],
      ['nowhere for an empty key', plain({ registry: '' }), { trusted: ['reg.example'] }, 'SecretInvalid'],
    ];
    for (const [name, secret, over, reason] of rows) {
      it(name, () => expect(reasonOf(secret, over)).to.equal(reason));
    }

    it('B3: by nothing that a docker configuration needs: there the key decides alone', () => {
      const secret = aDockerSecret({ 'a.example': login }, { registry: 'reg.example' }, bound);
      const over = { installed: ['reg.example'], trusted: ['reg.example'] };
      expect(reasonOf(secret, over)).to.equal('CredentialsNotMatched');
    });

    it('only after the question where to, whatever its values are', () => {
      expect(reasonOf(aSecret('Opaque', { username: '', password: '\0' }))).to.equal('CredentialsNotBound');
    });
  });

  describe('says whether the login is for another repository', () => {
    const rows: readonly (readonly [name: string, secret: SecretContent, isFor: boolean])[] = [
      ['with a key that has no path', aDockerSecret({ 'reg.example': login }), true],
      ['with a key of a path above both', aDockerSecret({ 'https://reg.example/v2/team': login }), true],
      ['with a key of another path', aDockerSecret({ 'reg.example/team/app': login }), false],
      [
        'with a key of its own for the other one',
        aDockerSecret({ 'reg.example/team/app': login, 'reg.example/team/base': login }),
        false,
      ],
      ['with an annotation that has no path', aSecret(BASIC_AUTH, login, bound), true],
      [
        'with an annotation of a path above both',
        aSecret(BASIC_AUTH, login, { [REGISTRIES]: 'reg.example/team' }),
        true,
      ],
      [
        'with annotations of both paths',
        aSecret(BASIC_AUTH, login, { [REGISTRIES]: 'reg.example/team/app, reg.example/team/base' }),
        true,
      ],
      [
        'with an annotation of another path',
        aSecret(BASIC_AUTH, login, { [REGISTRIES]: 'reg.example/team/app' }),
        false,
      ],
      [
        'with a key registry of another path',
        aSecret('Opaque', { token: 'c4nary.t', registry: 'reg.example/team/app' }),
        false,
      ],
    ];
    for (const [name, secret, isFor] of rows)
      it(`${isFor ? 'yes' : 'no'}: ${name}`, () =>
        expect(credentialOf(secret).isFor('team/base')).to.equal(isFor));

    it('yes: by the word of the installer, which has no path', () =>
      expect(credentialOf(aSecret('Opaque', login), { installed: ['reg.example'] }).isFor('x')).to.equal(
        true,
      ));
  });

  describe('takes from the Secret', () => {
    it('Trust: authorities and a client certificate, whatever its type', async () => {
      const authority = await createAuthority('one team');
      const pair = await authority.issue({ commonName: 'ci', client: true });
      const tls = { 'ca.crt': authority.pem, 'tls.crt': pair.certPem, 'tls.key': pair.keyPem };
      for (const secret of [
        aDockerSecret({ 'reg.example': login }, tls),
        aSecret(BASIC_AUTH, { ...login, ...tls }, bound),
        aSecret('Opaque', { token: 't', ...tls }, bound),
        aSecret('kubernetes.io/dockercfg', {
          '.dockercfg': JSON.stringify({ 'reg.example': login }),
          ...tls,
        }),
      ]) {
        // The certificates are of today, and the time of tests is not.
        const found = credentialOf(secret, { nowMs: Date.now() }).tls;
        expect(found?.authorities?.trim()).to.equal(authority.pem.trim());
        expect(found?.client?.key.reveal()).to.equal(pair.keyPem);
      }
      expect(credentialOf(aDockerSecret({ 'reg.example': login })).tls).to.equal(undefined);
    });

    it('B5: token services, in lower case', () => {
      const secret = aDockerSecret(
        { 'reg.example': login },
        {},
        { [TOKEN_HOSTS]: 'Auth.example, b.example:5001,' },
      );
      expect(credentialOf(secret).tokenHosts).to.deep.equal(['auth.example', 'b.example:5001']);
      expect(credentialOf(aDockerSecret({ 'reg.example': login })).tokenHosts).to.deep.equal([]);
    });

    it('nothing from the prototypes of its data and annotations', () => {
      const data = Object.create({ username: 'Y2k=', password: 'cA==' }) as Record<string, string>;
      const annotations = Object.create(bound) as Record<string, string>;
      expect(reasonOf({ type: 'Opaque', data, annotations: bound })).to.equal('SecretInvalid');
      expect(reasonOf({ ...aSecret('Opaque', login), annotations })).to.equal('CredentialsNotBound');
    });
  });

  describe('knows when the login runs out', () => {
    const jwt = `${base64('{"alg":"none"}')}.${base64(`{"exp":${NOW_MS / 1000 + 60}}`)}.x`.replaceAll(
      '=',
      '',
    );
    const end = at(3_600_000);
    type Row = readonly [name: string, secret: SecretContent, afterMs: number | undefined, source?: string];
    const having = (
      more: Readonly<Record<string, string>>,
      annotations: Readonly<Record<string, string>> = {},
    ): SecretContent => aDockerSecret({ 'reg.example': login }, more, annotations);
    const rows: readonly Row[] = [
      ['nowhere', having({}), undefined],
      ['in its key expiresAt', having({ expiresAt: end }), 3_600_000, 'SecretKey'],
      [
        'in its key expires_at, in seconds',
        having({ expires_at: String(NOW_MS / 1000 + 60) }),
        60_000,
        'SecretKey',
      ],
      ['in its annotation', having({}, { [EXPIRES_AT]: end }), 3_600_000, 'Annotation'],
      [
        'in its key before its annotation',
        having({ expiresAt: at(0) }, { [EXPIRES_AT]: end }),
        0,
        'SecretKey',
      ],
      [
        'in the password before anything else',
        aDockerSecret({ 'reg.example': { username: 'ci', password: jwt } }, { expiresAt: end }),
        60_000,
        'JWT',
      ],
      ['in a token', aSecret('Opaque', { token: jwt }, bound), 60_000, 'JWT'],
    ];
    for (const [name, secret, afterMs, source] of rows) {
      it(`from what stands ${name}`, () => {
        const { expiry, findings } = credentialOf(secret);
        expect(expiry).to.deep.equal(afterMs === undefined ? undefined : { atMs: NOW_MS + afterMs, source });
        expect(findings).to.deep.equal([]);
      });
    }

    it('and says where that is no time, without showing it', () => {
      for (const [secret, what] of [
        [having({ expiresAt: CANARY }), 'key expiresAt'],
        [having({ expires_at: `${end}\n` }), 'key expires_at'],
        [having({}, { [EXPIRES_AT]: CANARY }), 'annotation doctor.stella-ops.org/expires-at'],
      ] as const) {
        const { expiry, findings } = credentialOf(secret);
        expect(expiry).to.equal(undefined);
        const message = `the ${what} of the Secret is no time: write it like 2026-01-31T12:00:00Z`;
        expect(findings).to.deep.equal([{ type: 'ExpiryMalformed', message }]);
      }
    });
  });

  describe('finds what a person should know', () => {
    const auth = base64(`ci:${CANARY}`);
    type Row = readonly [type: string, secret: SecretContent, says: RegExp];
    const rows: readonly Row[] = [
      [
        'ConflictingFields',
        aDockerSecret({ 'reg.example': { auth, username: 'other' } }),
        /"reg\.example" says one login in "auth" and another/,
      ],
      ['ConflictingFields', aDockerSecret({ 'reg.example': { auth, password: 'other' } }), /"auth" is used$/],
      [
        'KubeletWouldNotMatch',
        aDockerSecret({ 'REG.example:443': { auth } }),
        /"reg\.example:443" for images of reg\.example: write the key as reg\.example$/,
      ],
      [
        'SeveralEntriesMatch',
        aDockerSecret({ 'reg.example': { auth }, 'reg.example/team': { auth } }),
        /^2 entries are for reg\.example/,
      ],
      [
        'OtherEntryMalformed',
        aDockerSecret({ 'reg.example': { auth }, 'b.example': { auth: '%' } }),
        /whole Secret for the entry "b\.example"/,
      ],
      [
        'RegistryTokenIgnoredByKubelet',
        aDockerSecret({ 'reg.example': { registrytoken: 't' } }),
        /has a registrytoken, which the kubelet/,
      ],
      [
        'IdentityTokenIgnoredByKubelet',
        aDockerSecret({ 'reg.example': { identitytoken: 't' } }),
        /has an identitytoken, which the kubelet does not use: it pulls without it$/,
      ],
      [
        'IdentityTokenIgnoredByKubelet',
        aDockerSecret({ 'reg.example': { auth, identitytoken: 't' } }),
        /it pulls with the password beside it$/,
      ],
      [
        'SecretTypeIgnoredByKubelet',
        { ...aDockerSecret({ 'reg.example': { auth } }), type: 'Opaque' },
        /does not use a Secret of type Opaque/,
      ],
    ];
    for (const [type, secret, says] of rows) {
      it(`${type}: ${says.source}`, () => {
        const { findings } = credentialOf(secret);
        expect(findings.map((finding) => finding.type)).to.deep.equal([type]);
        expect(findings[0]?.message).to.match(says);
      });
    }

    it('nothing about a Secret as kubectl makes it', () => {
      const made = { username: 'ci', password: CANARY, email: 'a@b.c', auth };
      expect(credentialOf(aDockerSecret({ 'reg.example': made })).findings).to.deep.equal([]);
      expect(credentialOf(aSecret(BASIC_AUTH, login, bound)).findings).to.deep.equal([]);
    });

    it('one finding of a type at most, and no password', () => {
      const entries = { 'REG.example': { auth, username: 'x' }, 'reg.example:443': { auth }, a: 7, b: 8 };
      const { findings } = credentialOf({ ...aDockerSecret(entries, { expiresAt: CANARY }), type: 'Opaque' });
      const types = findings.map(({ type }) => type);
      expect(types).to.have.length(6);
      expect(new Set(types)).to.have.property('size', types.length);
      expect(leaksOf(JSON.stringify(findings))).to.deep.equal([]);
    });
  });
});

describe('formOf', () => {
  const rows: readonly (readonly [secret: SecretContent, form: string])[] = [
    [aDockerSecret({}), 'docker'],
    [aSecret('kubernetes.io/dockercfg', {}), 'other'],
    [aSecret(BASIC_AUTH, login), 'password'],
    [aSecret('', login), 'password'],
    [aSecret('Opaque', {}), 'password'],
    [aSecret('Opaque', { token: 't' }), 'token'],
    [aSecret('Opaque', { token: 't', username: 'u' }), 'password'],
    [aSecret('Opaque', { '.dockerconfigjson': '{}' }), 'other'],
    [aSecret('kubernetes.io/tls', { token: 't' }), 'other'],
  ];
  for (const [secret, form] of rows) {
    it(`is ${form} for ${secret.type || 'no type'} with ${Object.keys(secret.data).join(', ') || 'nothing'}`, () =>
      expect(formOf(secret)).to.equal(form));
  }
});
