import { inspect } from 'node:util';

/** How many values and how many characters are looked at: above that the search would take longer than the probe. */
const MOST_VALUES = 10_000;
const MOST_CHARACTERS = 1_000_000;

/**
 * Every text that printing a value could show: its strings and names at any depth, hidden ones among them, and what each object in
 * it prints of itself. No getter is called. Undefined where there are too many of them.
 */
export function textsIn(value: unknown): readonly string[] | undefined {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  const waiting: unknown[] = [value];
  let characters = 0;
  const see = (text: string): void => {
    texts.push(text);
    characters += text.length;
  };
  for (let values = 0; waiting.length > 0; values += 1) {
    const next = waiting.pop();
    if (typeof next === 'string') see(next);
    if (typeof next === 'symbol') see(next.description ?? '');
    if (isObject(next) && !seen.has(next)) {
      seen.add(next);
      const bytes = bytesOf(next);
      if ((bytes?.length ?? 0) > MOST_CHARACTERS || sizeOf(next) > MOST_VALUES) return undefined;
      const parts = bytes === undefined ? partsOf(next) : [bytes.toString('utf8')];
      if (parts.some((part) => typeof part === 'string' && part.length > MOST_CHARACTERS)) return undefined;
      if (parts.length > 3 * MOST_VALUES) return undefined;
      if (bytes === undefined) see(printed(next));
      for (const part of parts) waiting.push(part);
    }
    if (values > MOST_VALUES || waiting.length > 3 * MOST_VALUES || characters > MOST_CHARACTERS)
      return undefined;
  }
  return texts;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function sizeOf(value: object): number {
  if (Array.isArray(value)) return value.length;
  return value instanceof Map || value instanceof Set ? value.size : 0;
}

function bytesOf(value: object): Buffer | undefined {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : undefined;
}

/** What an object says of itself, such as the stack of an error or a URL; what is in it is looked at by itself. */
function printed(value: object): string {
  // oxlint-disable-next-line unicorn/no-null -- Node's word for "all of it"
  return inspect(value, { depth: 0, showHidden: true, maxArrayLength: null, maxStringLength: null });
}

function partsOf(value: object): readonly unknown[] {
  const members = Reflect.ownKeys(value).flatMap((key): unknown[] => [
    key,
    Object.getOwnPropertyDescriptor(value, key)?.value,
  ]);
  const held: unknown[] = value instanceof Map || value instanceof Set ? [...value.entries()].flat() : [];
  return [...members, ...held];
}
