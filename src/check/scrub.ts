import { domainToASCII } from 'node:url';
import type { Request, Send } from '../registry/http.ts';
import { passwordOf, type Login } from '../registry/login.ts';
import type { Probed } from './observation.ts';
import { textsIn } from './texts-in.ts';

/** What went out in one probe, and what comes back from it without that. */
export interface Scrub {
  /** Sends, and remembers which logins and tokens it was given. */
  readonly send: Send;
  /** A result in which no text of the registry holds one of them: such a text counts as one that cannot be shown. */
  readonly result: (probed: Probed) => Probed;
  /** The error itself, or one that says nothing where printing it would show one of them. */
  readonly error: (error: unknown) => unknown;
}

/** Shorter ones are parts of ordinary words: who looked for them would hide `auth.example.com` from users of the password `auth`. */
const SHORTEST = 8;

/**
 * The last line of defence: no text that a registry or a library chose leaves a probe with what the probe had sent, whoever
 * forgot to keep it back. Our own words are not searched (docs/decisions/0014).
 * @param login that of the probe, which a registry may know from an earlier one; its user name is looked for, too
 */
export function createScrub(send: Send, login?: Login): Scrub {
  const sent = new Set<string>();
  // Most probes end without a text from outside: their forms are never made.
  let forms: readonly string[] | undefined;
  const holds = (text: string): boolean => {
    forms ??= [...sent].flatMap(formsOf).map((form) => form.toLowerCase());
    const lower = text.toLowerCase();
    const undotted = withoutDots(lower);
    return forms.some((form) => lower.includes(form) || holdsCut(undotted, form));
  };
  const learn = (secrets: Iterable<string>): void => {
    for (const secret of secrets) if (secret.length >= SHORTEST) sent.add(secret);
    forms = undefined;
  };
  if (login !== undefined) learn(secretsIn(login));
  return {
    send: (request, signal) => {
      learn(secretsOf(request));
      return send(request, signal);
    },
    result: ({ observation, pull, ...rest }) => ({
      ...rest,
      observation: without(holds, observation),
      pull: pull && without(holds, pull),
    }),
    error: (error) => {
      // Of one that is too large to be searched nobody knows.
      const found = textsIn(error)?.some(holds) ?? true;
      return found ? new Error('a probe failed with an error that cannot be shown') : error;
    },
  };
}

/** Whether a text without dots has a form between whose letters there may have been some: a host is cut by them. */
function holdsCut(undotted: string, form: string): boolean {
  const bare = withoutDots(form);
  return bare.length >= SHORTEST && undotted.includes(bare);
}

function withoutDots(text: string): string {
  return text.replaceAll('.', '');
}

function* secretsIn(login: Login): Generator<string> {
  const password = passwordOf(login);
  if (password !== undefined) yield* [password.username, password.password.reveal()];
  if (login.kind !== 'password') yield login.token.reveal();
}

/** Of a Basic login the password alone, too. */
function* secretsOf({ authorization, refresh }: Request): Generator<string> {
  if (refresh !== undefined) yield refresh.token.reveal();
  if (authorization === undefined) return;
  const [scheme, value = ''] = authorization.reveal().split(' ', 2);
  yield value;
  if (scheme !== 'Basic') return;
  const login = Buffer.from(value, 'base64').toString();
  yield login.slice(login.indexOf(':') + 1);
}

/** The forms in which protocols carry a text. */
function formsOf(secret: string): readonly string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
    // Empty where it is no name: then it is none of a host either.
    domainToASCII(secret) || secret,
  ];
}

/** The parts of an observation that are texts from outside, at whatever depth. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(['realm', 'to', 'host']);

function without<T extends object>(holds: (text: string) => boolean, value: T): T {
  const clean = (name: string, part: unknown): unknown => {
    if (typeof part === 'string') return FROM_OUTSIDE.has(name) && holds(part) ? undefined : part;
    if (Array.isArray(part)) return part.flatMap((one: unknown) => clean(name, one) ?? []);
    return typeof part === 'object' && part !== null ? without(holds, part) : part;
  };
  const parts = Object.entries(value).map(([name, part]): [string, unknown] => [name, clean(name, part)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the texts that are left out may be undefined
  return Object.fromEntries(parts) as T;
}
