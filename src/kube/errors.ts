import { fieldsOf } from '../json.ts';
import { clampRetryAfter } from '../retry-after.ts';
import { oneLine } from '../text.ts';
import { LONGEST_TEXT } from './log.ts';

/** The API server answered, and the answer is a refusal. The text never holds headers or field values. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number;
  /** The machine-readable reason of the API (`Forbidden`, `Conflict`, `Expired`, …) or one derived from the status. */
  readonly reason: string;
  /** How long the server asks to wait, 1 s to 1 h; absent where it does not ask. */
  readonly retryAfterMs?: number;

  constructor(answer: {
    readonly status: number;
    readonly reason: string;
    readonly message: string;
    readonly retryAfterMs?: number | undefined;
  }) {
    super(answer.message);
    this.status = answer.status;
    this.reason = answer.reason;
    if (answer.retryAfterMs !== undefined) this.retryAfterMs = answer.retryAfterMs;
  }
}

/**
 * No (usable) answer: refused, reset, not trusted, too slow, too large. `code` is Node's code for the network and
 * TLS (`ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, …) or one of ours: `ETIMEDOUT`, `RESPONSE_TOO_LARGE`,
 * `INVALID_RESPONSE`, `CREDENTIALS`.
 */
export class KubeNetworkError extends Error {
  override readonly name = 'KubeNetworkError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${message} (${code})`);
    this.code = code;
  }
}

/** True for the two forms of "this resourceVersion is too old": HTTP 410 and an ERROR event with code 410. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeError && error.status === 410;
}

/** The code of a Node error, if it has the shape of one. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'UNKNOWN';
}

/**
 * A `Status` object (meta/v1) as an error; anything else in `body` is ignored. The server's message is kept only
 * where it cannot repeat what was sent: validation (400, 422) quotes field values, so there only field names remain.
 */
export function statusError(what: string, status: number, body: unknown, retryAfterMs?: number): KubeError {
  const answer = fieldsOf(body);
  const details = fieldsOf(answer['details']);
  const reason = wordOr(answer['reason'], REASONS[status] ?? 'Unknown');
  const said = status === 400 || status === 422 ? fieldNames(details) : text(answer['message']);
  return new KubeError({
    status,
    reason,
    message: oneLine(`${what}: ${String(status)} ${reason}${said === '' ? '' : `: ${said}`}`, LONGEST_TEXT),
    retryAfterMs: retryAfterMs ?? askedToWaitMs(details),
  });
}

/** What `details` ask for; 0 means that they ask for nothing (Go leaves it out). */
function askedToWaitMs({
  retryAfterSeconds: seconds,
}: Readonly<Record<string, unknown>>): number | undefined {
  return typeof seconds === 'number' && seconds > 0 ? clampRetryAfter(seconds * 1000) : undefined;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function fieldNames(details: Readonly<Record<string, unknown>>): string {
  const causes: readonly unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  return causes
    .map((cause) => text(fieldsOf(cause)['field']))
    .filter((field) => /^[\w.[\]-]+$/.test(field))
    .join(', ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function wordOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && /^[A-Za-z]{1,64}$/.test(value) ? value : otherwise;
}
