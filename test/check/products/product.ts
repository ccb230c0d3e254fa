import { expect } from 'chai';
import type { ProductId } from '../../../src/check/products/all.gen.ts';
import type { Reason } from '../../../src/check/reason.ts';
import {
  answer,
  challenge,
  token,
  type Headers,
  type Reply,
  type Turn,
} from '../../support/scripted-registry.ts';
import {
  LOGIN,
  openTable,
  PING,
  POST,
  wantsBasic,
  type ProbeOptions,
  type ProbeTable,
} from '../probe-table.ts';

/** What a conversation must lead to, as one text: the reason, the status of Authenticated, and findings where there are any. */
export type Outcome = `${Reason} ${'True' | 'False' | 'Unknown'}${'' | ' UploadNotCancelled'}`;

/** A situation of a product: the whole conversation, with the requests that are allowed, and what it means. */
export interface Row {
  readonly name: string;
  readonly turns: (url: string) => readonly Turn[];
  readonly outcome: Outcome;
  /** What the message must say besides. */
  readonly says?: RegExp;
  readonly options?: ProbeOptions;
}

/** Opens an upload with the token that {@link Tokens.granted} gave. */
export const PUSH = `${POST} as Bearer t1`;
/** Opens an upload with a Basic login. */
export const PUSH_BASIC = `${POST} as ci`;
/** The same with a token that is longer than a line shows. */
export const PUSH_JWT = `${POST} as Bearer JWT`;

/** A body of the distribution specification with one error. */
export function error(
  code: string | number,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ errors: [{ code, message, ...more }] });
}

/** A refusal with such a body. */
export function refusal(status: number, code: string, message: string, headers: Headers = {}): Reply {
  return answer(status, { 'Content-Type': 'application/json', ...headers }, error(code, message));
}

/** A refusal with a body of plain text. */
export function text(status: number, body: string, headers: Headers = {}): Reply {
  return answer(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body);
}

/** A refusal whose body is other JSON. */
export function json(status: number, body: unknown, headers: Headers = {}): Reply {
  return answer(status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(body));
}

/** A token of which the claims can be read. */
export function jwt(claims: { readonly sub?: string; readonly actions?: readonly string[] }): Reply {
  const access =
    claims.actions === undefined ? [] : [{ type: 'repository', name: 'team/app', actions: claims.actions }];
  const { sub } = claims;
  const payload = JSON.stringify({ iss: 'the token service', ...(sub === undefined ? {} : { sub }), access });
  return token(`e30.${Buffer.from(payload).toString('base64url')}.c2lnbmF0dXJl`);
}

/** A product with a token service at the registry itself. */
export interface Tokens {
  readonly wants: (url: string, more?: string) => string;
  /** The request for a token to push with. */
  readonly push: string;
  /** The request that proves the login alone. */
  readonly proof: string;
}

/** A token service at this path, with this service parameter, for this login. */
export function tokensAt(path: string, service: string | undefined, as = 'ci'): Tokens {
  const named = service === undefined ? '' : `service=${service}`;
  const scope = 'scope=repository:team/app:pull,push';
  return {
    wants: (url, more = '') =>
      `Bearer realm="${url}${path}"${service === undefined ? '' : `,service="${service}"`}${more}`,
    push: `GET ${path}?${[named, scope].filter(Boolean).join('&')} as ${as}`,
    proof: `GET ${path}${named === '' ? '' : `?${named}`} as ${as}`,
  };
}

/** Ping, and a token request that is refused. `proof`: the answer to the proof of the login; undefined where none is allowed. */
export function noToken(tokens: Tokens, reply: Reply, proof?: Reply): Row['turns'] {
  return (url) => [
    [PING, challenge(tokens.wants(url))],
    [tokens.push, reply],
    ...(proof === undefined ? [] : [[tokens.proof, proof] as const]),
  ];
}

/** Ping, a token, and what follows. */
export function withToken(tokens: Tokens, granted: Reply, ...then: readonly Next[]): Row['turns'] {
  return (url) => [
    [PING, challenge(tokens.wants(url))],
    [tokens.push, granted],
    ...then.map((next) => turnOf(next, url)),
  ];
}

/** Looks whether the repository exists. */
export const LOOK = 'GET /v2/team/app/tags/list';

/** The repository exists. */
export const exists = json(200, { name: 'team/app', tags: [] });

/** The same where the token request itself would create the repository: with a token for a look before. */
export function withLook(tokens: Tokens, granted: Reply, ...then: readonly Next[]): Row['turns'] {
  return (url) => [
    [PING, challenge(tokens.wants(url))],
    [pullOf(tokens), token('r1')],
    [`${LOOK} as Bearer r1`, exists],
    [tokens.push, granted],
    ...then.map((next) => turnOf(next, url)),
  ];
}

/** Ping, and a request for the token of the look that is refused. */
export function noLook(tokens: Tokens, reply: Reply, proof?: Reply): Row['turns'] {
  return noToken({ ...tokens, push: pullOf(tokens) }, reply, proof);
}

/** What comes next, where it needs the registry's URL or not. */
type Next = Turn | ((url: string) => Turn);

function turnOf(next: Next, url: string): Turn {
  return typeof next === 'function' ? next(url) : next;
}

function pullOf({ push }: Tokens): string {
  return push.replace(':pull,push', ':pull');
}

/** Ping, and a Basic login that is refused. */
export function noLogin(reply: Reply, wants = 'Basic realm="r"'): Row['turns'] {
  return () => [
    [PING, challenge(wants)],
    [LOGIN, reply],
  ];
}

/** Ping, a Basic login, and the answer to the upload. */
export function withLogin(reply: Reply): Row['turns'] {
  return () => [
    [PING, wantsBasic],
    [LOGIN, answer(200)],
    [PUSH_BASIC, reply],
  ];
}

/** The product of some rows; `id`: what the ping of each of them gives away. */
export interface Told {
  readonly name: string;
  readonly id: ProductId;
}

/** A test for each row: exactly these requests, and what they mean. */
export function describeProduct(product: string | Told, rows: readonly Row[]): void {
  const { name: title, id } = typeof product === 'string' ? { name: product, id: undefined } : product;
  describe(`a probe of ${title}`, () => {
    let table: ProbeTable;
    before(async () => {
      table = await openTable();
    });
    after(() => table.stop());

    for (const { name, turns, outcome, says, options } of rows) {
      it(`finds ${outcome.split(' ')[0] ?? ''} with ${name}`, async () => {
        const probed = await table.run(turns(table.registry.url), options);
        if (id !== undefined) expect(probed.product).to.equal(id);
        const { observation } = probed;
        const { reason, stages, findings, message } = table.diagnose(observation);
        const told = [reason, stages.Authenticated.status, ...findings.map(({ type }) => type)];
        expect(told.join(' ')).to.equal(outcome);
        if (says !== undefined) expect(message).to.match(says);
      });
    }
  });
}
