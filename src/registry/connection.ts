import { X509Certificate } from 'node:crypto';
import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { connect as connectTcp, type BlockList } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Duplex } from 'node:stream';
import { certificateBlocks, type ClientCertificate } from './pem.ts';

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
  readonly guard: BlockList;
  readonly secureContext: SecureContext;
  /** The registry that a probe is about: its origin alone gets this context, and with it a client certificate. */
  readonly registry?: { readonly origin: URL; readonly secureContext: SecureContext };
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
    minVersion: 'TLSv1.2',
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key.reveal() }),
  });
}

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
  http.createConnection = (args) => connectGuarded(args, policy.guard);
  // A cached TLS session would skip the verification of the certificate: no session is kept.
  const https = new HttpsAgent({ ...options, maxCachedSessions: 0 });
  let certificateEndsMs: number | undefined;
  https.createConnection = (args: RequestOptions): Duplex => {
    const { registry } = policy;
    if (registry === undefined || !isAt(registry.origin, args))
      return connectVerified(args, policy.guard, policy.secureContext);
    const socket = connectVerified(args, policy.guard, registry.secureContext);
    // Comes after the verification: the certificate of whoever is in between is none of the registry.
    socket.once('secureConnect', () => {
      certificateEndsMs = socket.getPeerX509Certificate()?.validToDate.getTime();
    });
    return socket;
  };
  return {
    http,
    https,
    get certificateEndsMs() {
      return certificateEndsMs;
    },
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

/** Whether a TLS connection is one to this origin (Node takes the brackets off an IPv6 address). */
function isAt(origin: URL, { host, port }: RequestOptions): boolean {
  return (
    origin.protocol === 'https:' &&
    host === origin.hostname.replace(/^\[|\]$/g, '') &&
    Number(port) === Number(origin.port || 443)
  );
}

function connectVerified(args: RequestOptions, guard: BlockList, secureContext: SecureContext): TLSSocket {
  return connectTls({
    socket: connectGuarded(args, guard),
    // `host` is what the certificate is checked against where servername is empty, as it is for an IP literal.
    host: args.host ?? '',
    servername: args.servername ?? '',
    secureContext,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    checkServerIdentity: checkIdentity,
  });
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

/** `https.Agent` ignores the option `blockList`, so both agents connect their TCP socket here. */
function connectGuarded(args: ClientRequestArgs, blockList: BlockList): ReturnType<typeof connectTcp> {
  return connectTcp({
    host: args.host ?? '',
    port: Number(args.port),
    blockList,
    ...(args.lookup === undefined ? {} : { lookup: args.lookup }),
  });
}
