import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, LOOPBACK, type CertificateRequest } from './certificates.ts';

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An https server on the loopback that answers as a test says, and kubeconfigs for it. */
export interface ScriptedServer {
  readonly url: string;
  readonly caPem: string;
  /** A folder for files of the test. */
  readonly dir: string;
  /** `METHOD /path?query`, in order. */
  readonly requests: string[];
  /** How many TLS connections were made. */
  connections(): number;
  answer(handler: Handler): void;
  /** Writes a kubeconfig (again) and answers its path. */
  kubeconfig(options?: KubeconfigOptions): Promise<string>;
  stop(): Promise<void>;
}

/** What differs from a plain kubeconfig with the right authority and the token `canary-token`. */
export interface KubeconfigOptions {
  readonly file?: string;
  readonly server?: string;
  readonly caPem?: string;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** Starts a server whose certificate is valid for the loopback, or for the names given. */
export async function startScriptedServer(
  names: Pick<CertificateRequest, 'dnsNames' | 'ipAddresses'> = LOOPBACK,
): Promise<ScriptedServer> {
  const authority = await createAuthority('test cluster');
  const { certPem, keyPem } = await authority.issue({ commonName: 'api', ...names });
  const dir = await mkdtemp(join(tmpdir(), 'scripted-server-'));
  const requests: string[] = [];
  let connections = 0;
  let handler = answerNothing;
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    handler(request, response);
  });
  server.on('secureConnection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    url,
    caPem: authority.pem,
    dir,
    requests,
    connections: () => connections,
    answer: (next) => (handler = next),
    async kubeconfig(options = {}) {
      const path = join(dir, options.file ?? 'kubeconfig');
      await writeFile(path, JSON.stringify(kubeconfig(url, authority.pem, options)));
      return path;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await rm(dir, { recursive: true });
    },
  };
}

const answerNothing: Handler = (_, response) => response.end('{}');

/** JSON is YAML. */
function kubeconfig(url: string, caPem: string, options: KubeconfigOptions): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: {
          server: options.server ?? url,
          'certificate-authority-data': Buffer.from(options.caPem ?? caPem).toString('base64'),
          ...options.cluster,
        },
      },
    ],
    users: [{ name: 'u', user: options.user ?? { token: 'canary-token' } }],
    contexts: [
      { name: 'x', context: { cluster: 'c', user: 'u', ...options.context } },
      { name: 'y', context: { cluster: 'none', user: 'u' } },
    ],
    'current-context': 'x',
  };
}
