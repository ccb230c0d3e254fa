import { constants, X509Certificate } from 'node:crypto';
import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { isIP, Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  DEFAULT_CIPHERS,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import { PassThrough, type Duplex } from 'node:stream';
import type { Guard } from './egress.ts';
import { AddressBlocked, PrivateAddress } from './failure.ts';
import { bareHost, portOf } from './origin.ts';
import { certificateBlocks, type ClientCertificate } from './pem.ts';
import type { Proxy } from './proxy.ts';
import { openTunnel, type Tunnelled } from './tunnel.ts';

/** The agents of one probe. No socket is shared with another probe, so none is shared between tenants. */
export interface Connection {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** When the registry's own certificate ends, in milliseconds since the epoch; undefined before one was verified. */
  readonly certificateEndsMs: number | undefined;
  /** Closes every socket of this probe. */
  close(): void;
}

/** Which addresses may be reached, and which authorities are trusted. */
export interface ConnectionPolicy {
  readonly guard: Guard;
  readonly secureContext: SecureContext;
  /** The registry that a probe is about: its origin alone gets this context, and with it a client certificate. */
  readonly registry?: { readonly origin: URL; readonly secureContext: SecureContext };
  /** The way to https origins; its context verifies the proxy itself: with the authorities of the installation, not those of a Secret. */
  readonly proxy?: { readonly at: Proxy; readonly secureContext: SecureContext } | undefined;
}

/**
 * The trusted authorities: Node's own roots plus `extraPem`; and what a client shows of itself. Made once per set of authorities,
 * since parsing the roots costs more than a whole probe.
 * @throws Error where `extraPem` holds no certificate, or one that cannot be read, or where the key is not that of the client
 */
export function createTrust(extraPem: string | undefined, client?: ClientCertificate): SecureContext {
  const roots = getCACertificates('default');
  return createSecureContext({
    ca: extraPem === undefined ? roots : [...roots, ...certificatesIn(extraPem)],
    ...HANDSHAKE,
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key.reveal() }),
  });
}

/**
 * What a handshake may be. The server chooses the group of DHE, and one of 10,000 bits stops this process for half a second, again
 * with each renegotiation that it asks for: neither is offered, as Go's clients, which push, have neither.
 */
const HANDSHAKE: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: `${DEFAULT_CIPHERS}:!kDHE`,
  ecdhCurve: 'X25519:P-256:P-384:P-521',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
};

/** `createSecureContext` passes over what it cannot read: a typing error would look like an unknown authority. */
function certificatesIn(pem: string): string[] {
  const found = certificateBlocks(pem);
  if (found.length === 0) throw new Error('no PEM certificate found among the trusted authorities');
  return found.map((text, index) => {
    try {
      return new X509Certificate(text).toString();
    } catch {
      throw new Error(`certificate ${index + 1} of the trusted authorities cannot be read`);
    }
  });
}

/** Opens the agents of one probe: at most one socket per origin, kept alive from request to request. */
export function openConnection(policy: ConnectionPolicy): Connection {
  const options = { keepAlive: true, maxSockets: 1, maxTotalSockets: 4 };
  const http = new HttpAgent(options);
  http.createConnection = (args) => connectGuarded(args, policy.guard, plain);
  // A cached TLS session would skip the verification of the certificate: no session is kept.
  const https = new HttpsAgent({ ...options, maxCachedSessions: 0 });
  let certificateEndsMs: number | undefined;
  const secure = (socket: Duplex, args: RequestOptions): TLSSocket => {
    const { registry } = policy;
    if (registry === undefined || !isAt(registry.origin, args))
      return verify(socket, args, policy.secureContext);
    const own = verify(socket, args, registry.secureContext);
    // Comes after the verification: the certificate of whoever is in between is none of the registry.
    own.once('secureConnect', () => {
      certificateEndsMs = own.getPeerX509Certificate()?.validToDate.getTime();
    });
    return own;
  };
  const closed = new AbortController();
  https.createConnection = (args: Tunnelled, done) => {
    const { proxy } = policy;
    if (proxy?.at.serves(args.host ?? '', Number(args.port)) !== true)
      return connectGuarded(args, policy.guard, (socket) => secure(socket, args));
    const coming = tunnel(args, policy.guard, proxy, closed.signal);
    void handOver(
      coming.then((socket) => secure(socket, args)),
      done,
    );
    return undefined;
  };
  return {
    http,
    https,
    get certificateEndsMs() {
      return certificateEndsMs;
    },
    close: () => {
      closed.abort();
      http.destroy();
      https.destroy();
    },
  };
}

/** Whether a TLS connection is one to this origin (Node takes the brackets off an IPv6 address). */
function isAt(origin: URL, { host, port }: RequestOptions): boolean {
  return (
    origin.protocol === 'https:' && host === bareHost(origin.hostname) && Number(port) === portOf(origin)
  );
}

/** TLS over a socket that leads to the host, directly or through a proxy. */
function verify(
  socket: Duplex,
  { host, servername }: Pick<RequestOptions, 'host' | 'servername'>,
  secureContext: SecureContext,
): TLSSocket {
  return connectTls({
    socket,
    // `host` is what the certificate is checked against where servername is empty, as it is for an IP literal.
    host: host ?? '',
    servername: servername ?? '',
    secureContext,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    checkServerIdentity: checkIdentity,
  });
}

/** A socket that comes later goes to Node by a callback. Of the one that stands beside an error, it takes no notice. */
async function handOver(
  coming: Promise<Duplex>,
  done: ((error: Error | null, socket: Duplex) => void) | undefined,
): Promise<void> {
  let socket: Duplex;
  try {
    socket = await coming;
  } catch (error) {
    done?.(error instanceof Error ? error : new Error('no tunnel'), new PassThrough());
    return;
  }
  done?.(null, socket);
}

/** What the proxy would connect to is judged here as far as it can be: a name is looked up there, so only those that are reserved are refused. */
async function tunnel(
  { host, port, tunnelling }: Tunnelled,
  guard: Guard,
  { at, secureContext }: NonNullable<ConnectionPolicy['proxy']>,
  closed: AbortSignal,
): Promise<Duplex> {
  const target = { host: host ?? '', port: Number(port) };
  const own = guard.toward(target);
  if (own.checkRemote(target)) {
    const blocked = new AddressBlocked();
    if (own.refusal === 'private') blocked.cause = new PrivateAddress();
    throw blocked;
  }
  tunnelling?.started();
  const dial = (): Duplex => {
    const servername = isIP(at.host) === 0 ? at.host : '';
    const secured = (socket: Socket): Duplex => verify(socket, { host: at.host, servername }, secureContext);
    return connectGuarded(at, at.guard, at.secure ? secured : plain);
  };
  const authority = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
  const signal = tunnelling === undefined ? closed : AbortSignal.any([closed, tunnelling.signal]);
  return openTunnel(at, dial, authority, signal);
}

/**
 * Node takes a certificate's common name where it has no subjectAltName; clients that push do not (RFC 9525,
 * section 2), so a registry with such a certificate must not look reachable.
 */
function checkIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  // Without the subject there is no common name to fall back to.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node reads what is there
  return checkServerIdentity(host, { ...certificate, subject: undefined } as unknown as PeerCertificate);
}

/**
 * `https.Agent` ignores the option `blockList`, so both agents connect their TCP socket here. What is put over the socket is put
 * there before it connects: Node gives it a new handle for each address of a name, and where TLS holds the old one, the process
 * ends with a segmentation fault (Node 26.10).
 */
function connectGuarded<S extends Duplex>(
  args: Pick<ClientRequestArgs, 'host' | 'port' | 'lookup'>,
  guard: Guard,
  over: (socket: Socket) => S,
): S {
  const [host, port] = [args.host ?? '', Number(args.port)];
  const own = guard.toward({ host, port });
  const lookup = args.lookup === undefined ? {} : { lookup: args.lookup };
  const socket = new Socket({ blockList: own });
  // Comes before everybody who waits for the connection: nothing was written yet.
  socket.prependOnceListener('connect', () => {
    const { remoteAddress } = socket;
    if (remoteAddress !== undefined && own.check(remoteAddress)) socket.destroy(new AddressBlocked());
  });
  // Node's error says that an address was blocked, and not why.
  socket.prependOnceListener('error', (error) => {
    if (own.refusal === 'private') error.cause = new PrivateAddress();
  });
  const stream = over(socket);
  socket.connect({ host, port, ...lookup });
  return stream;
}

/** Nothing is put over the socket. */
function plain(socket: Socket): Socket {
  return socket;
}
