import type { SecretProblem } from '../../src/check/credential.ts';
import type { SecretContent } from '../../src/check/secret-content.ts';
import { CANARY } from '../support/scripted-registry.ts';
import { aDockerSecret, aSecret, base64 } from '../support/secrets.ts';

const BASIC_AUTH = 'kubernetes.io/basic-auth';
const DOCKER = 'kubernetes.io/dockerconfigjson';
const REGISTRIES = 'doctor.stella-ops.org/registries';
const TOKEN_HOSTS = 'doctor.stella-ops.org/token-hosts';
const bound = { [REGISTRIES]: 'reg.example' };
const login = { username: 'ci', password: CANARY };
const auth = base64(`ci:${CANARY}`);

const text = (content: string | Buffer): SecretContent => aSecret(DOCKER, { '.dockerconfigjson': content });
const entry = (value: unknown): SecretContent => aDockerSecret({ 'reg.example': value });
/** A Secret with these values that is bound to reg.example. */
export const plain = (values: Readonly<Record<string, string | Buffer>>): SecretContent =>
  aSecret(BASIC_AUTH, values, bound);
const bytes = (...more: readonly number[]): Buffer => Buffer.concat([Buffer.from(CANARY), Buffer.from(more)]);
const withAuth = (content: Buffer): SecretContent =>
  entry({ auth: base64(Buffer.concat([Buffer.from('ci:'), content])) });

/** A Secret, why it gives no login, and what is said about it. */
export type Row = readonly [
  name: string,
  secret: SecretContent,
  reason: SecretProblem['reason'],
  says: RegExp,
];

/** Each way in which a Secret can be wrong that has words of its own. */
export const ROWS: readonly Row[] = [
  [
    'a type that holds no login',
    aSecret('kubernetes.io/tls', login),
    'SecretTypeUnsupported',
    /^it is of type kubernetes\.io\/tls; supported types: kubernetes\.io\/dockerconfigjson, .*, Opaque$/,
  ],
  [
    'a hostile type',
    aSecret('evil\n\u001b[31m', login),
    'SecretTypeUnsupported',
    /^it is of type evil��\[31m;/,
  ],
  [
    'a missing key',
    aSecret(DOCKER, { password: CANARY }),
    'SecretInvalid',
    /^it has no key \.dockerconfigjson; its keys: password$/,
  ],
  ['no keys', aSecret(DOCKER, {}), 'SecretInvalid', /^it has no key \.dockerconfigjson; its keys: none$/],
  [
    'a missing older key',
    aSecret('kubernetes.io/dockercfg', {}),
    'SecretInvalid',
    /^it has no key \.dockercfg; its keys: none$/,
  ],
  ['an empty key', text(''), 'SecretInvalid', /^\.dockerconfigjson is empty$/],
  [
    'no JSON',
    text(`${CANARY} and more`),
    'SecretInvalid',
    /^\.dockerconfigjson is not valid JSON \(\d+ characters\)$/,
  ],
  [
    'JSON that is cut off',
    text(`{"auths":{"reg.example":{"auth":"${auth}"`),
    'SecretInvalid',
    /cut off or has a syntax error$/,
  ],
  ['YAML', text(`auths:\n  reg.example:\n    password: ${CANARY}\n`), 'SecretInvalid', /looks like YAML$/],
  ['user:password', text('ci:c4nary-password'), 'SecretInvalid', /looks like user:password/],
  [
    'an older file that is no JSON',
    aSecret('kubernetes.io/dockercfg', { '.dockercfg': CANARY }),
    'SecretInvalid',
    /^\.dockercfg is not valid JSON/,
  ],
  [
    'base64 of base64',
    text(base64(JSON.stringify({ auths: { 'reg.example': login } }))),
    'SecretInvalid',
    /encoded twice/,
  ],
  [
    'a byte-order mark',
    text(`\u{FEFF}{"auths":{"reg.example":{"auth":"${auth}"}}}`),
    'SecretInvalid',
    /byte-order mark$/,
  ],
  [
    'bytes that are no text',
    text(bytes(0xff)),
    'SecretInvalid',
    /^its key \.dockerconfigjson is not UTF-8 text$/,
  ],
  [
    'a list',
    text(JSON.stringify([CANARY])),
    'SecretInvalid',
    /^\.dockerconfigjson must be a JSON object with "auths"$/,
  ],
  [
    'a list in the older file',
    aSecret('kubernetes.io/dockercfg', { '.dockercfg': '[]' }),
    'SecretInvalid',
    /^\.dockercfg must be a JSON object of registry hosts$/,
  ],
  ['no auths', text('{}'), 'SecretInvalid', /^\.dockerconfigjson has no "auths"$/],
  [
    'the older form in the newer key',
    text(JSON.stringify({ 'reg.example': login })),
    'SecretInvalid',
    /older \.dockercfg form/,
  ],
  [
    'the newer form in the older key',
    aSecret('kubernetes.io/dockercfg', { '.dockercfg': '{"auths":{}}' }),
    'SecretInvalid',
    /newer form/,
  ],
  [
    'auths that are a list',
    aDockerSecret([login]),
    'SecretInvalid',
    /"auths" in \.dockerconfigjson must be an object/,
  ],
  [
    'auths that are empty',
    aDockerSecret({}),
    'CredentialsNotMatched',
    /^"auths" is empty: no entry for reg\.example$/,
  ],
  [
    'an empty older file',
    aSecret('kubernetes.io/dockercfg', { '.dockercfg': '{}' }),
    'CredentialsNotMatched',
    /^\.dockercfg is empty: no entry for reg\.example$/,
  ],
  [
    'a helper of a workstation',
    text('{"credsStore":"desktop"}'),
    'SecretInvalid',
    /^\.dockerconfigjson names a credential helper of a workstation \(credsStore\), .*kubectl create secret docker-registry"$/,
  ],
  [
    'a helper that keeps the login of an empty entry',
    text('{"auths":{"reg.example":{}},"credsStore":"desktop"}'),
    'SecretInvalid',
    /^the entry "reg\.example" is empty: \.dockerconfigjson names a credential helper of a workstation \(credsStore\), which keeps the login/,
  ],
  [
    'a helper for one registry that keeps the login of an entry of empty texts',
    text('{"auths":{"reg.example":{"auth":""}},"credHelpers":{"reg.example":"gcloud"}}'),
    'SecretInvalid',
    /^the entry "reg\.example" is empty: \.dockerconfigjson .* \(credHelpers\), which keeps the login/,
  ],
  [
    'a helper beside auths that are empty',
    text('{"auths":{},"credHelpers":{"reg.example":"gcloud"}}'),
    'SecretInvalid',
    /^\.dockerconfigjson names a credential helper of a workstation \(credHelpers\)/,
  ],
  [
    'another registry',
    aDockerSecret({ 'a.example': login }),
    'CredentialsNotMatched',
    /no entry for reg\.example; it has "a\.example"$/,
  ],
  [
    'another port',
    aDockerSecret({ 'reg.example:5000': login }),
    'CredentialsNotMatched',
    /"reg\.example:5000" has another port$/,
  ],
  [
    'another path',
    aDockerSecret({ 'reg.example/other': login }),
    'CredentialsNotMatched',
    /"reg\.example" is for another path$/,
  ],
  [
    'a wildcard of another depth',
    aDockerSecret({ '*.reg.example': login }),
    'CredentialsNotMatched',
    /has a wildcard, which stands for letters within one part/,
  ],
  [
    'a wildcard that is too broad',
    aDockerSecret({ '*.example': login }),
    'CredentialsTooBroad',
    /^the key "\*\.example" would send the login to any such host$/,
  ],
  ['an entry that is null', entry(null), 'SecretInvalid', /"reg\.example" must be an object with auth/],
  ['a number for a field', entry({ auth: 7 }), 'SecretInvalid', /a field "auth" that is not a string$/],
  ['auth that is no base64', entry({ auth: `ci:${CANARY}` }), 'SecretInvalid', /"auth" that is not base64$/],
  [
    'auth with a line break',
    entry({ auth: `${auth}\n` }),
    'SecretInvalid',
    /"auth" with white space or a line break in it$/,
  ],
  ['auth without a colon', entry({ auth: base64('c4nary') }), 'SecretInvalid', /"auth" without a colon/],
  [
    'auth that is no text',
    withAuth(bytes(0xff)),
    'SecretInvalid',
    /"auth" that does not decode to UTF-8 text$/,
  ],
  [
    'a NUL at the start',
    withAuth(Buffer.concat([Buffer.from([0]), bytes()])),
    'SecretInvalid',
    /control byte 0x00 at the start of the password in "auth"$/,
  ],
  [
    'a NUL in the middle',
    withAuth(bytes(0, 0x41)),
    'SecretInvalid',
    /control byte 0x00 at the middle of the password in "auth"$/,
  ],
  [
    'a NUL at the end',
    withAuth(bytes(0)),
    'SecretInvalid',
    /control byte 0x00 at the end of the password in "auth"$/,
  ],
  [
    'an escape in the user name',
    entry({ username: `c\u001bi`, password: CANARY }),
    'SecretInvalid',
    /control byte 0x1b at the middle of the user name in username and password$/,
  ],
  [
    'a control character beyond ASCII',
    entry({ username: 'ci', password: `${CANARY}\u0085x` }),
    'SecretInvalid',
    /control character U\+0085 at the middle/,
  ],
  [
    'a line break at the end',
    withAuth(bytes(0x0a)),
    'SecretInvalid',
    /password in "auth" that ends with a line break: encode it with printf, not echo$/,
  ],
  ['an empty password', entry({ auth: base64('ci:') }), 'SecretInvalid', /an empty password in "auth"$/],
  [
    'an empty user name',
    entry({ auth: base64(`:${CANARY}`) }),
    'SecretInvalid',
    /an empty user name in "auth"$/,
  ],
  ['neither', entry({}), 'SecretInvalid', /neither auth nor username and password$/],
  [
    'an identity token with a space',
    entry({ auth: base64('ci:'), identitytoken: 'c4nary x' }),
    'SecretInvalid',
    /"identitytoken" with a space/,
  ],
  [
    'a registry token with a space',
    entry({ registrytoken: 'c4nary x' }),
    'SecretInvalid',
    /"registrytoken" with a space/,
  ],
  [
    'a text that is too large',
    text(`{"auths":{}}${' '.repeat(262_144)}`),
    'SecretInvalid',
    /^its key \.dockerconfigjson is larger than 256 KiB$/,
  ],
  [
    'too many entries',
    aDockerSecret(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`h${n}.example`, login]))),
    'SecretInvalid',
    /"auths" has 1001 entries, more than 1000$/,
  ],
  [
    'both forms',
    plain({ ...login, token: CANARY }),
    'SecretInvalid',
    /^it has token as well as username or password, which is ambiguous/,
  ],
  [
    'a docker configuration beside a login',
    aSecret('Opaque', { ...login, '.dockerconfigjson': '{}' }, bound),
    'SecretInvalid',
    /^it has \.dockerconfigjson as well as username, password, which is ambiguous/,
  ],
  [
    'the file of the docker client under its own name',
    plain({ 'config.json': JSON.stringify({ auths: { 'reg.example': { auth } } }) }),
    'SecretInvalid',
    /^its key config\.json has a docker configuration in it, which belongs under the key \.dockerconfigjson$/,
  ],
  [
    'neither form',
    plain({ host: 'x', url: CANARY }),
    'SecretInvalid',
    /^it has neither username and password nor token; its keys: host, url$/,
  ],
  [
    'a user name alone',
    plain({ username: 'ci' }),
    'SecretInvalid',
    /^it has the key username without password; its keys: username$/,
  ],
  [
    'a password alone',
    plain({ password: CANARY }),
    'SecretInvalid',
    /^it has the key password without username; a token without a user name belongs under the key token; /,
  ],
  [
    'an empty plain user name',
    plain({ ...login, username: '' }),
    'SecretInvalid',
    /^its key username is empty; a token without a user name belongs under the key token$/,
  ],
  [
    'an empty plain password',
    plain({ username: 'ci', password: '' }),
    'SecretInvalid',
    /^it has an empty password$/,
  ],
  ['an empty token', plain({ token: '' }), 'SecretInvalid', /^it has an empty token$/],
  [
    'a plain password that ends with a line break',
    plain({ ...login, password: `${CANARY}\n` }),
    'SecretInvalid',
    /^it has a password that ends with a line break/,
  ],
  [
    'a plain user name that ends with a line break',
    plain({ ...login, username: 'ci\n' }),
    'SecretInvalid',
    /^it has a user name that ends with a line break/,
  ],
  [
    'a token that ends with a line break',
    plain({ token: 'c4nary\n' }),
    'SecretInvalid',
    /^it has a token that ends with a line break/,
  ],
  [
    'a token of two words',
    plain({ token: CANARY.replace(':', ' ') }),
    'SecretInvalid',
    /^it has a token with a space or a letter outside ASCII/,
  ],
  [
    'a plain password that is no text',
    plain({ username: 'ci', password: bytes(0xff) }),
    'SecretInvalid',
    /^its key password is not UTF-8 text$/,
  ],
  [
    'a plain password with a NUL',
    plain({ username: 'ci', password: bytes(0) }),
    'SecretInvalid',
    /^it has the control byte 0x00 at the end of the password$/,
  ],
  [
    'a colon in the user name',
    plain({ ...login, username: 'c:i' }),
    'SecretInvalid',
    /^it has a colon in the user name$/,
  ],
  [
    'no registry',
    aSecret(BASIC_AUTH, login),
    'CredentialsNotBound',
    /^it does not say for which registry its login is: it has neither the key registry nor the annotation doctor\.stella-ops\.org\/registries$/,
  ],
  [
    'another registry in the key',
    aSecret(BASIC_AUTH, { ...login, registry: 'a.example' }),
    'CredentialsNotMatched',
    /its login is for "a\.example", not for reg\.example\/team\/app$/,
  ],
  [
    'no registry in the key',
    aSecret(BASIC_AUTH, { ...login, registry: '*.example' }),
    'SecretInvalid',
    /^its key registry must be host, host:port or host\/path, without wildcards; its 9 characters are none$/,
  ],
  [
    'a line break in the key',
    aSecret(BASIC_AUTH, { ...login, registry: 'reg.example\n' }),
    'SecretInvalid',
    /^its key registry must be .*; it ends with a line break$/,
  ],
  [
    'nothing in the key',
    aSecret(BASIC_AUTH, { ...login, registry: '' }),
    'SecretInvalid',
    /^its key registry must be .*; it is empty$/,
  ],
  [
    'no registry in the annotation',
    aSecret(BASIC_AUTH, login, { [REGISTRIES]: 'reg.example, b c' }),
    'SecretInvalid',
    /^its annotation \S+\/registries must list registries as .*; entry 2 is none$/,
  ],
  [
    'a long annotation',
    aSecret(BASIC_AUTH, login, { [REGISTRIES]: 'a.example,'.repeat(101) }),
    'SecretInvalid',
    /registries has 101 entries, more than 100$/,
  ],
  [
    'no token service in the annotation',
    aSecret(BASIC_AUTH, login, { ...bound, [TOKEN_HOSTS]: 'https://a.example/token' }),
    'SecretInvalid',
    /^its annotation \S+\/token-hosts must list token services as host or host:port; entry 1 is none$/,
  ],
  [
    'an authority that is none',
    plain({ ...login, 'ca.crt': CANARY }),
    'SecretInvalid',
    /^its key ca\.crt is not PEM/,
  ],
  ['an empty authority', plain({ ...login, 'ca.crt': '' }), 'SecretInvalid', /^its key ca\.crt is empty$/],
  [
    'an authority that is too large',
    plain({ ...login, 'ca.crt': 'x'.repeat(262_147) }),
    'SecretInvalid',
    /^its key ca\.crt is larger than 256 KiB$/,
  ],
  [
    'a private key for an authority',
    plain({ ...login, 'ca.crt': '-----BEGIN PRIVATE KEY-----\nc4nary\n-----END PRIVATE KEY-----' }),
    'SecretInvalid',
    /^its key ca\.crt holds a private key/,
  ],
  [
    'a client certificate alone',
    plain({ ...login, 'tls.crt': CANARY }),
    'SecretInvalid',
    /^its key tls\.crt is there without tls\.key$/,
  ],
  [
    'a client key alone',
    plain({ ...login, 'tls.key': CANARY }),
    'SecretInvalid',
    /^its key tls\.key is there without tls\.crt$/,
  ],
];
