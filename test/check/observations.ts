import { REASONS, type Reason } from '../../src/check/reason.ts';
import type { Answer, LoginState, Observation, Step } from '../../src/check/observation.ts';
import type { Subject } from '../../src/check/verdict.ts';
import type { RealmProblem } from '../../src/registry/binding.ts';
import type { ErrorCode } from '../../src/registry/errors.ts';
import type { NetworkCause } from '../../src/registry/failure.ts';

/** What the sentences of these tests are about. */
export const subject: Subject = {
  host: 'registry.internal.example.com:5000',
  repository: 'platform-team/images/doctor-test',
  secret: 'registry-credentials',
};

/**
 * An observation and what it means. `stages` has a character for each stage:
 * - `+`, `-`, `?`: the stage that decides, with the reason of the verdict; True, False or Unknown.
 * - `r`: the registry responded. `p`: the login is proven. `a`: there is no login. `o`: the login stays open.
 * - `.`: a stage before this one decided. `n`: no request was sent.
 */
export type Case = readonly [
  name: string,
  observation: Observation,
  reason: Reason,
  stages: string,
  says: RegExp,
];

/** An answer of the registry, by its status. */
export function anAnswer(status: number, more: Partial<Answer> = {}): Answer {
  return {
    status,
    codes: [],
    html: false,
    tokenError: undefined,
    phrase: undefined,
    retryAfterMs: undefined,
    ...more,
  };
}

/** An upload that was accepted and cancelled. */
export function accepted(login: LoginState): Extract<Observation, { kind: 'UploadAccepted' }> {
  return { kind: 'UploadAccepted', login, location: { kind: 'here' }, cleanup: 'Cancelled' };
}

/** A refused `GET /v2/`. */
export function ping(status: number, more: Partial<Answer> = {}): Observation {
  return { kind: 'PingRefused', answer: anAnswer(status, more) };
}

/** A refused token. */
export function denied(status: number, login: LoginState = 'unknown', realm?: string): Observation {
  return { kind: 'TokenDenied', answer: anAnswer(status), login, realm };
}

/** A request without an answer. */
export function failed(step: Step, cause: NetworkCause, realm?: string): Observation {
  return { kind: 'NetworkFailed', step, failure: { kind: 'failed', cause }, realm };
}

const login = (status: number): Observation => ({ kind: 'LoginRefused', answer: anAnswer(status) });
const redirect = (step: Step, to?: string, within = false): Observation => ({
  kind: 'Redirected',
  step,
  to,
  within,
});
const realm = (why: RealmProblem, at?: string): Observation => ({ kind: 'RealmNotTrusted', why, realm: at });
const upload = (
  status: number,
  state: LoginState,
  codes: readonly ErrorCode[] = [],
  granted?: readonly string[],
): Observation => ({
  kind: 'UploadRefused',
  answer: anAnswer(status, { codes }),
  login: state,
  granted,
});
const invalidToken: Observation = {
  kind: 'UploadRefused',
  answer: anAnswer(401, { tokenError: 'invalid_token' }),
  login: 'unknown',
  granted: undefined,
};

/** What each cause means where the registry is asked for the first time. */
const CAUSES: Readonly<Record<NetworkCause, readonly [reason: Reason, says: RegExp]>> = {
  'name-not-found': ['DNSLookupFailed', /no address in DNS/],
  refused: ['ConnectionRefused', /refused the connection/],
  unreachable: ['ConnectionRefused', /no route/],
  'connect-timeout': ['ConnectionTimedOut', /no connection came about before the timeout/],
  'tls-timeout': ['RegistryTimeout', /did not finish the TLS handshake before the timeout/],
  reset: ['ConnectionReset', /cut the connection/],
  deadline: ['RegistryTimeout', /before the timeout/],
  'address-denied': ['EgressDenied', /resolves to an address that checks must not reach/],
  'address-private': ['EgressDenied', /resolves to a private address, and the check names no existingSecret/],
  protocol: ['RegistryProtocolError', /not valid HTTP/],
  'body-too-large': ['RegistryProtocolError', /larger than 64 KiB/],
  'own-resources': ['OperatorResourceExhausted', /the operator ran out/],
  'proxy-unreachable': ['ProxyFailed', /the proxy cannot be reached/],
  'proxy-denied': ['ProxyFailed', /an address that is never reached unless egress\.allowCIDRs/],
  'proxy-tls': ['ProxyFailed', /TLS handshake with the proxy failed/],
  'proxy-timeout': ['ProxyFailed', /the proxy opened no connection before the timeout/],
  'proxy-login': ['ProxyFailed', /the proxy wants a login, or refused the one it got \(407\)/],
  'proxy-refused': ['ProxyFailed', /the proxy allows no connection to it \(403\)/],
  'proxy-gateway': ['ProxyFailed', /the proxy cannot reach it/],
  'proxy-answer': ['ProxyFailed', /an answer that does not open a connection/],
  'tls-expired': ['TLSVerificationFailed', /expired/],
  'tls-not-yet-valid': ['TLSVerificationFailed', /not valid yet/],
  'tls-wrong-name': ['TLSVerificationFailed', /another host name/],
  'tls-unknown-authority': ['TLSVerificationFailed', /unknown authority/],
  'tls-not-tls': ['TLSVerificationFailed', /does not speak TLS/],
  'tls-other': ['TLSVerificationFailed', /TLS handshake/],
};

/** Sentences that say a name in a way of their own. */
const worded: readonly Case[] = [
  [
    'a certificate that came through a proxy',
    {
      kind: 'NetworkFailed',
      step: 'ping',
      failure: { kind: 'failed', cause: 'tls-unknown-authority', proxied: true },
    },
    'TLSVerificationFailed',
    '-..',
    /^\S+ has a certificate signed by an unknown authority \(through the proxy\)$/,
  ],
  [
    'a refused connection of a token service',
    failed('token', 'refused', 'https://auth.example'),
    'TokenServiceFailed',
    'r?.',
    /^the token service https:..auth\.example of registry\S+ refused the connection$/,
  ],
  [
    'a token service at a denied address',
    failed('token', 'address-denied', 'https://[fd00:ec2::254]:5001'),
    'EgressDenied',
    'r-.',
    /^the token service https:..\[fd00:ec2::254\]:5001 of \S+ is an address that checks must not reach$/,
  ],
  [
    'a token service with a name at a denied address',
    failed('token', 'address-denied', 'https://auth.example:5001'),
    'EgressDenied',
    'r-.',
    /^the token service https:..auth\.example:5001 of \S+ resolves to an address that checks must not reach$/,
  ],
];

const network = (Object.keys(CAUSES) as NetworkCause[]).flatMap((cause): Case[] => {
  const [reason, says] = CAUSES[cause];
  const at = (step: Step, why: Reason, stages: string): Case => [
    `${cause} at ${step}`,
    failed(step, cause),
    why,
    stages,
    says,
  ];
  const steps = ['ping', 'login', 'token', 'upload'] as const;
  if (cause === 'own-resources') return steps.map((step) => at(step, reason, 'nnn'));
  // A registry that is silent now says nothing about the login or the right.
  const sign = (why: Reason): string => (REASONS[why] === 'transient' ? '?' : '-');
  const own = reason === 'RegistryTimeout' || reason === 'EgressDenied' || reason === 'ProxyFailed';
  const tokens = own ? reason : 'TokenServiceFailed';
  return [
    at('ping', reason, '-..'),
    at('login', reason, `r${sign(reason)}.`),
    at('token', tokens, `r${sign(reason)}.`),
    at('upload', reason, `ro${sign(reason)}`),
  ];
});

const secrets = (
  [
    'SecretNotFound',
    'SecretForbidden',
    'SecretTypeUnsupported',
    'SecretInvalid',
    'CredentialsNotMatched',
    'CredentialsNotBound',
    'CredentialsTooBroad',
  ] as const
).map((reason): Case => {
  const observation = { kind: 'SecretUnusable', problem: { reason, detail: 'words of ours' } } as const;
  return [reason, observation, reason, 'n-.', /^Secret registry-credentials: words of ours$/];
});

const X = 'https://x.example';
const all = ['pull', 'push'];
const bad = /wrong user name/;
const open = /either the login is wrong or/;
const nobody = /no existingSecret$/;
const opened = /opened an upload session/;
const spec = { kind: 'InvalidSpec', field: 'registryUrl', problem: 'registryUrl must be short' } as const;
const schemes = ['negotiate', 'ntlm'];

/** Cases of every kind of observation; the compiler refuses a missing kind. */
export const CASES: Readonly<Record<Observation['kind'], readonly Case[]>> = {
  InvalidSpec: [['a bad URL', spec, 'InvalidSpec', 'nnn', /^registryUrl must be short$/]],
  SecretUnusable: secrets,
  NotAllowed: [
    [
      'plain http',
      { kind: 'NotAllowed', rule: 'insecure-transport' },
      'InsecureTransportNotAllowed',
      '-..',
      /insecureRegistries/,
    ],
    [
      'a host off the list',
      { kind: 'NotAllowed', rule: 'registry-not-listed' },
      'RegistryNotAllowed',
      '-..',
      /allowedRegistries/,
    ],
  ],
  NetworkFailed: [...network, ...worded],
  Redirected: [
    [
      'a redirect at ping',
      redirect('ping', X),
      'RedirectedElsewhere',
      '-..',
      /GET \/v2\/ to https:..x.example$/,
    ],
    ['a redirect at login', redirect('login', X), 'RedirectedElsewhere', 'r-.', /with the login to https/],
    ['a redirect at token', redirect('token', X), 'TokenServiceFailed', 'r-.', /token service .* to https/],
    ['a redirect at upload', redirect('upload', X), 'RedirectedElsewhere', 'ro-', /upload request to https/],
    [
      'a redirect within',
      redirect('ping', X, true),
      'RedirectedElsewhere',
      '-..',
      /another path of the same host: spec/,
    ],
    [
      'a redirect of tokens within',
      redirect('token', X, true),
      'TokenServiceFailed',
      'r-.',
      /another path of the same host$/,
    ],
    [
      'a redirect in a circle',
      { kind: 'Redirected', step: 'upload', to: X, within: true, loops: true },
      'RedirectedElsewhere',
      'ro-',
      /the upload request again and again .* circle$/,
    ],
    ['a redirect to nowhere', redirect('ping'), 'RedirectedElsewhere', '-..', /cannot be read$/],
  ],
  SchemeUnsupported: [
    ['no scheme', { kind: 'SchemeUnsupported', schemes: [] }, 'UnsupportedAuthScheme', 'r-.', /no WWW-Auth/],
    [
      'other schemes',
      { kind: 'SchemeUnsupported', schemes },
      'UnsupportedAuthScheme',
      'r-.',
      /negotiate, ntlm;/,
    ],
  ],
  LoginWanted: [['nobody', { kind: 'LoginWanted' }, 'CredentialsRequired', 'r-.', nobody]],
  PasswordWanted: [
    [
      'a token for Basic',
      { kind: 'PasswordWanted' },
      'CredentialsNotMatched',
      'r-.',
      /^Secret registry-credentials: it has a token alone, and .* takes a user name with a password/,
    ],
  ],
  RealmNotTrusted: [
    [
      'a realm elsewhere',
      realm('other-host', X),
      'TokenRealmNotTrusted',
      'r-.',
      /service https:..x\.example,/,
    ],
    [
      'a realm over http',
      realm('insecure', 'http://x'),
      'TokenRealmNotTrusted',
      'r-.',
      /over plain http, to http:..x:/,
    ],
    [
      'a realm by address',
      realm('address', 'https://[::1]'),
      'TokenRealmNotTrusted',
      'r-.',
      /address https:..\[::1\],/,
    ],
    ['a realm that is none', realm('malformed'), 'TokenRealmNotTrusted', 'r-.', /no valid URL/],
    ['a realm with a login in it', realm('malformed', X), 'TokenRealmNotTrusted', 'r-.', /no valid URL/],
  ],
  PingRefused: [
    ['a 403 at ping', ping(403), 'AccessBlocked', '-..', /before any login \(403/],
    ['a 429 at ping', ping(429), 'RateLimited', '-..', /fewer requests \(429\)$/],
    ['a 500 at ping', ping(500), 'RegistryUnavailable', '-..', /server error \(500\)$/],
    ['a 599 at ping', ping(599), 'RegistryUnavailable', '-..', /server error \(599\)$/],
    ['a 404 at ping', ping(404), 'NotARegistry', '-..', /with 404:/],
    ['a web page at ping', ping(200, { html: true }), 'NotARegistry', '-..', /with a web page \(200\):/],
  ],
  LoginRefused: [
    ['a 401 to the login', login(401), 'CredentialsRejected', 'r-.', /registry-credentials \(401\): wrong/],
    ['a 403 to the login', login(403), 'CredentialsRejected', 'r-.', /\(403\): expired, locked/],
    ['a 429 to the login', login(429), 'RateLimited', 'r?.', /\(429\): .*failed logins$/],
    ['a 503 to the login', login(503), 'RegistryUnavailable', 'r?.', /503/],
    ['a 400 to the login', login(400), 'UnexpectedResponse', 'r-.', /with 400$/],
  ],
  TokenDenied: [
    [
      'no token for a good login',
      denied(401, 'proven'),
      'PushDenied',
      'rp-',
      /login is good.* \(401\): no push right, or/,
    ],
    ['no token for a bad login', denied(401, 'disproven'), 'CredentialsRejected', 'r-.', bad],
    ['no token, and nobody knows why', denied(403), 'PushUnauthorized', 'ro-', open],
    ['no token for nobody', denied(403, 'none'), 'CredentialsRequired', 'r-.', nobody],
    [
      'a 429 of the token service',
      denied(429),
      'RateLimited',
      'r?.',
      /^the token service of .*failed logins$/,
    ],
    ['a 500 of the token service', denied(500), 'TokenServiceFailed', 'r?.', /answered 500$/],
    [
      'a 500 of a token service with a name',
      denied(500, 'unknown', 'https://auth.example'),
      'TokenServiceFailed',
      'r?.',
      /^the token service https:..auth\.example of \S+ answered 500$/,
    ],
    ['a 404 of the token service', denied(404), 'TokenServiceFailed', 'r-.', /answered 404$/],
  ],
  TokenUnusable: (['not-json', 'no-token', 'malformed-token'] as const).map((problem) => [
    problem,
    { kind: 'TokenUnusable', problem },
    'TokenServiceFailed',
    'r-.',
    new RegExp(`\\(${problem}\\)$`),
  ]),
  RepositoryMissing: [
    [
      'a repository that would be created',
      { kind: 'RepositoryMissing', product: 'x' },
      'RepositoryWouldBeCreated',
      'ro?',
      /would create it$/,
    ],
    [
      'a repository that may be missing',
      { kind: 'RepositoryMissing', product: 'x', login: 'proven', hidden: true },
      'RepositoryWouldBeCreated',
      'rp?',
      /may not look into .* asking would create it$/,
    ],
  ],
  UploadRefused: [
    ['a 401 to a good login', upload(401, 'proven'), 'PushDenied', 'rp-', /\(401\): no push right, or/],
    [
      'a 403 to a good login',
      upload(403, 'proven', ['DENIED']),
      'PushDenied',
      'rp-',
      /\(403\): no push right, or/,
    ],
    [
      'a token without push',
      upload(401, 'proven', [], ['pull']),
      'PushDenied',
      'rp-',
      /granted: pull; missing: push$/,
    ],
    [
      'a token without rights',
      upload(401, 'proven', [], []),
      'PushDenied',
      'rp-',
      /granted: nothing; missing: pull, push$/,
    ],
    ['a token with all rights', upload(401, 'proven', [], all), 'PushDenied', 'rp-', /no push right, or/],
    ['a 401 to a bad login', upload(401, 'disproven'), 'CredentialsRejected', 'r-.', bad],
    ['a 401, and nobody knows why', upload(401, 'unknown'), 'PushUnauthorized', 'ro-', open],
    ['a 403 of an open registry', upload(403, 'unchecked'), 'PushUnauthorized', 'ro-', open],
    ['a 401 to nobody', upload(401, 'none'), 'CredentialsRequired', 'r-.', nobody],
    ['invalid_token', invalidToken, 'TokenRefused', 'r-.', /just issued$/],
    ['a 405', upload(405, 'proven'), 'RegistryReadOnly', 'rp-', /read-only or a mirror \(405\)$/],
    ['UNSUPPORTED', upload(400, 'none', ['UNSUPPORTED']), 'RegistryReadOnly', 'ra-', /\(400\)$/],
    ['NAME_INVALID', upload(400, 'proven', ['NAME_INVALID']), 'RepositoryInvalid', 'rp-', /repository name/],
    [
      'NAME_INVALID as a 404',
      upload(404, 'proven', ['NAME_INVALID']),
      'RepositoryInvalid',
      'rp-',
      /\(404\)$/,
    ],
    ['a 404', upload(404, 'unchecked', ['NAME_UNKNOWN']), 'RepositoryNotFound', 'ro-', /\(404\)$/],
    ['a 429 at upload', upload(429, 'proven'), 'RateLimited', 'rp?', /429/],
    ['a 500 at upload', upload(500, 'proven'), 'RegistryUnavailable', 'rp?', /500/],
    ['a 201', upload(201, 'proven'), 'UnexpectedResponse', 'rp-', /with 201$/],
    ['a 400', upload(400, 'none'), 'UnexpectedResponse', 'ra-', /with 400$/],
  ],
  UploadMalformed: [
    [
      'a 202 without Location',
      { kind: 'UploadMalformed', answer: anAnswer(202), login: 'unknown' },
      'UnexpectedResponse',
      'ro-',
      /without a usable Location/,
    ],
    [
      'a 202 without Location for a proven login',
      { kind: 'UploadMalformed', answer: anAnswer(202), login: 'proven' },
      'UnexpectedResponse',
      'rp-',
      /without a usable Location/,
    ],
    [
      'a 202 without Location for nobody',
      { kind: 'UploadMalformed', answer: anAnswer(202), login: 'none' },
      'UnexpectedResponse',
      'ra-',
      /without a usable Location/,
    ],
  ],
  UploadAccepted: [
    ['a push with a good login', accepted('proven'), 'PushAuthorized', 'rp+', opened],
    ['a push with an unchecked login', accepted('unchecked'), 'PushAuthorized', 'ro+', opened],
    ['a push by anybody', accepted('none'), 'PushAuthorized', 'ra+', opened],
  ],
};
