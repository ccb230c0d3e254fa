import type { IncomingMessage } from 'node:http';
import { request as send } from 'node:https';
import type { Connection } from './access.ts';
import { KubeNetworkError } from './errors.ts';

/** What goes out, without the credential. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Sends and resolves with the head of the answer. Rejects with Node's error, whatever it is. */
export function exchange(
  connection: Connection,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { method, url, headers, body } = outgoing;
  const { agent, auth } = connection;
  const length: Record<string, string> =
    body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method,
        agent,
        signal,
        // Also for the agents that are not ours, and whatever NODE_TLS_REJECT_UNAUTHORIZED says.
        rejectUnauthorized: true,
        ...(auth === undefined ? {} : { auth }),
        headers: { ...headers, ...length, ...connection.headers },
      },
      resolve,
    );
    // Stays on: after the head an error still comes here, where it must not be unhandled.
    request.on('error', reject);
    request.end(body);
  });
}

/** The whole body as text; a body over `capBytes` ends the connection and throws `RESPONSE_TOO_LARGE`. */
export async function readText(response: IncomingMessage, capBytes: number, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > capBytes) {
      throw new KubeNetworkError(
        'RESPONSE_TOO_LARGE',
        `${what}: the answer is over ${String(capBytes)} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body line by line, without line ends or empty lines; a line over `capChars` throws `RESPONSE_TOO_LARGE`. */
export async function* readLines(
  response: IncomingMessage,
  capChars: number,
  what: string,
): AsyncGenerator<string, void, undefined> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const parts = chunk.split('\n');
    const last = parts.pop() ?? '';
    for (const part of parts) {
      const line = rest + part;
      rest = '';
      if (line !== '') yield line;
    }
    rest += last;
    if (rest.length > capChars) {
      throw new KubeNetworkError(
        'RESPONSE_TOO_LARGE',
        `${what}: a line is over ${String(capChars)} characters`,
      );
    }
  }
  if (rest !== '') yield rest;
}
