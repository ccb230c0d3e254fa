import type { IncomingMessage } from 'node:http';
import { startDeadline, type Clock, type Deadline } from '../clock.ts';
import { parseJson } from '../json.ts';
import { parseRetryAfter } from '../retry-after.ts';
import { type Access, type AccessOptions, type Connection, loadAccess } from './access.ts';
import { codeOf, KubeError, KubeNetworkError, statusError } from './errors.ts';
import { exchange, type Outgoing, readLines, readText } from './exchange.ts';
import { createLimiter, type Limiter, type Limits } from './limiter.ts';

export { KubeError, KubeNetworkError } from './errors.ts';

/** One request to the API server. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Absolute path, its parts already encoded; a path prefix of the server is added. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; default `application/json`. A PATCH names its kind here (`application/merge-patch+json`, …). */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  /** For the whole exchange; default 30 s. Waiting for the limiter comes before and does not count. */
  readonly timeoutMs?: number;
  /** Largest answer that is read, in bytes; default 4 MiB. */
  readonly maxBytes?: number;
  /** False for what must not wait behind others: watches, the lease. Default true. */
  readonly limited?: boolean;
}

/** The API server, spoken to with deadlines, a request budget and errors told apart. */
export interface KubeClient {
  /**
   * Sends a request and answers its parsed body, which is as trustworthy as the server: check before use.
   * Throws `KubeError` for a refusal, `KubeNetworkError` without a usable answer, the signal's reason after an abort.
   */
  request<T>(request: KubeRequest, signal: AbortSignal): Promise<T>;
  /**
   * A GET whose answer arrives in lines, without their ends. Resolves when the server has answered 200; the lines end
   * with the body, or with one of the errors above. Leaving the loop closes the connection.
   */
  stream(request: KubeRequest, signal: AbortSignal): Promise<AsyncIterable<string>>;
  /** Scheme, host and port, for logs. */
  readonly server: string;
}

/** How to reach the API server, and how hard. */
export interface KubeClientOptions extends AccessOptions {
  readonly clock: Clock;
  /** Default 200 requests a second, bursts of 400. */
  readonly limits?: Limits;
  readonly userAgent?: string;
  /** Hears the address that answered, each time that one does. */
  readonly onAnswer?: (address: string) => void;
}

interface Parts {
  readonly access: Access;
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly userAgent: string | undefined;
  readonly onAnswer: (address: string) => void;
}

const TIMEOUT_MS = 30_000;
const LIMITS: Limits = { qps: 200, burst: 400 };
/** More than any single object has (etcd: 1.5 MiB); what is larger would endanger our memory. */
const BODY_CAP_BYTES = 4 * 1024 * 1024;
const ERROR_CAP_BYTES = 64 * 1024;
/** etcd holds objects of 1.5 MiB; JSON escapes can multiply that. */
const LINE_CAP_CHARS = 16 * 1024 * 1024;

/**
 * A client for the cluster of a kubeconfig, or of the pod we run in. Throws an Error of one sentence where that cannot
 * be read or would not be verified. One keep-alive agent serves all requests.
 */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { clock, limits = LIMITS, userAgent, onAnswer = () => undefined } = options;
  const access = loadAccess(options, clock);
  const parts: Parts = { access, clock, userAgent, onAnswer, limiter: createLimiter(limits, clock) };
  return {
    server: access.server.origin,
    async request<T>(request: KubeRequest, signal: AbortSignal): Promise<T> {
      await admit(parts, request, signal);
      using deadline = deadlineOf(request, request.timeoutMs ?? TIMEOUT_MS, clock, signal);
      try {
        const response = await ask(parts, request, deadline.signal);
        const answer = parse(
          await readText(response, request.maxBytes ?? BODY_CAP_BYTES, describe(request)),
          request,
        );
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller names what it asked for
        return answer as T;
      } catch (error) {
        throw failure(error, request, deadline.signal);
      }
    },
    async stream(request, signal) {
      await admit(parts, request, signal);
      const timeoutMs = request.timeoutMs ?? TIMEOUT_MS;
      // The head of the answer comes at once, however long the body takes.
      const deadline = deadlineOf(request, Math.min(timeoutMs, TIMEOUT_MS), clock, signal);
      try {
        const response = await ask(parts, request, deadline.signal);
        deadline.restart(timeoutMs);
        return lines(response, request, deadline);
      } catch (error) {
        deadline[Symbol.dispose]();
        throw failure(error, request, deadline.signal);
      }
    },
  };
}

async function admit(
  { limiter }: Parts,
  { limited = true }: KubeRequest,
  signal: AbortSignal,
): Promise<void> {
  if (limited) await limiter.take(signal);
}

function deadlineOf(request: KubeRequest, ms: number, clock: Clock, signal: AbortSignal): Deadline {
  return startDeadline(clock, ms, signal, (overMs) => {
    return new KubeNetworkError('ETIMEDOUT', `${describe(request)}: no answer in ${String(overMs)} ms`);
  });
}

/** Sends, and answers the head of a 2xx; throws anything. */
async function ask(parts: Parts, request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const connection = await credentials(parts.access, signal);
  const response = await exchange(connection, outgoing(parts, request), signal);
  const { remoteAddress } = response.socket;
  if (remoteAddress !== undefined) parts.onAnswer(remoteAddress);
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw await refusal(parts, request, response);
  return response;
}

/** An exec plugin can hang, and takes no signal. */
async function credentials(access: Access, signal: AbortSignal): Promise<Connection> {
  signal.throwIfAborted();
  let give: (() => void) | undefined;
  const given = new Promise<never>((_, reject) => {
    give = () => {
      access.renew();
      reject(new Error('aborted'));
    };
    signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([access.connect(), given]);
  } finally {
    if (give !== undefined) signal.removeEventListener('abort', give);
  }
}

function outgoing({ access, userAgent }: Parts, request: KubeRequest): Outgoing {
  const {
    method,
    path,
    query = {},
    body,
    contentType = 'application/json',
    accept = 'application/json',
  } = request;
  const url = new URL(access.server);
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  url.search = new URLSearchParams(query).toString();
  const headers: Record<string, string> = { accept };
  if (userAgent !== undefined) headers['user-agent'] = userAgent;
  if (body !== undefined) headers['content-type'] = contentType;
  return { method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) };
}

async function refusal(parts: Parts, request: KubeRequest, response: IncomingMessage): Promise<Error> {
  const status = response.statusCode ?? 0;
  if (status === 401) parts.access.renew();
  if (status === 429) parts.limiter.slowDown();
  // The status says enough where the body is too large or cut off.
  const text = await readText(response, ERROR_CAP_BYTES, describe(request)).catch(() => '');
  // Proxies answer in HTML; the status says enough.
  const body = parseJson(text);
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], parts.clock.now());
  return statusError(describe(request), status, body, retryAfterMs);
}

/** Owns the deadline from here on. */
async function* lines(
  response: IncomingMessage,
  request: KubeRequest,
  deadline: Deadline,
): AsyncGenerator<string, void, undefined> {
  try {
    yield* readLines(response, LINE_CAP_CHARS, describe(request));
  } catch (error) {
    throw failure(error, request, deadline.signal);
  } finally {
    deadline[Symbol.dispose]();
  }
}

/** An abort shows as any error at all (`aborted`, ECONNRESET): only the signal says that it was one. */
function failure(error: unknown, request: KubeRequest, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof KubeError || error instanceof KubeNetworkError) return error;
  return new KubeNetworkError(codeOf(error), `${describe(request)}: no answer from the API server`);
}

function parse(text: string, request: KubeRequest): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KubeNetworkError('INVALID_RESPONSE', `${describe(request)}: the answer is not JSON`);
  }
}

/** Method and path for people. No query: continue tokens and selectors say nothing to them. */
function describe({ method, path }: KubeRequest): string {
  return `${method} ${path}`;
}
