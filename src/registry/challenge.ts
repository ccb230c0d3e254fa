/** One authentication challenge (RFC 9110, section 11.3). */
export interface Challenge {
  /** Lower-case scheme: `bearer`, `basic`, … */
  readonly scheme: string;
  /** Parameters by lower-case name; of a repeated one the first counts. */
  readonly params: ReadonlyMap<string, string>;
}

const MAX_CHALLENGES = 8;
const MAX_FIELD_LENGTH = 4096;

/**
 * Reads every challenge of every WWW-Authenticate field line, in order. Lenient where real registries are: values may
 * be unquoted, a field may be empty, commas may be doubled. At most 8 challenges, 4 KiB a line; the rest is ignored.
 * One pass over each line, so the time is linear in its length.
 *
 *     WWW-Authenticate = #challenge
 *     challenge        = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
 *     auth-param       = token BWS "=" BWS ( token / quoted-string )
 */
export function parseChallenges(fields: readonly string[]): Challenge[] {
  const found: Challenge[] = [];
  for (const field of fields) {
    parseField(field.slice(0, MAX_FIELD_LENGTH), found);
    if (found.length >= MAX_CHALLENGES) break;
  }
  return found.slice(0, MAX_CHALLENGES);
}

function parseField(text: string, found: Challenge[]): void {
  let at = 0;
  let params: Map<string, string> | undefined;
  while (at < text.length) {
    at = skip(text, at, ', \t');
    const start = at;
    at = skipToken(text, at);
    if (at === start) {
      at += 1; // a character that starts nothing: pass over it
      continue;
    }
    const word = text.slice(start, at).toLowerCase();
    const equals = skip(text, at, ' \t');
    if (text[equals] !== '=') {
      params = new Map();
      found.push({ scheme: word, params });
      continue;
    }
    const value = readValue(text, skip(text, equals + 1, ' \t'));
    at = value.end;
    // A parameter before any scheme belongs to nothing.
    if (params?.has(word) === false) params.set(word, value.text);
  }
}

function readValue(text: string, start: number): { readonly text: string; readonly end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== ',' && text[end] !== ' ' && text[end] !== '\t') end += 1;
    return { text: text.slice(start, end), end };
  }
  let value = '';
  let at = start + 1;
  for (; at < text.length && text[at] !== '"'; at += 1) {
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    value += text[at];
  }
  return { text: value, end: at + 1 };
}

function skip(text: string, start: number, characters: string): number {
  let at = start;
  while (at < text.length && characters.includes(text[at] ?? '')) at += 1;
  return at;
}

/** RFC 9110, section 5.6.2. */
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]/;

function skipToken(text: string, start: number): number {
  let at = start;
  while (at < text.length && TOKEN.test(text[at] ?? '')) at += 1;
  return at;
}
