import type { IncomingMessage } from 'node:http';

/** What a registry answers: status, header fields, body. */
export type Answer = readonly [status: number, headers?: Readonly<Record<string, string>>, body?: unknown];

/** How a registry wants its login. */
export type Scheme = 'basic' | 'bearer';

/** The token that an honest token service gives. */
export const MINTED = 'm1nted-c4nary.t';

/** A registry that is honest, or has one lure: a wrong answer to one of the probe's requests. */
export interface Script {
  readonly scheme: Scheme;
  /** `https://host:port` of the registry, where its own token service is, too. */
  readonly own: string;
  /** The realm that it names first; its own where none is given. */
  readonly realm?: string;
  readonly lure?: Lure;
  /** Where the lure leads, as the beginning of a URL. */
  readonly target?: string;
  /** Status of the redirects. */
  readonly status?: number;
}

/** What a request gets that is not answered honestly; undefined where it is. */
type Spring = (what: Asked, to: { readonly target: string; readonly status: number }) => Answer | undefined;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorized: boolean;
}

/** One place in which a registry can name another host. */
export interface Lure {
  readonly name: string;
  /** The rule that is in the way: B5 where a token service is named. */
  readonly rule: 'B5' | 'B7' | 'B8';
  /** Only with this scheme. */
  readonly only?: Scheme;
  /** Not for a token of the Secret's own, which nobody is asked for. */
  readonly notFor?: 'registrytoken';
  readonly spring: Spring;
}

const ping = ({ method, path }: Asked): boolean => method === 'GET' && path === '/v2/';
const uploads = '/v2/team/app/blobs/uploads/';

const names = (target: string, more = ''): Answer => [
  401,
  {
    'WWW-Authenticate': `Bearer realm="${target}/token",service="x",scope="repository:victim/x:push"${more}`,
  },
];
const redirect =
  (is: (what: Asked) => boolean): Spring =>
  (what, { target, status }) =>
    is(what) ? [status, { Location: `${target}${what.path}` }] : undefined;

/** Every place where an answer can name a host. */
export const LURES: readonly Lure[] = [
  {
    name: 'the realm of its first challenge',
    rule: 'B5',
    only: 'bearer',
    spring: (what, { target }) => (ping(what) && !what.authorized ? names(target) : undefined),
  },
  {
    name: 'the realm of a challenge to the upload',
    rule: 'B5',
    only: 'bearer',
    spring: (what, { target }) =>
      ping(what) ? [200] : what.method === 'POST' && what.path === uploads ? names(target) : undefined,
  },
  {
    name: 'the realm of a second challenge, after the token',
    rule: 'B5',
    only: 'bearer',
    spring: ({ method, path }, { target }) =>
      method === 'POST' && path === uploads ? names(target, ',error="invalid_token"') : undefined,
  },
  {
    name: 'the realm of a challenge to the cancel',
    rule: 'B5',
    spring: ({ method }, { target }) => (method === 'DELETE' ? names(target) : undefined),
  },
  {
    name: 'the realm of a challenge to the manifest',
    rule: 'B5',
    spring: ({ method }, { target }) => (method === 'HEAD' ? names(target) : undefined),
  },
  {
    name: 'a redirect of the ping',
    rule: 'B7',
    spring: redirect((what) => ping(what) && !what.authorized),
  },
  {
    name: 'a redirect of the login',
    rule: 'B7',
    only: 'basic',
    spring: redirect((what) => ping(what) && what.authorized),
  },
  {
    name: 'a redirect of the token request',
    rule: 'B7',
    only: 'bearer',
    notFor: 'registrytoken',
    spring: redirect(({ path }) => path === '/token'),
  },
  {
    name: 'a redirect of the upload',
    rule: 'B7',
    spring: redirect(({ method, path }) => method === 'POST' && path === uploads),
  },
  {
    name: 'the Location of the session',
    rule: 'B8',
    spring: ({ method, path }, { target }) =>
      method === 'POST' && path === uploads ? [202, { Location: `${target}${uploads}1` }] : undefined,
  },
  { name: 'a redirect of the cancel', rule: 'B8', spring: redirect(({ method }) => method === 'DELETE') },
  { name: 'a redirect of the manifest', rule: 'B7', spring: redirect(({ method }) => method === 'HEAD') },
];

/** The answer to a request, and whether it is the lure. */
export function respond(script: Script, request: IncomingMessage): { answer: Answer; sprung: boolean } {
  const { method = '', url = '' } = request;
  const [path = ''] = url.split('?');
  const what = { method, path, authorized: request.headers.authorization !== undefined };
  const { target = '', status = 307 } = script;
  const lureped = script.lure?.spring(what, { target, status });
  return { answer: lureped ?? honest(script, what), sprung: lureped !== undefined };
}

function honest({ scheme, own, realm = own }: Script, { method, path, authorized }: Asked): Answer {
  if (path === '/token') return [200, { 'Content-Type': 'application/json' }, { token: MINTED }];
  if (!authorized)
    return scheme === 'bearer' ? names(realm) : [401, { 'WWW-Authenticate': 'Basic realm="x"' }];
  if (method === 'POST') return [202, { Location: `${uploads}1` }];
  return [method === 'DELETE' ? 204 : 200];
}
