import { randomBytes } from 'node:crypto';

/** A credential that exists once in the world: wherever a piece of it shows up, it has leaked. */
export interface Canary {
  /** What it is, for messages: `password`, `client key`. */
  readonly name: string;
  readonly value: string;
  /** Pieces of the value that no encoding of text splits; one that is found is a leak, however the rest was cut or changed. */
  readonly pieces: readonly string[];
}

/** A canary; `around` makes the whole credential from a piece of 24 random hexadecimal digits. */
export function createCanary(name: string, around: (core: string) => string = (core) => core): Canary {
  const core = randomBytes(12).toString('hex');
  return { name, value: around(core), pieces: [core.slice(0, 12), core.slice(12)] };
}

/** A password with what every encoding has to change: a colon, signs of URLs, forms and base64, quotes, a letter outside ASCII. */
export function passwordCanary(): Canary {
  return createCanary('password', (core) => `p:${core} !~/+?=&"\\ä%`);
}

/** A canary of a text that is already there, such as the PEM of a key: its longest runs of letters and digits. */
export function canaryOf(name: string, value: string): Canary {
  const body = value.replace(/-----[^-]+-----/g, '');
  const pieces = [...body.matchAll(/[A-Za-z0-9]{12}/g)].map(([piece]) => piece);
  return { name, value, pieces };
}

/** A credential in every form in which it may be printed, by the name of the form. */
export function formsOf(value: string, user = 'ci'): Readonly<Record<string, string>> {
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  return {
    raw: value,
    'JSON-escaped': JSON.stringify(value),
    base64: base64(value),
    base64url: Buffer.from(value, 'utf8').toString('base64url'),
    'base64 of user:password': base64(`${user}:${value}`),
    'base64 of a docker configuration': base64(
      JSON.stringify({ auths: { 'reg.example': { auth: base64(`${user}:${value}`) } } }),
    ),
    'url-encoded': encodeURIComponent(value),
    form: new URLSearchParams({ password: value }).toString(),
    hex: Buffer.from(value, 'utf8').toString('hex'),
    'in lower case': value.toLowerCase(),
    'cut in the middle': value.slice(0, Math.ceil(value.length * 0.7)),
  };
}

/**
 * The canaries that a text shows, each with the encoding in which it was found: `password (base64)`. Hosts are lower-cased on the
 * way into a URL, so case does not count.
 */
export function leaksIn(text: string, canaries: readonly Canary[]): readonly string[] {
  const lower = text.toLowerCase();
  const found = canaries.flatMap(({ name, pieces }) =>
    pieces
      .flatMap((piece) => encodings(piece))
      .filter(([, form]) => lower.includes(form.toLowerCase()))
      .map(([encoding]) => `${name} (${encoding})`),
  );
  return [...new Set(found)];
}

/** A piece as it looks within a longer text that was encoded as a whole. JSON and URLs leave letters and digits alone. */
function encodings(piece: string): readonly (readonly [encoding: string, form: string])[] {
  const once = withinBase64(piece);
  return [
    ['plain', piece],
    ['hex', Buffer.from(piece).toString('hex')],
    ...once.map((form) => ['base64', form] as const),
    ...once.flatMap(withinBase64).map((form) => ['base64 twice', form] as const),
  ];
}

/** What base64 makes of a text wherever it stands in a longer one: three bytes become four letters, so there are three ways. */
function withinBase64(text: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(`${'\0'.repeat(before)}${text}`).toString('base64');
    const bytes = before + Buffer.byteLength(text);
    // Letters that also hold bits of a neighbour are left out.
    const first = [0, 2, 3][before];
    return encoded.slice(first, Math.floor(bytes / 3) * 4 + (bytes % 3));
  });
}
