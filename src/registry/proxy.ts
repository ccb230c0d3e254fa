import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { CidrError, createGuard, rangesOf, type Guard } from './egress.ts';
import { bareHost, portOf } from './origin.ts';
import { Secret } from './secret.ts';

/** The proxy that connections to https origins go through. */
export interface Proxy {
  /** Scheme, host and port, without the login: what may be shown. */
  readonly origin: string;
  /** TLS is spoken with the proxy itself, too. */
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** The whole Proxy-Authorization header value; undefined where its URL has no login. */
  readonly authorization: Secret | undefined;
  /** Which addresses the proxy itself may have. */
  readonly guard: Guard;
  /** Whether a connection to this host (no brackets) and port goes through it; else it is made directly. */
  serves(host: string, port: number): boolean;
}

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy beside the operator is the installer's word, and no check gets there: the guard for checks stays as it is. */
const SIDECAR: readonly string[] = ['127.0.0.0/8', '::1/128'];

/**
 * The proxy of HTTPS_PROXY, less what NO_PROXY exempts: both read as Go's `golang.org/x/net/http/httpproxy` does, since docker,
 * containerd and crane are set up by the same variables.
 * @param allowCIDRs exceptions to the addresses that the proxy itself must not have
 * @throws Error with one sentence that names the variable and does not show its value, which may hold a password
 */
export function readProxy(env: Environment, allowCIDRs: readonly string[]): Proxy | undefined {
  const name = setOf(env, 'HTTPS_PROXY');
  if (name === undefined) return undefined;
  const url = parseProxyUrl(name, env[name] ?? '');
  const host = bareHost(url.hostname);
  const guard = createGuard([...allowCIDRs, ...SIDECAR]);
  if (isIP(host) !== 0 && guard.check(host)) {
    throw new Error(
      `${name}: the proxy has an address that is never reached (link-local, cloud metadata and the like): set another one, or allow it by egress.allowCIDRs`,
    );
  }
  const secure = url.protocol === 'https:';
  const exempt = readNoProxy(env[setOf(env, 'NO_PROXY') ?? ''] ?? '');
  return {
    origin: url.origin,
    secure,
    host,
    port: portOf(url),
    authorization: loginOf(name, url),
    guard,
    serves: (target, port) => !exempt(target.toLowerCase(), port),
  };
}

/** What to tell whoever set HTTP_PROXY, which nothing here goes through; undefined where it is not set. */
export function unusedProxy(env: Environment): string | undefined {
  return setOf(env, 'HTTP_PROXY') === undefined
    ? undefined
    : 'HTTP_PROXY is not used: registries are asked directly, those with https by HTTPS_PROXY';
}

/** The name under which a variable is set: in capitals first, as Go has it. */
function setOf(env: Environment, name: string): string | undefined {
  return [name, name.toLowerCase()].find((one) => Boolean(env[one]?.trim()));
}

function parseProxyUrl(name: string, value: string): URL {
  const text = value.trim();
  // Without a scheme it is http, as Go has it.
  const whole = text.includes('://') ? text : `http://${text}`;
  const socks = /^socks/i.test(text) ? 'SOCKS proxies are not supported: ' : '';
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const plain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.port !== '0' &&
    `${url.pathname}${url.search}${url.hash}` === '/';
  if (plain) return url;
  throw new Error(
    `${name}: ${socks}expected http://HOST:PORT or https://HOST:PORT, where the proxy wants a login with USER:PASSWORD@ in front of the host, percent-encoded`,
  );
}

/** Basic (RFC 7617), in UTF-8. */
function loginOf(name: string, { username, password }: URL): Secret | undefined {
  if (username === '' && password === '') return undefined;
  const login = decoded(username, password);
  // oxlint-disable-next-line no-control-regex -- these are what RFC 7617 forbids
  if (login === undefined || /[\u0000-\u001f\u007f]/.test(login)) {
    throw new Error(
      `${name}: the login cannot be read: write USER:PASSWORD@ in front of the host, percent-encoded as UTF-8`,
    );
  }
  return new Secret(`Basic ${Buffer.from(login, 'utf8').toString('base64')}`);
}

function decoded(username: string, password: string): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

/** Whether a host (in small letters, no brackets) is asked directly at this port. */
type Exempt = (host: string, port: number) => boolean;

/** One entry of NO_PROXY, or none where it says nothing. */
function readEntry(text: string): Exempt | undefined {
  const entry = text.trim().toLowerCase();
  if (entry === '*') return () => true;
  const range = rangeOf(entry);
  if (range !== undefined) return range;
  const [name, wanted] = splitPort(entry);
  const atPort = (port: number): boolean => wanted === '' || wanted === String(port);
  const isOne = isIP(name) === 0 ? undefined : rangesOf([name]);
  if (isOne !== undefined) return (host, port) => isOne(host) && atPort(port);
  const suffix = asciiOf(name.replace(/^\*(?=\.)/, ''));
  if (suffix === '' || suffix === '.') return undefined;
  // `.example.com` is for what is below it, `example.com` for itself, too.
  return suffix.startsWith('.')
    ? (host, port) => host.endsWith(suffix) && atPort(port)
    : (host, port) => (host === suffix || host.endsWith(`.${suffix}`)) && atPort(port);
}

function readNoProxy(list: string): Exempt {
  const entries = list.split(',').flatMap((text) => readEntry(text) ?? []);
  const isLoopback = rangesOf(SIDECAR);
  return (host, port) =>
    host === 'localhost' || isLoopback(host) || entries.some((exempts) => exempts(host, port));
}

/** `host:port` or `[address]:port`; the port is empty where there is none. */
function splitPort(entry: string): readonly [host: string, port: string] {
  const [, bracketed, name, port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(entry) ?? [];
  const host = bracketed ?? name;
  return host === undefined ? [entry, ''] : [host, port];
}

/** A name as URLs have it: an international one in its xn-- form, and any other one as it stands. */
function asciiOf(suffix: string): string {
  if (/^[ -~]*$/.test(suffix)) return suffix;
  return suffix.startsWith('.') ? `.${domainToASCII(suffix.slice(1))}` : domainToASCII(suffix);
}

/** `10.0.0.0/8`; undefined for what is no range. */
function rangeOf(text: string): ((address: string) => boolean) | undefined {
  if (!text.includes('/')) return undefined;
  try {
    return rangesOf([text]);
  } catch (error) {
    if (error instanceof CidrError) return undefined;
    throw error;
  }
}
