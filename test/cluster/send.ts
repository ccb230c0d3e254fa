import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request, type Agent } from 'node:https';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';

/** What the API server answered: an object, or a Status with its message and causes. */
export interface Answer {
  readonly code: number | undefined;
  /** The answer as it came. */
  readonly body: string;
  /** `message` of a Status; empty for every other object. */
  readonly message: string;
  /** `details.causes` of a Status: one for each mistake. */
  readonly causes: readonly { readonly field?: string; readonly message?: string }[];
  readonly object: {
    readonly spec?: Readonly<Record<string, unknown>>;
    readonly status?: Readonly<Record<string, unknown>>;
  };
}

/** One request with a JSON body (PATCH: a merge patch) to an API server, as the user of its kubeconfig. */
export async function sendTo(
  server: { readonly url: string; readonly kubeconfig: string },
  agent: Agent,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const config = new KubeConfig();
  config.loadFromFile(server.kubeconfig);
  const options: Record<string, unknown> = {};
  await config.applyToHTTPSOptions(options);
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const sent = request(`${server.url}${path}`, {
    ...options,
    method,
    agent,
    headers: { 'content-type': type },
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(response);
  // A path that is not served yet is answered in plain text.
  const isJson = response.headers['content-type']?.startsWith('application/json') === true;
  const object = (isJson ? JSON.parse(answer) : {}) as Answer['object'] & {
    readonly message?: string;
    readonly details?: { readonly causes?: Answer['causes'] };
  };
  return {
    code: response.statusCode,
    body: answer,
    message: object.message ?? '',
    causes: object.details?.causes ?? [],
    object,
  };
}

/** Asks until the answer is yes, some 400 times: what is applied takes a moment to be served. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let asked = 0; asked < 400; asked++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('what was applied is not served');
}
