import { timingSafeEqual } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { LOOPBACK, type Authority } from './certificates.ts';

/** What a user may do on a repository. */
export type Action = 'pull' | 'push' | 'delete';

/** Actions on one repository, or on all below a path: `team/app` or `team/*`. */
export interface Grant {
  readonly repository: string;
  readonly actions: readonly Action[];
}

/** A login and its rights. */
export interface User {
  readonly password: string;
  readonly grants: readonly Grant[];
}

/** Users by name. */
export type Users = Readonly<Record<string, User>>;

/** A token request and its answer; `user` is what the request claims, `undefined` without a login. */
export interface TokenRequest {
  readonly user: string | undefined;
  readonly scopes: readonly string[];
  readonly status: number;
}

/** How a token server behaves. */
export interface TokenServerOptions {
  /** Is created; the key set is written here. */
  readonly dir: string;
  readonly authority: Authority;
  readonly users: Users;
  /** Refuses a request without a login with 401; by default it gets a token without rights. */
  readonly refuseAnonymous?: boolean;
  /** Signs with a key id that the key set does not have: the registry then answers invalid_token. */
  readonly wrongKid?: boolean;
}

/** A token server of the distribution token specification, for registries that trust `jwksFile`. */
export interface TokenServer {
  /** The address for the registry's challenge. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** JSON Web Key Set for distribution's `auth.token.jwks`. */
  readonly jwksFile: string;
  /** Every token request so far, in order of arrival. */
  readonly requests: readonly TokenRequest[];
  /** Replaces the users; tokens that are out keep their rights until they expire. */
  setUsers(users: Users): void;
  stop(): Promise<void>;
}

const ISSUER = 'test token server';
const SERVICE = 'test registry';
const LIFETIME_SECONDS = 300;

/** Starts a token server with TLS on the loopback. Its realm is `https://localhost:PORT/token`. */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  await mkdir(options.dir, { recursive: true });
  const jwksFile = join(options.dir, 'jwks.json');
  await writeFile(jwksFile, JSON.stringify({ keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] }));

  const sign = signer(privateKey, options.wrongKid === true ? `not-${kid}` : kid);
  const requests: TokenRequest[] = [];
  let users = options.users;
  const { certPem, keyPem } = await options.authority.issue({ commonName: 'token server', ...LOOPBACK });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = await answer(request, users, sign, options.refuseAnonymous === true);
    if (reply.token !== undefined) requests.push(reply.token);
    response.writeHead(reply.status, reply.headers).end(reply.body);
  };
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    void serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `https://localhost:${String((server.address() as AddressInfo).port)}/token`,
    service: SERVICE,
    issuer: ISSUER,
    jwksFile,
    requests,
    setUsers: (next) => {
      users = next;
    },
    stop: () => close(server),
  };
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly token?: TokenRequest;
}

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

type Sign = (subject: string, access: readonly Access[]) => Promise<string>;

async function answer(
  request: IncomingMessage,
  users: Users,
  sign: Sign,
  refuseAnonymous: boolean,
): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'https://localhost');
  if (url.pathname !== '/token') return { status: 404, body: 'not found\n' };
  const scopes = url.searchParams.getAll('scope').flatMap((scope) => scope.split(' ').filter(Boolean));
  const login = basicLogin(request.headers.authorization);
  const user = login === undefined ? undefined : authenticate(login, users);
  if (user === undefined && (login !== undefined || refuseAnonymous)) {
    return {
      status: 401,
      headers: { 'www-authenticate': `Basic realm="${ISSUER}"` },
      body: 'Auth failed.\n',
      token: { user: login?.name, scopes, status: 401 },
    };
  }
  const token = await sign(login?.name ?? '', granted(scopes, user?.grants ?? []));
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, access_token: token, expires_in: LIFETIME_SECONDS }),
    token: { user: login?.name, scopes, status: 200 },
  };
}

function basicLogin(header: string | undefined): { name: string; password: string } | undefined {
  const [, encoded] = /^Basic +(\S+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  return { name: decoded.slice(0, Math.max(colon, 0)), password: decoded.slice(colon + 1) };
}

function authenticate(login: { name: string; password: string }, users: Users): User | undefined {
  const user = Object.hasOwn(users, login.name) ? users[login.name] : undefined;
  if (user === undefined) return undefined;
  const [given, expected] = [Buffer.from(login.password), Buffer.from(user.password)];
  return given.length === expected.length && timingSafeEqual(given, expected) ? user : undefined;
}

/** What was asked for and is granted. A scope without any granted action is left out. */
function granted(scopes: readonly string[], grants: readonly Grant[]): Access[] {
  return scopes.flatMap((scope) => {
    // The name may hold a host with a port, so it ends at the last colon.
    const [, type = '', name = '', asked = ''] = /^([^:]+):(.+):([^:]*)$/.exec(scope) ?? [];
    if (type !== 'repository') return [];
    const allowed = grants
      .filter(({ repository }) => covers(repository, name))
      .flatMap((grant) => grant.actions);
    const actions = asked.split(',').filter((action) => allowed.some((one) => one === action));
    return actions.length === 0 ? [] : [{ type, name, actions }];
  });
}

function covers(pattern: string, repository: string): boolean {
  return pattern.endsWith('/*') ? repository.startsWith(pattern.slice(0, -1)) : repository === pattern;
}

function signer(key: CryptoKey, kid: string): Sign {
  return (subject, access) =>
    new SignJWT({ access })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .setIssuer(ISSUER)
      .setAudience(SERVICE)
      .setSubject(subject)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setNotBefore('0s')
      .setExpirationTime(`${String(LIFETIME_SECONDS)}s`)
      .sign(key);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
