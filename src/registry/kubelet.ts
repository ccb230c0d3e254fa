import { isObject } from '../json.ts';
import { isDockerHub, type Registry } from './origin.ts';
import { labelFits } from './key.ts';

/** The name of Docker Hub under which the kubelet looks where no key fits. */
const DEFAULT_REGISTRY = 'index.docker.io';

/** The name of an image as the kubelet compares it: Docker Hub has one name there. */
export function imageName({ host }: Registry, repository: string): string {
  return `${isDockerHub(host) ? 'docker.io' : host}/${repository}`;
}

/**
 * Whether the kubelet would take a key of `auths` for an image (kubernetes, pkg/credentialprovider/keyring.go). It compares hosts
 * and ports letter by letter, takes the path as a mere prefix, and drops `/v1/` and `/v2/` only with their slash.
 */
export function kubeletTakes(key: string, image: string): boolean {
  const given = parse(key.replace(/^https?:\/\//, ''));
  const path = /^\/v[12]\//.test(given.path) ? given.path.slice(3) : given.path;
  const wanted = parse(image);
  const fits =
    given.port === wanted.port &&
    given.labels.length === wanted.labels.length &&
    wanted.path.startsWith(path === '/' ? '' : path) &&
    given.labels.every((label, at) => labelFits(label, wanted.labels[at] ?? ''));
  return fits || (given.host === DEFAULT_REGISTRY && path.length <= 1 && wanted.host === 'docker.io');
}

interface Name {
  readonly host: string;
  readonly labels: readonly string[];
  readonly port: string;
  readonly path: string;
}

function parse(name: string): Name {
  const slash = name.indexOf('/');
  const host = slash < 0 ? name : name.slice(0, slash);
  const colon = host.lastIndexOf(':');
  return {
    host,
    labels: (colon < 0 ? host : host.slice(0, colon)).split('.'),
    port: colon < 0 ? '' : host.slice(colon),
    path: slash < 0 ? '' : name.slice(slash),
  };
}

/**
 * Whether the kubelet cannot read an entry of `auths`, and therefore none of them: it decodes all before it looks for one. It
 * is more patient than we are: null is an empty entry, and base64 needs no padding and may have line breaks.
 */
export function kubeletRefuses(entry: unknown): boolean {
  if (entry === null) return false;
  if (!isObject(entry)) return true;
  const own = (name: string): unknown => (Object.hasOwn(entry, name) ? (entry[name] ?? '') : '');
  if (['username', 'password', 'email', 'auth'].some((name) => typeof own(name) !== 'string')) return true;
  const auth = own('auth');
  if (typeof auth !== 'string' || auth === '') return false;
  const compact = auth.replace(/[\r\n]/g, '');
  const padded = compact.endsWith('=') ? compact : compact.padEnd(Math.ceil(compact.length / 4) * 4, '=');
  return !/^[A-Za-z0-9+/]*={0,2}$/.test(padded) || !Buffer.from(padded, 'base64').includes(':');
}
