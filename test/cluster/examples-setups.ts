import type { FailureReason } from '../../src/check/reason.ts';
import {
  answer,
  challenge,
  errors,
  raw,
  token,
  type Reply,
  type Turn,
} from '../support/scripted-registry.ts';
import type { Users } from '../support/token-server.ts';

/** Reasons that no file of deploy/examples can end in, and why. The README there says the same, word for word. */
export const WITHOUT_FILE = {
  OperatorResourceExhausted: 'The operator itself is at fault: it ran out of sockets or memory.',
} as const satisfies Partial<Record<FailureReason, string>>;

/** Name of a file of deploy/examples, without its ending: the reason that its check ends in, or `Suspended`. */
export type ExampleName = Exclude<FailureReason, keyof typeof WITHOUT_FILE> | 'PushAuthorized' | 'Suspended';

/** Servers that are no script: a distribution registry, or what stands in the place of one. */
export type ServerName =
  /** With a token service; the users are {@link USERS}. */
  | 'registry'
  /** In maintenance mode. */
  | 'read-only'
  /** Its token service signs with a key that it does not know. */
  | 'other-key'
  /** Its token service is on an address that the operator's configuration does not pair with it. */
  | 'unpaired'
  /** Nothing listens at the address of its token service. */
  | 'no-tokens'
  /** Nothing listens here. */
  | 'closed'
  /** Answers no attempt to connect. */
  | 'unanswered'
  /** Resets every connection. */
  | 'cut'
  /** Accepts connections and never says a word. */
  | 'silent'
  /** Has a certificate of an authority that nobody knows. */
  | 'unknown-authority';

/** What stands in the place of registry.example.com when an example is run. */
export type Setup =
  /** Nothing, as no request is sent there; `needs`: what of the installation makes it so, where that is not its default. */
  | { readonly kind: 'as-written'; readonly needs?: string }
  | { readonly kind: 'server'; readonly server: ServerName }
  /** What no real server here does: the whole conversation with the registry at `url`. */
  | { readonly kind: 'script'; readonly turns: (url: string) => readonly Turn[] };

/** The users of the token service. */
export const USERS: Users = {
  ci: {
    password: 'not-a-real-password',
    grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] }],
  },
  reader: { password: 'not-a-real-password', grants: [{ repository: 'team/*', actions: ['pull'] }] },
};

/** The login of the examples, as `describeRequest` shows it. */
const AS_CI = ' as ci with another password';
/** A token that is the password itself, wrapped. */
const WRAPPED = Buffer.from('not-a-real-password').toString('base64');

const refusal = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message }] });
const asWritten: Setup = { kind: 'as-written' };
const real = (server: ServerName): Setup => ({ kind: 'server', server });
const atPing = (reply: Reply): Setup => ({ kind: 'script', turns: () => [['GET /v2/', reply]] });
const atUpload = (reply: Reply, repository = 'team/doctor-test'): Setup => ({
  kind: 'script',
  turns: () => [
    ['GET /v2/', challenge('Basic realm="registry"')],
    [`GET /v2/${AS_CI}`, answer(200, { 'Content-Type': 'application/json' }, '{}')],
    [`POST /v2/${repository}/blobs/uploads/${AS_CI}`, reply],
  ],
});

/** How each example is run; the compiler refuses a reason that has neither an example nor a sentence above. */
export const SETUPS: Readonly<Record<ExampleName, Setup>> = {
  PushAuthorized: real('registry'),
  Suspended: asWritten,
  InvalidSpec: asWritten,

  DNSLookupFailed: asWritten,
  ConnectionRefused: real('closed'),
  ConnectionTimedOut: real('unanswered'),
  ConnectionReset: real('cut'),
  ProxyFailed: { kind: 'as-written', needs: 'HTTPS_PROXY' },
  RegistryTimeout: real('silent'),
  TLSVerificationFailed: real('unknown-authority'),
  NotARegistry: atPing(answer(200, { 'Content-Type': 'text/html' }, '<!doctype html><title>Welcome</title>')),
  RegistryUnavailable: atPing(answer(503, { 'Content-Type': 'text/html' }, '<h1>Down for maintenance</h1>')),
  RegistryProtocolError: atPing(raw('220 mail.example.com ESMTP\r\n')),
  RateLimited: atPing(answer(429, { 'Retry-After': '60' }, errors('TOOMANYREQUESTS'))),
  EgressDenied: asWritten,
  InsecureTransportNotAllowed: asWritten,
  RedirectedElsewhere: atPing(answer(301, { Location: 'https://new-registry.example.com/v2/' })),
  AccessBlocked: atPing(answer(403, { 'Content-Type': 'text/html' }, '<h1>Access denied</h1>')),
  RegistryNotAllowed: { kind: 'as-written', needs: 'policy.allowedRegistries' },

  SecretNotFound: asWritten,
  SecretForbidden: { kind: 'as-written', needs: 'no role binding' },
  SecretTypeUnsupported: asWritten,
  SecretInvalid: asWritten,
  CredentialsNotMatched: asWritten,
  CredentialsNotBound: asWritten,
  CredentialsTooBroad: asWritten,
  CredentialsRejected: real('registry'),
  CredentialsExpired: real('registry'),
  LoginLocked: {
    kind: 'script',
    turns: () => [
      ['GET /v2/', challenge('Basic realm="registry"')],
      [`GET /v2/${AS_CI}`, answer(429, {}, refusal('TOOMANYREQUESTS', 'too many failed login attempts'))],
    ],
  },
  CredentialsRequired: real('registry'),
  TokenRefused: real('other-key'),
  TokenServiceFailed: real('no-tokens'),
  TokenRealmNotTrusted: real('unpaired'),
  UnsupportedAuthScheme: atPing(challenge('Negotiate')),

  PushDenied: real('registry'),
  PushUnauthorized: {
    kind: 'script',
    turns: (url) => [
      ['GET /v2/', challenge(`Bearer realm="${url}/token",service="registry"`)],
      [`GET /token?service=registry&scope=repository:team/doctor-test:pull,push${AS_CI}`, token(WRAPPED)],
      [
        `POST /v2/team/doctor-test/blobs/uploads/ as Bearer ${WRAPPED}`,
        answer(401, {}, errors('UNAUTHORIZED')),
      ],
      [`GET /token?service=registry${AS_CI}`, token(WRAPPED)],
    ],
  },
  RepositoryNotFound: atUpload(answer(404, {}, errors('NAME_UNKNOWN')), 'team/not-created-yet'),
  RepositoryInvalid: atUpload(answer(400, {}, errors('NAME_INVALID')), 'doctor-test'),
  RegistryReadOnly: real('read-only'),
  RepositoryWouldBeCreated: {
    kind: 'script',
    turns: () => [
      [
        'GET /v2/',
        answer(
          401,
          { 'WWW-Authenticate': 'Basic realm="Authorization Required"' },
          '{"code":"UNAUTHORIZED"}',
        ),
      ],
      [`GET /v2/${AS_CI}`, answer(200)],
      [`GET /v2/team/not-created-yet/tags/list${AS_CI}`, answer(404, {}, errors('NAME_UNKNOWN'))],
    ],
  },
  QuotaExceeded: atUpload(
    answer(403, {}, refusal('DENIED', 'adding it will exceed the configured upper limit of 5 GiB')),
  ),
  UnexpectedResponse: atUpload(answer(202)),
};
