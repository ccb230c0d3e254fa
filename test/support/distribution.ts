import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { ToolName } from '../../scripts/tools.ts';
import { LOOPBACK, type Authority } from './certificates.ts';
import { leftoversOf, type Leftovers } from './leftovers.ts';
import { freePort, runProcess, startReadyProcess } from './processes.ts';

/** Who may do what. With htpasswd every user may do everything; a token server says it per user. */
export type DistributionAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'htpasswd'; readonly users: Readonly<Record<string, string>> }
  | {
      readonly kind: 'token';
      readonly realm: string;
      readonly service: string;
      readonly issuer: string;
      readonly jwksFile: string;
      /** Instead of the key set: verifies tokens by the certificates in them (`x5c`), as registries before 3 do. */
      readonly rootsFile?: string | undefined;
    };

/** How a registry is set up. */
export interface DistributionOptions {
  /** Is created; is the caller's to remove after `stop`. */
  readonly dir: string;
  readonly tools: Readonly<Record<'registry' | 'htpasswd', string>> &
    Readonly<Partial<Record<ToolName, string>>>;
  /** Issues the serving certificate, and is trusted by the registry itself when it is a proxy. */
  readonly authority: Authority;
  readonly auth: DistributionAuth;
  /** What messages call it. */
  readonly name?: string;
  /** Maintenance mode: writing requests are answered with 405. */
  readonly readOnly?: boolean;
  /** URL of the registry that this one is a pull-through cache of: it then takes no pushes. */
  readonly proxyOf?: string;
  /** The name in its URL; must lead to 127.0.0.1. */
  readonly hostname?: string;
}

/** A running distribution registry with TLS on the loopback. */
export interface Distribution {
  /** `https://localhost:PORT` */
  readonly url: string;
  /** `localhost:PORT` */
  readonly host: string;
  readonly port: number;
  /** The root folder of its storage. */
  readonly storage: string;
  /** The end of its log. */
  output(): string;
  stop(): Promise<void>;
  /** What the storage holds for a repository, read from the disk: the HTTP API does not show upload sessions. */
  leftovers(repository: string): Promise<Leftovers>;
}

/** Starts a registry and waits until it answers. */
export async function startDistribution(options: DistributionOptions): Promise<Distribution> {
  const { dir, tools, authority, name = 'registry', hostname = 'localhost' } = options;
  await mkdir(dir, { recursive: true });
  const path = (file: string): string => join(dir, file);
  const port = await freePort();
  const dnsNames = [...new Set([hostname, ...LOOPBACK.dnsNames])];
  const { certPem, keyPem } = await authority.issue({ commonName: name, ...LOOPBACK, dnsNames });
  const config = {
    version: '0.1',
    log: { accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: path('storage') },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false }, readonly: { enabled: options.readOnly === true } },
    },
    http: {
      addr: `127.0.0.1:${String(port)}`,
      secret: randomBytes(16).toString('hex'),
      tls: { certificate: path('registry.crt'), key: path('registry.key') },
    },
    ...authSection(options.auth, path('htpasswd')),
    ...(options.proxyOf === undefined ? {} : { proxy: { remoteurl: options.proxyOf } }),
  };
  const files = {
    'registry.crt': certPem,
    'registry.key': keyPem,
    'authority.crt': authority.pem,
    ...(options.auth.kind === 'htpasswd'
      ? { htpasswd: await htpasswdText(options.auth.users, tools.htpasswd) }
      : {}),
    // JSON is YAML.
    'config.yml': JSON.stringify(config, undefined, 2),
  };
  for (const [file, text] of Object.entries(files)) await writeFile(path(file), text, { mode: 0o600 });

  const process = await startReadyProcess(
    {
      name,
      file: tools.registry,
      args: ['serve', path('config.yml')],
      // Its own environment: REGISTRY_… variables of this machine would override the file. It exports traces
      // to the OpenTelemetry default address unless told not to.
      env: { HOME: dir, SSL_CERT_FILE: path('authority.crt'), OTEL_TRACES_EXPORTER: 'none' },
    },
    () => answers(port, authority.pem),
  );
  const host = `${hostname}:${String(port)}`;
  return {
    url: `https://${host}`,
    host,
    port,
    storage: path('storage'),
    output: () => process.output(),
    stop: () => process.stop(),
    leftovers: (repository) => leftoversOf(path('storage'), repository),
  };
}

function authSection(auth: DistributionAuth, htpasswdFile: string): object {
  switch (auth.kind) {
    case 'none':
      return {};
    case 'htpasswd':
      return { auth: { htpasswd: { realm: 'test registry', path: htpasswdFile } } };
    case 'token': {
      const { realm, service, issuer, jwksFile, rootsFile } = auth;
      const keys = rootsFile === undefined ? { jwks: jwksFile } : { rootcertbundle: rootsFile };
      return { auth: { token: { realm, service, issuer, ...keys } } };
    }
  }
}

async function htpasswdText(users: Readonly<Record<string, string>>, program: string): Promise<string> {
  const lines = Object.entries(users).map(([user, password]) => `${user}:${password}\n`);
  const command = { name: 'htpasswd', file: program, args: [] };
  const { code, stdout, stderr } = await runProcess(command, lines.join(''));
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Any answer over TLS will do: whether the registry asks for a login is not the question here. */
function answers(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port, path: '/v2/', servername: 'localhost' };
    request({ ...where, ca, agent: false, signal: AbortSignal.timeout(5000) }, (response) => {
      response.resume();
      resolve(true);
    })
      .on('error', reject)
      .end();
  });
}
