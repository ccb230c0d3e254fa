/** A registry as a check names it, parsed once and used for every comparison and connection. */
export interface Registry {
  /** Scheme, host and port that requests go to; the Docker Hub names become `https://registry-1.docker.io`. */
  readonly origin: URL;
  /** Path before `/v2/`, without a trailing slash: empty for nearly every registry. */
  readonly prefix: string;
  /** Host as people write it, with a port unless it is the scheme's default: `registry.example.com:5000`. */
  readonly host: string;
}

/** What is wrong with a registry URL, in words that never repeat the URL: it may hold a password. */
export interface UrlProblem {
  readonly problem: string;
}

/** The names under which Docker Hub is known; all of them are served by `registry-1.docker.io`. */
const DOCKER_HUB = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** The one origin that speaks the registry protocol for Docker Hub. */
const DOCKER_HUB_API = 'registry-1.docker.io';

/** True for each name of Docker Hub (`docker.io`, `index.docker.io`, …); `host` is lower-case, without a port. */
export function isDockerHub(host: string): boolean {
  return DOCKER_HUB.has(host);
}

/** `host` or `host:port` of a URL: the port only where it is not the scheme's default (WHATWG URL, `host`). */
export function hostOf(url: URL): string {
  return url.host;
}

/** A host as sockets have it: without the brackets that URLs put around an IPv6 address. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** The port that a URL leads to, the default one of its scheme (http or https) where it names none. */
export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/**
 * Scheme, host and port of a URL that a registry chose, or undefined where the host is no plain name or address: a
 * registry could otherwise write sentences into our messages. Unlike the host of a registry, it may have an underscore: a
 * token service is asked under whatever name works.
 */
export function shownOrigin({ protocol, hostname, host }: URL): string | undefined {
  const plain = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])$/.test(hostname);
  return plain && (protocol === 'https:' || protocol === 'http:') ? `${protocol}//${host}` : undefined;
}

/** Whether a configured `host` or `host:port` is that of a URL, with the default port spelled out or not. */
export function isHost(url: URL, name: string): boolean {
  const port = url.protocol === 'https:' ? ':443' : ':80';
  return name === url.host || (name.endsWith(port) && name.slice(0, -port.length) === url.host);
}

/** Whether a configured `host` or `host:port` names this registry; all names of Docker Hub are one. */
export function isNamedBy({ host, origin }: Registry, name: string): boolean {
  const url = new URL(origin);
  url.host = host;
  return isHost(url, name) || (isDockerHub(url.host) && isDockerHub(name.replace(/:443$/, '')));
}

/** Whether two URLs have the same scheme, host and effective port (RFC 6454, section 4). */
export function sameOrigin(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && a.hostname === b.hostname && a.port === b.port;
}

/**
 * Reads a registry URL: the scheme is optional and means https; a port and a path prefix are allowed.
 * The result is canonical (case, default port, numeric forms of IPv4 addresses: WHATWG URL).
 */
export function parseRegistryUrl(text: string): Registry | UrlProblem {
  if (text === '') return { problem: 'is empty' };
  if (text.length > 512) return { problem: 'is longer than 512 characters' };
  if (!/^[\x21-\x7e]+$/.test(text)) {
    return { problem: 'must be plain ASCII without spaces; write an international name in its xn-- form' };
  }
  const withScheme = text.includes('://') ? text : `https://${text}`;
  if (!/^https?:\/\/[^/]/i.test(withScheme))
    return { problem: 'must start with https:// or http:// and a host name' };
  const afterScheme = withScheme.slice(withScheme.indexOf('://') + 3);
  if (/[\\?#@%]/.test(afterScheme)) {
    return {
      problem: 'must not contain user name, password, query, fragment, percent-encoding or backslash',
    };
  }
  if (/(^|\/)\.\.?(\/|$)/.test(afterScheme)) return { problem: 'must not contain . or .. path segments' };
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    return { problem: 'is not a valid URL: expected host, host:port or https://host:port/prefix' };
  }
  return checkHost(url) ?? finish(url);
}

function checkHost(url: URL): UrlProblem | undefined {
  const { hostname } = url;
  if (url.port === '0') return { problem: 'must have a port between 1 and 65535' };
  if (hostname.startsWith('[')) return undefined;
  if (hostname.length > 253) return { problem: 'has a host name longer than 253 characters' };
  if (hostname.endsWith('.')) return { problem: 'has a host name that ends with a dot' };
  for (const label of hostname.split('.')) {
    // As the kind has it. Clients that push take no underscore either (distribution/reference, domain-component).
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) {
      return { problem: 'has a host name with an empty, too long or malformed part' };
    }
  }
  return undefined;
}

function finish(url: URL): Registry | UrlProblem {
  const prefix = url.pathname.replace(/\/+$/, '');
  if (prefix.includes('//')) return { problem: 'must not contain an empty path segment' };
  // new URL encodes them; what it gave would then be refused when it is read again.
  if (prefix.includes('%')) return { problem: 'must not contain characters that a path has to encode' };
  if (/\/v[12]$/.test(prefix)) {
    return { problem: 'must not end in /v1 or /v2: give the base URL, the protocol path is added' };
  }
  const host = hostOf(url);
  const origin = new URL(url.origin);
  if (isDockerHub(url.hostname) && url.port === '' && url.protocol === 'https:')
    origin.hostname = DOCKER_HUB_API;
  return { origin, prefix, host };
}

/** The address that `/v2/` follows: scheme, host, port and path prefix, without a slash at the end. */
export function baseUrl({ origin, prefix }: Registry): string {
  return `${origin.origin}${prefix}`;
}

/** The registry's address as `docker login` and `kubectl create secret docker-registry` take it. */
export function loginServer({ host, origin }: Registry): string {
  return isDockerHub(origin.host) ? 'https://index.docker.io/v1/' : host;
}

/** The name of a repository in requests: Docker Hub has none of one part, and clients mean `library` by it. */
export function requestName({ origin }: Registry, repository: string): string {
  return origin.host === DOCKER_HUB_API && !repository.includes('/') ? `library/${repository}` : repository;
}

/** The URL of `path` (which starts with `/v2/`) at a registry, its path prefix included. */
export function endpoint(registry: Registry, path: string): URL {
  return new URL(`${registry.prefix}${path}`, registry.origin);
}
