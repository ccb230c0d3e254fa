import { timingSafeEqual, X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importPKCS8,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTHeaderParameters,
} from 'jose';
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
  /** Signs with a key of a certificate that goes along with every token (`x5c`): what registries before 3 verify. */
  readonly certified?: boolean;
  /** How long tokens live; 5 minutes by default. A negative time makes tokens that have expired when they are issued. */
  readonly lifetimeSeconds?: number;
  /** The name in its realm; whoever asks must get to 127.0.0.1 by it. */
  readonly hostname?: string;
}

/** A token server of the distribution token specification, for registries that trust `jwksFile`. */
export interface TokenServer {
  /** The address for the registry's challenge. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** JSON Web Key Set for distribution's `auth.token.jwks`. */
  readonly jwksFile: string;
  /** The authority of a certified key, for distribution's `auth.token.rootcertbundle`; undefined where the key is not certified. */
  readonly rootsFile: string | undefined;
  /** A token as the server would issue it, whoever asks; `lifetimeSeconds` as in the options. */
  issue(user: string, grant: Grant, lifetimeSeconds: number): Promise<string>;
  /** Every token request so far, in order of arrival. */
  readonly requests: readonly TokenRequest[];
  /** Replaces the users; tokens that are out keep their rights until they expire. */
  setUsers(users: Users): void;
  stop(): Promise<void>;
}

const ISSUER = 'test token server';
const SERVICE = 'test registry';
const LIFETIME_SECONDS = 300;

/** Starts a token server with TLS on the loopback. Its realm is `https://localhost:PORT/token`, or has the name given. */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { key, alg, jwk, x5c } = await (options.certified === true
    ? certifiedKey(options.authority)
    : plainKey());
  const kid = await calculateJwkThumbprint(jwk);
  await mkdir(options.dir, { recursive: true });
  const jwksFile = join(options.dir, 'jwks.json');
  await writeFile(jwksFile, JSON.stringify({ keys: [{ ...jwk, kid, alg, use: 'sig' }] }));
  const rootsFile = x5c === undefined ? undefined : join(options.dir, 'roots.pem');
  if (rootsFile !== undefined) await writeFile(rootsFile, options.authority.pem);

  const { lifetimeSeconds = LIFETIME_SECONDS } = options;
  const common = { alg, typ: 'JWT' };
  const named = { ...common, kid: options.wrongKid === true ? `not-${kid}` : kid };
  const sign = signer(key, x5c === undefined ? named : { ...common, x5c: [...x5c] });
  const requests: TokenRequest[] = [];
  let users = options.users;
  const { hostname = 'localhost' } = options;
  const dnsNames = [...new Set([hostname, ...LOOPBACK.dnsNames])];
  const names = { commonName: 'token server', ...LOOPBACK, dnsNames };
  const { certPem, keyPem } = await options.authority.issue(names);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const issue: Issue = (subject, access) => sign(subject, access, lifetimeSeconds);
    const reply = await answer(request, users, issue, options.refuseAnonymous === true);
    if (reply.token !== undefined) requests.push(reply.token);
    response.writeHead(reply.status, reply.headers).end(reply.body);
  };
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    void serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `https://${hostname}:${String((server.address() as AddressInfo).port)}/token`,
    service: SERVICE,
    issuer: ISSUER,
    jwksFile,
    rootsFile,
    issue: (user, { repository, actions }, seconds) =>
      sign(user, [{ type: 'repository', name: repository, actions }], seconds),
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

type Issue = (subject: string, access: readonly Access[]) => Promise<string>;
type Sign = (subject: string, access: readonly Access[], lifetimeSeconds: number) => Promise<string>;

/** What tokens are signed with; `x5c`: the certificate that goes along. */
interface SigningKey {
  readonly key: CryptoKey;
  readonly alg: 'RS256' | 'ES256';
  readonly jwk: JWK;
  readonly x5c?: readonly string[];
}

async function plainKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { key: privateKey, alg: 'RS256', jwk: await exportJWK(publicKey) };
}

async function certifiedKey(authority: Authority): Promise<SigningKey> {
  const { certPem, keyPem } = await authority.issue({ commonName: ISSUER });
  const { publicKey, raw } = new X509Certificate(certPem);
  const key = await importPKCS8(keyPem, 'ES256');
  return { key, alg: 'ES256', jwk: await exportJWK(publicKey), x5c: [raw.toString('base64')] };
}

async function answer(
  request: IncomingMessage,
  users: Users,
  issue: Issue,
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
  const token = await issue(login?.name ?? '', granted(scopes, user?.grants ?? []));
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

function signer(key: CryptoKey, header: JWTHeaderParameters): Sign {
  return (subject, access, lifetimeSeconds) => {
    const end = Math.floor(Date.now() / 1000) + lifetimeSeconds;
    const start = end - Math.abs(lifetimeSeconds);
    return new SignJWT({ access })
      .setProtectedHeader(header)
      .setIssuer(ISSUER)
      .setAudience(SERVICE)
      .setSubject(subject)
      .setJti(crypto.randomUUID())
      .setIssuedAt(start)
      .setNotBefore(start)
      .setExpirationTime(end)
      .sign(key);
  };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
