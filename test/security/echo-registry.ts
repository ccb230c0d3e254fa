import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAuthority, LOOPBACK, type KeyPair } from '../support/certificates.ts';
import type { Reply } from '../support/scripted-registry.ts';

/** What a registry was shown by one request: the header as it is and decoded, the password alone, a token of a form. */
export interface Shown {
  readonly request: IncomingMessage;
  /** Empty where the request had no login. */
  readonly logins: readonly string[];
}

/** A registry over https that judges each request by itself, so that many probes can ask at once. */
export interface OpenRegistry {
  readonly url: string;
  /** The authority of its certificate. */
  readonly authorityPem: string;
  /** A certificate for a client, of the same authority. */
  readonly client: KeyPair;
  /** Answers from here on. */
  answer(judge: (shown: Shown) => Reply): void;
  stop(): Promise<void>;
}

/** Starts it. It asks for a client certificate, and takes whoever has none. */
export async function startOpenRegistry(): Promise<OpenRegistry> {
  const authority = await createAuthority('open registry');
  const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'registry', ...LOOPBACK });
  const client = await authority.issue({ commonName: 'ci', client: true });
  let judge: (shown: Shown) => Reply = () => (response) => void response.writeHead(418).end();
  const server = createServer(
    { cert, key, ca: authority.pem, requestCert: true, rejectUnauthorized: false },
    (request, response) => void serve(request, response, (shown) => judge(shown)),
  );
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    authorityPem: authority.pem,
    client,
    answer: (next) => (judge = next),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  judge: (shown: Shown) => Reply,
): Promise<void> {
  const form = await text(request).catch(() => '');
  judge({ request, logins: loginsOf(request.headers.authorization, form) })(response);
}

function loginsOf(authorization: string | undefined, form: string): readonly string[] {
  const refresh = new URLSearchParams(form).get('refresh_token');
  const [scheme = '', value = ''] = authorization?.split(' ', 2) ?? [];
  const decoded = scheme === 'Basic' ? Buffer.from(value, 'base64').toString('utf8') : '';
  const password = decoded.slice(decoded.indexOf(':') + 1);
  return [authorization, value, decoded, password, refresh].filter(
    (one) => one !== undefined && one !== null && one !== '',
  ) as readonly string[];
}

/** Where a registry can put what it was shown, beside the status: every header and body has it anyway. */
export interface Placement {
  readonly name: string;
  readonly challenge: (login: string, url: string) => string;
  readonly location: (login: string, url: string) => string;
}

const escaped = (login: string): string => login.replace(/["\\]/g, '');

/** Every place of a challenge and of a Location that could be shown to somebody. */
export const PLACEMENTS: readonly Placement[] = [
  {
    name: 'a host',
    challenge: (login) => `Bearer realm="https://${login}.evil.example/token",service="x"`,
    location: (login) => `https://${login}.evil.example/v2/team/app/blobs/uploads/1`,
  },
  {
    name: 'a path',
    challenge: (login, url) => `Bearer realm="${url}/${encodeURIComponent(login)}",service="x"`,
    location: (login) => `/v2/team/app/blobs/uploads/${encodeURIComponent(login)}`,
  },
  {
    name: 'a query',
    challenge: (login, url) => `Bearer realm="${url}/token?x=${encodeURIComponent(login)}",service="x"`,
    location: (login) => `/v2/team/app/blobs/uploads/1?_state=${encodeURIComponent(login)}`,
  },
  {
    name: 'user information',
    challenge: (login, url) =>
      `Bearer realm="${url.replace('//', `//${encodeURIComponent(login)}:${encodeURIComponent(login)}@`)}/token"`,
    location: (login, url) =>
      `${url.replace('//', `//x:${encodeURIComponent(login)}@`)}/v2/team/app/blobs/uploads/1`,
  },
  {
    name: 'parameters',
    challenge: (login, url) =>
      `Bearer realm="${url}/token",service="${escaped(login)}",scope="${escaped(login)}",error="${escaped(login)}",error_description="${escaped(login)}"`,
    location: (login) => `http://${login}.evil.example/`,
  },
  {
    name: 'a scheme',
    challenge: (login) => `${login} realm="${escaped(login)}"`,
    location: (login) => login,
  },
];

/** An answer that says back what it was shown, in every header and in the body, and at this place. */
export function echo(status: number, place: Placement, { logins }: Shown, url: string): Reply {
  return (response) => {
    const [whole = 'nobody'] = logins;
    const set = (name: string, value: string): void => {
      // What no header can hold is left out of it: Node would not send it.
      response.setHeader(name, value.replace(/[^\x20-\x7e]/g, ''));
    };
    for (const name of PLAIN_HEADERS) set(name, logins.join(' '));
    set('Content-Type', `application/json; charset=${whole}`);
    const label = logins.find((one) => /^[A-Za-z0-9-]{1,63}$/.test(one)) ?? whole;
    const told = place.name === 'a host' || place.name === 'a scheme' ? label : whole;
    set('WWW-Authenticate', place.challenge(told, url));
    set('Location', place.location(told, url));
    response.writeHead(status, whole.replace(/[^\x20-\x7e]/g, ''));
    response.end(status === 204 || status === 304 ? undefined : bodyWith(logins));
  };
}

const PLAIN_HEADERS = [
  'Server',
  'Docker-Distribution-Api-Version',
  'Docker-Upload-UUID',
  'OCI-Tag',
  'Retry-After',
  'Set-Cookie',
  'Via',
  'Warning',
  'X-Registry-Supports-Signatures',
];

function bodyWith(logins: readonly string[]): string {
  const said = logins.join(' ');
  const errors = logins.map((login) => ({ code: login, message: login, detail: { [login]: login } }));
  return JSON.stringify({
    errors: [...errors, { code: 'DENIED', message: said, detail: said }],
    error: said,
    error_description: said,
    message: said,
    token: logins.at(-1),
    access_token: said,
    [said]: said,
  });
}
