/** Why no answer came, as a closed list. */
export type NetworkCause =
  | 'name-not-found'
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'tls-timeout'
  | 'reset'
  | 'deadline'
  | 'address-denied'
  | 'address-private'
  | 'protocol'
  | 'body-too-large'
  | 'own-resources'
  | ProxyCause
  | TlsCause;

/**
 * Why a proxy led to no registry: it cannot be reached, it has an address that must not be, TLS with it failed, it said nothing in time, it wants a login or refuses
 * the one it got (407), refuses the host (403), does not reach it (502 to 504), or gave another answer or none.
 */
export type ProxyCause =
  | 'proxy-unreachable'
  | 'proxy-denied'
  | 'proxy-tls'
  | 'proxy-timeout'
  | 'proxy-login'
  | 'proxy-refused'
  | 'proxy-gateway'
  | 'proxy-answer';

/** Why a TLS handshake failed. */
export type TlsCause =
  | 'tls-expired'
  | 'tls-not-yet-valid'
  | 'tls-wrong-name'
  | 'tls-unknown-authority'
  | 'tls-not-tls'
  | 'tls-other';

/** The error that Node makes of a blocked address, where we find one ourselves. */
export class AddressBlocked extends Error {
  readonly code = 'ERR_IP_BLOCKED';
}

/** As the cause of the error of a blocked address: it was blocked because it is not public. */
export class PrivateAddress extends Error {
  readonly code = 'ADDRESS_PRIVATE';
}

/** A request that got no answer. It carries no text from outside and no request. */
export interface NetworkFailure {
  readonly kind: 'failed';
  readonly cause: NetworkCause;
  /** The status of a proxy's answer, where the cause alone does not tell it. */
  readonly status?: number;
  /** TLS failed with what a proxy had led to: it may break TLS open. */
  readonly proxied?: true;
}

/** The causes that the tunnel's own errors have for a code; a timeout has no error. */
const PROXY_CAUSES: readonly ProxyCause[] = [
  'proxy-unreachable',
  'proxy-denied',
  'proxy-tls',
  'proxy-login',
  'proxy-refused',
  'proxy-gateway',
  'proxy-answer',
];

/** Node's and OpenSSL's error codes → cause (Node docs: errors, tls "X509 certificate error codes"). */
const CAUSES = new Map<string, NetworkCause>([
  ['ENOTFOUND', 'name-not-found'],
  ['EAI_AGAIN', 'name-not-found'],
  ['EAI_NODATA', 'name-not-found'],
  ['EAI_FAIL', 'name-not-found'],
  ['EAI_NONAME', 'name-not-found'],
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ETIMEDOUT', 'connect-timeout'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'reset'],
  ['BODY_TOO_LARGE', 'body-too-large'],
  ['ERR_IP_BLOCKED', 'address-denied'],
  ...PROXY_CAUSES.map((cause): [string, NetworkCause] => [cause, cause]),
  ['EMFILE', 'own-resources'],
  ['ENFILE', 'own-resources'],
  ['ENOBUFS', 'own-resources'],
  ['ENOMEM', 'own-resources'],
  ['CERT_HAS_EXPIRED', 'tls-expired'],
  ['CERT_NOT_YET_VALID', 'tls-not-yet-valid'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-wrong-name'],
  ['HOSTNAME_MISMATCH', 'tls-wrong-name'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls-unknown-authority'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls-unknown-authority'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'tls-unknown-authority'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls-unknown-authority'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls-unknown-authority'],
  ['CERT_UNTRUSTED', 'tls-unknown-authority'],
  ['INVALID_CA', 'tls-unknown-authority'],
  ['EPROTO', 'tls-other'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls-not-tls'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'tls-not-tls'],
  ['ERR_SSL_UNEXPECTED_MESSAGE', 'tls-not-tls'],
]);

/** Codes of whole families: Node's HTTP parser, the certificate checks and OpenSSL itself. */
const FAMILIES: readonly (readonly [prefix: string, cause: NetworkCause])[] = [
  ['HPE_', 'protocol'],
  ['CERT_', 'tls-other'],
  ['CRL_', 'tls-other'],
  ['INVALID_PURPOSE', 'tls-other'],
  ['PATH_LENGTH_EXCEEDED', 'tls-other'],
  ['UNABLE_TO_', 'tls-other'],
  ['ERR_SSL_', 'tls-other'],
  ['ERR_TLS_', 'tls-other'],
];

/**
 * What an error of the HTTP client says of the network. Nothing of the error is kept: its message and its other
 * fields may hold the request's headers.
 */
export function networkFailure(error: unknown): NetworkFailure {
  const codes = [...codesOf(error, 0)];
  // One blocked address among several (happy eyeballs) decides: it must not pass as "refused".
  if (codes.includes('ERR_IP_BLOCKED')) {
    const cause = codes.includes('ADDRESS_PRIVATE') ? 'address-private' : 'address-denied';
    return { kind: 'failed', cause };
  }
  for (const code of codes) {
    const cause = CAUSES.get(code) ?? FAMILIES.find(([prefix]) => code.startsWith(prefix))?.[1];
    if (cause !== undefined) return { kind: 'failed', cause, ...statusOf(error, cause) };
  }
  return { kind: 'failed', cause: 'protocol' };
}

/** The tunnel's own errors alone have one. */
function statusOf(error: unknown, cause: NetworkCause): Pick<NetworkFailure, 'status'> {
  if (!cause.startsWith('proxy-') || typeof error !== 'object' || error === null) return {};
  const { status } = error as { status?: unknown };
  return typeof status === 'number' ? { status } : {};
}

function* codesOf(error: unknown, depth: number): Generator<string> {
  if (typeof error !== 'object' || error === null || depth > 3) return;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (Array.isArray(errors)) for (const inner of errors.slice(0, 16)) yield* codesOf(inner, depth + 1);
  if (cause !== undefined && cause !== error) yield* codesOf(cause, depth + 1);
  if (typeof code === 'string') yield code === 'EPROTO' ? openSslCode(error) : code;
}

/**
 * Node has no code of its own for a TLS failure that it meets while it writes: it says EPROTO, and OpenSSL's reason stands
 * in the message alone. Here it becomes the code that Node gives to the same reason elsewhere.
 */
function openSslCode(error: object): string {
  const reason =
    error instanceof Error ? /:SSL routines:[^:]*:([^:]{1,64}):/.exec(error.message)?.[1] : undefined;
  return reason === undefined ? 'EPROTO' : `ERR_SSL_${reason.toUpperCase().replace(/[ /]/g, '_')}`;
}
