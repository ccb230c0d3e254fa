import { request, type RequestOptions } from 'node:https';
import type { Asked } from './causes.ts';

/** One instance of a server that checks are sent to. */
export interface Instance {
  readonly url: string;
  /** `localhost:PORT` */
  readonly host: string;
  /** A token service elsewhere that the installation trusts; undefined where the registry has its own. */
  readonly tokenHost: string | undefined;
  /** What the server keeps of a repository, for the comparison before and after: see `Left.added`. */
  stored(repository: string): Promise<readonly string[]>;
  /** The status of a GET on an upload session, by somebody who may do everything. */
  sessionStatus(session: URL, repository: string): Promise<number>;
}

/** The instances of a server: the ordinary one, and those with a fault. */
export type InstanceName = NonNullable<Asked['at']> | 'ordinary';

/** A column of the table, running. */
export interface Running {
  /** The login that the causes call so, for a check of this repository; undefined where the server has none of that name. */
  login(who: string, repository: string): Promise<DockerEntry | undefined>;
  readonly instances: Readonly<Partial<Record<InstanceName, Instance>>>;
  stop(): Promise<void>;
}

/** An entry of `auths` in a docker configuration. */
export type DockerEntry = { readonly auth: string } | { readonly registrytoken: string };

/** The entry of a user name and a password. */
export function passwordEntry(username: string, password: string): DockerEntry {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}

/** The Authorization header of a user name and a password. */
export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** What a server said. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** One request over TLS, for what the benchmark itself has to do; `json` is sent as the body. */
export function call(
  url: URL,
  ca: string,
  { method = 'GET', headers = {}, json }: Pick<RequestOptions, 'method'> & CallOptions = {},
): Promise<Reply> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const all = { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  return new Promise((resolve, reject) => {
    const options = { method: method ?? 'GET', headers: all, ca, agent: false, timeout: 30_000 } as const;
    request(url, options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    })
      .on('error', reject)
      .end(body);
  });
}

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}
