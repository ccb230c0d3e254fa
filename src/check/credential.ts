import { readDockerConfig } from '../registry/dockerconfig.ts';
import type { DockerConfigKey } from '../registry/dockerwords.ts';
import type { Login } from '../registry/login.ts';
import type { Registry } from '../registry/origin.ts';
import { readAuthorities, readClientCertificate, type TlsExtras } from '../registry/pem.ts';
import { sanitise } from '../text.ts';
import type { Finding } from './diagnose.ts';
import { expiryOf, parseTime, type Expiry } from './expiry.ts';
import { readPlain } from './plain.ts';
import type { FailureReason } from './reason.ts';
import {
  annotationOf,
  bytesOf,
  hasKey,
  keysOf,
  SECRET_ANNOTATION,
  textOf,
  tokenHostsOf,
  type PartProblem,
  type SecretContent,
  type SecretPart,
} from './secret-content.ts';

/** Why a Secret gives no login. `detail` is a sentence of ours that holds names and lengths, never values. */
export interface SecretProblem {
  readonly reason: Extract<
    FailureReason,
    | 'SecretNotFound'
    | 'SecretForbidden'
    | 'SecretTypeUnsupported'
    | 'SecretInvalid'
    | 'CredentialsNotMatched'
    | 'CredentialsNotBound'
    | 'CredentialsTooBroad'
  >;
  readonly detail: string;
  /** What is wrong in a `SecretInvalid`; undefined: its login. */
  readonly part?: SecretPart | undefined;
}

/** A login that is bound to the registry it was found for, and what the Secret says besides. */
export interface Credential {
  readonly login: Login;
  /** Whether it is bound to another repository of that registry, too. */
  readonly isFor: (repository: string) => boolean;
  /** The key of a docker configuration that it was found under; undefined in other Secrets. */
  readonly matchedKey: string | undefined;
  /** Undefined where the Secret adds nothing to TLS. */
  readonly tls: TlsExtras | undefined;
  /** Token services, as `host[:port]`, that the Secret allows for this login. */
  readonly tokenHosts: readonly string[];
  /** Undefined where nothing says when it runs out. */
  readonly expiry: Expiry | undefined;
  readonly findings: readonly Finding[];
}

/** What a login is wanted for, and what the installation says of the Secret. */
export interface Wanted {
  readonly registry: Registry;
  readonly repository: string;
  /** Registries, as `host[:port]`, that the installation names for this very Secret. */
  readonly installed: readonly string[];
  /** Registries, as `host[:port]`, that the installation trusts with the login of any Secret that names none. */
  readonly trusted: readonly string[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** A login where a Secret was looked for one: where it was found, and what is to be known of it. */
type Found = Pick<Credential, 'login' | 'isFor' | 'findings'> & Partial<Pick<Credential, 'matchedKey'>>;

/** The Secret types that can hold a login, and how each is read. What is in a Secret of another type is not looked at. */
const READERS: Readonly<Record<string, (secret: SecretContent, wanted: Wanted) => Found | SecretProblem>> = {
  'kubernetes.io/dockerconfigjson': (secret, wanted) => readDocker(secret, wanted, '.dockerconfigjson'),
  'kubernetes.io/dockercfg': (secret, wanted) => readDocker(secret, wanted, '.dockercfg'),
  'kubernetes.io/basic-auth': readWithoutFindings,
  Opaque: readOpaque,
};

/**
 * Finds the login for a repository in a Secret. Where it may be sent is said by the Secret (the key of a docker configuration, its
 * key `registry`, its annotation) or by the installation, never by the check.
 */
export function readCredential(
  secret: SecretContent,
  wanted: Wanted,
): { readonly credential: Credential } | { readonly problem: SecretProblem } {
  const type = secret.type === '' ? 'Opaque' : secret.type;
  const reader = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (reader === undefined) {
    const detail = `it is of type ${sanitise(type, 100)}; supported types: ${Object.keys(READERS).join(', ')}`;
    return { problem: { reason: 'SecretTypeUnsupported', detail } };
  }
  const found = reader(secret, wanted);
  if ('reason' in found) return { problem: found };
  const tls = readTls(secret, wanted.nowMs);
  if ('problem' in tls) return { problem: { reason: 'SecretInvalid', detail: tls.problem, part: tls.part } };
  const tokenHosts = tokenHostsOf(secret);
  if ('problem' in tokenHosts)
    return { problem: { reason: 'SecretInvalid', detail: tokenHosts.problem, part: 'token-hosts' } };
  const stated = statedExpiry(secret);
  const credential: Credential = {
    login: found.login,
    isFor: found.isFor,
    matchedKey: found.matchedKey,
    tls: tls.extras,
    tokenHosts: tokenHosts.list,
    expiry: expiryOf(found.login) ?? stated.expiry,
    findings: [...found.findings, ...stated.findings],
  };
  return { credential };
}

function readDocker(secret: SecretContent, wanted: Wanted, key: DockerConfigKey): Found | SecretProblem {
  const read = textOf(secret, key);
  if ('problem' in read) return { reason: 'SecretInvalid', detail: read.problem };
  if (read.text === undefined)
    return { reason: 'SecretInvalid', detail: `it has no key ${key}; its keys: ${keysOf(secret)}` };
  const entry = readDockerConfig(read.text, wanted.registry, wanted.repository, key);
  switch (entry.kind) {
    case 'found':
      return { login: entry.login, isFor: entry.isFor, matchedKey: entry.key, findings: entry.notes };
    case 'invalid':
      return { reason: 'SecretInvalid', detail: entry.detail };
    case 'unmatched':
      return { reason: 'CredentialsNotMatched', detail: entry.detail };
    case 'too-broad':
      return { reason: 'CredentialsTooBroad', detail: entry.detail };
  }
}

function readWithoutFindings(secret: SecretContent, wanted: Wanted): Found | SecretProblem {
  const read = readPlain(secret, wanted);
  return 'reason' in read ? read : { ...read, findings: [] };
}

/** `kubectl create secret generic --from-file=.dockerconfigjson` makes a Secret that works here and nowhere else. */
function readOpaque(secret: SecretContent, wanted: Wanted): Found | SecretProblem {
  if (!hasKey(secret, '.dockerconfigjson')) return readWithoutFindings(secret, wanted);
  const also = ['username', 'password', 'token'].filter((key) => hasKey(secret, key));
  if (also.length > 0) {
    const detail = `it has .dockerconfigjson as well as ${also.join(', ')}, which is ambiguous: remove one of them`;
    return { reason: 'SecretInvalid', detail, part: 'docker-and-plain' };
  }
  const found = readDocker(secret, wanted, '.dockerconfigjson');
  if ('reason' in found) return found;
  const message =
    'the kubelet does not use a Secret of type Opaque: it wants kubernetes.io/dockerconfigjson for the same content';
  return { ...found, findings: [...found.findings, { type: 'SecretTypeIgnoredByKubelet', message }] };
}

function readTls(
  secret: SecretContent,
  nowMs: number,
): { readonly extras: TlsExtras | undefined } | PartProblem {
  const bytes = new Map<string, Buffer | undefined>();
  for (const key of ['ca.crt', 'tls.crt', 'tls.key']) {
    const read = bytesOf(secret, key);
    if ('problem' in read) return { ...read, part: key === 'ca.crt' ? key : 'client-certificate' };
    bytes.set(key, read.bytes);
  }
  const ca = bytes.get('ca.crt');
  const authorities = ca === undefined ? undefined : readAuthorities(ca, nowMs);
  if (authorities !== undefined && 'problem' in authorities)
    return { problem: `its key ca.crt ${authorities.problem}`, part: 'ca.crt' };
  const client = readClientCertificate(bytes.get('tls.crt'), bytes.get('tls.key'), nowMs);
  if (client !== undefined && 'problem' in client)
    return { problem: `its key ${client.problem}`, part: 'client-certificate' };
  const nothing = authorities === undefined && client === undefined;
  return { extras: nothing ? undefined : { authorities: authorities?.pem, client } };
}

interface Stated {
  readonly expiry: Expiry | undefined;
  readonly findings: readonly Finding[];
}

/** What the Secret says of its own end. A time that cannot be read is no reason to refuse the login. */
function statedExpiry(secret: SecretContent): Stated {
  for (const key of ['expiresAt', 'expires_at']) {
    if (!hasKey(secret, key)) continue;
    const read = textOf(secret, key);
    return timeOf('text' in read ? read.text : undefined, 'SecretKey', `key ${key}`);
  }
  const name = SECRET_ANNOTATION.expiresAt;
  const annotated = annotationOf(secret, name);
  return annotated === undefined
    ? { expiry: undefined, findings: [] }
    : timeOf(annotated, 'Annotation', `annotation ${name}`);
}

function timeOf(text: string | undefined, source: 'SecretKey' | 'Annotation', what: string): Stated {
  const atMs = text === undefined ? undefined : parseTime(text);
  if (atMs !== undefined) return { expiry: { atMs, source }, findings: [] };
  const message = `the ${what} of the Secret is no time: write it like 2026-01-31T12:00:00Z`;
  return { expiry: undefined, findings: [{ type: 'ExpiryMalformed', message }] };
}
