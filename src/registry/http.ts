import axios, { type AxiosResponse } from 'axios';
import type { IncomingMessage } from 'node:http';
import { DeadlineExceeded } from '../clock.ts';
import { plainAdapter, type Waiting } from './adapter.ts';
import type { Connection } from './connection.ts';
import { networkFailure, type NetworkCause, type NetworkFailure } from './failure.ts';
import { MANIFEST_TYPES } from './manifest.ts';
import { marksOf, type Marks } from './marks.ts';
import type { Secret } from './secret.ts';

/** Largest response body that is read, in bytes. A larger one is a protocol error, never a truncated text. */
export const MAX_BODY_BYTES = 64 * 1024;

/** What an identity token is exchanged with for a token (distribution, "OAuth2 Token Authentication"). */
export interface Refresh {
  readonly token: Secret;
  readonly service: string | undefined;
  /** Without it the request only proves the login. */
  readonly scope: string | undefined;
}

/** One request to a registry or its token service. There is no way to add headers, or a body but this one. */
export interface Request {
  /** HEAD asks for a manifest: it accepts every kind of one, and nothing else. */
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly url: URL;
  /** The whole Authorization header value, `Basic …` or `Bearer …`. */
  readonly authorization?: Secret | undefined;
  /** With POST alone: the form that it sends. */
  readonly refresh?: Refresh | undefined;
}

/** One answer, reduced to what the protocol needs. All of it is text from outside. */
export interface Response {
  readonly kind: 'response';
  readonly status: number;
  /** One entry per WWW-Authenticate field line, in order (RFC 9110, section 11.6.1). */
  readonly challenges: readonly string[];
  readonly location: string | undefined;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  /** Headers that tell products apart. */
  readonly marks: Marks;
  readonly body: string;
}

/** Sends one request and reads one answer; redirects are answers. */
export type Send = (request: Request, signal: AbortSignal) => Promise<Response | NetworkFailure>;

/**
 * The one place that speaks axios. Its errors hold the Authorization header, so none leaves this function, not even
 * as a cause: what happened becomes a {@link NetworkFailure}.
 * @throws the signal's reason where it aborted for another cause than a deadline
 */
export function createSend(connection: Connection): Send {
  return async (request, signal) => {
    const waits: Waiting[] = [];
    try {
      const response = await axios.request<string>({
        method: request.method,
        url: request.url.href,
        headers: headersOf(request),
        data: formOf(request),
        httpAgent: connection.http,
        httpsAgent: connection.https,
        signal,
        adapter: plainAdapter((now) => void waits.push(now)),
        maxContentLength: MAX_BODY_BYTES,
        transformRequest: (form: unknown) => form,
        transformResponse: (text: unknown) => text,
      });
      return read(response);
    } catch (error) {
      if (!signal.aborted) return failureOf(error, waits);
      if (signal.reason instanceof DeadlineExceeded)
        return { kind: 'failed', cause: TOO_LATE[waits.at(-1) ?? 'answer'] };
    }
    throw signal.reason;
  };
}

/** What a deadline says, by what the request was waiting for. */
const TOO_LATE: Readonly<Record<Waiting, NetworkCause>> = {
  proxy: 'proxy-timeout',
  connection: 'connect-timeout',
  handshake: 'tls-timeout',
  answer: 'deadline',
};

/** Who has waited for a proxy speaks TLS through it; later requests of the probe find the connection there, with the handshake behind it. */
function failureOf(error: unknown, waits: readonly Waiting[]): NetworkFailure {
  const failure = networkFailure(error);
  return waits.includes('proxy') && failure.cause.startsWith('tls-')
    ? { ...failure, proxied: true }
    : failure;
}

function headersOf(request: Request): Record<string, string | false> {
  return {
    Accept: request.method === 'HEAD' ? MANIFEST_TYPES.join(', ') : 'application/json',
    'Accept-Encoding': 'identity',
    'User-Agent': 'registry-push-check',
    ...bodyHeadersOf(request),
    ...(request.authorization === undefined ? {} : { Authorization: request.authorization.reveal() }),
  };
}

/** The form is ASCII: everything else in it is encoded. */
function bodyHeadersOf(request: Request): Record<string, string | false> {
  if (request.method !== 'POST') return {};
  const length = String(formOf(request)?.length ?? 0);
  // Without `false`, axios calls the body that is not there a form.
  const type = request.refresh === undefined ? false : 'application/x-www-form-urlencoded';
  return { 'Content-Length': length, 'Content-Type': type };
}

function formOf({ refresh }: Request): string | undefined {
  if (refresh === undefined) return undefined;
  const { token, service, scope } = refresh;
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'registry-push-check' });
  if (service !== undefined && service !== '') form.set('service', service);
  if (scope !== undefined) form.set('scope', scope);
  form.set('refresh_token', token.reveal());
  return form.toString();
}

function read(response: AxiosResponse<string>): Response {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plainAdapter puts it there
  const { headersDistinct } = (response.request as { readonly res: IncomingMessage }).res;
  const first = (name: string): string | undefined => headersDistinct[name]?.[0];
  return {
    kind: 'response',
    status: response.status,
    challenges: headersDistinct['www-authenticate'] ?? [],
    location: first('location'),
    contentType: first('content-type'),
    retryAfter: first('retry-after'),
    marks: marksOf(headersDistinct),
    body: typeof response.data === 'string' ? response.data : '',
  };
}
