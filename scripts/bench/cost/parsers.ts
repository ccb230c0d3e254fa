import { parseChallenges } from '../../../src/registry/challenge.ts';
import { readDockerConfig } from '../../../src/registry/dockerconfig.ts';
import { parseErrorCodes } from '../../../src/registry/errors.ts';
import { parseRegistryUrl, type Registry } from '../../../src/registry/origin.ts';

/** One kind of input to one parser: how it is made, as long as is asked for, and what reads it. */
interface Input {
  readonly name: string;
  readonly make: (length: number) => string;
  readonly parse: (text: string) => unknown;
}

/** How long a parser takes with inputs of doubling length. */
export interface Growth {
  readonly name: string;
  /** Microseconds for each of {@link LENGTHS}. */
  readonly us: readonly number[];
  /** How often longer the longest takes than one of an eighth of its length: 8 where the time is linear. */
  readonly factor: number;
}

/** The lengths that are tried, in characters. */
export const LENGTHS = [2_000, 4_000, 8_000, 16_000, 32_000, 64_000] as const;

/** Eight times the input may take so often longer before it is called more than linear: time squared would be 64. */
const MOST = 16;

const AIM = { repeats: 7, leastMs: 2 } as const;

/** Whether the time grows no faster than the input, as far as a busy machine lets see. */
export function isLinear({ factor }: Growth): boolean {
  return factor <= MOST;
}

/** Measures every parser of text from outside. */
export function measureParsers(): readonly Growth[] {
  const registry = parseRegistryUrl('https://registry.example.com');
  if ('problem' in registry) throw new Error(registry.problem);
  return inputs(registry).map(({ name, make, parse }) => {
    const texts = LENGTHS.map(make);
    for (const text of texts) time(parse, text);
    const us = texts.map((text) => Math.min(...Array.from({ length: AIM.repeats }, () => time(parse, text))));
    const last = us.at(-1) ?? 0;
    const eighth = us.at(-4) ?? 1;
    return { name, us, factor: last / eighth };
  });
}

/** Microseconds of one call, from as many calls as a clock can tell apart. */
function time(parse: (text: string) => unknown, text: string): number {
  let calls = 0;
  const start = performance.now();
  let now = start;
  while (now - start < AIM.leastMs) {
    parse(text);
    calls += 1;
    now = performance.now();
  }
  return ((now - start) * 1000) / calls;
}

function inputs(registry: Registry): readonly Input[] {
  const repeat = (piece: string, before = '', after = '') => {
    return (length: number): string =>
      before + piece.repeat(Math.ceil((length - before.length - after.length) / piece.length)) + after;
  };
  const config = (text: string): unknown => readDockerConfig(text, registry, 'team/app');
  const challenge = (text: string): unknown => parseChallenges([text]);
  // A line has a limit; this is one header of many lines.
  const lines = (text: string): unknown => parseChallenges(text.match(/.{1,4000}/g) ?? []);
  return [
    { name: 'challenge: parameters', make: repeat('a="b",', 'Bearer '), parse: challenge },
    { name: 'challenge: escapes', make: repeat(String.raw`\"`, 'Bearer realm="'), parse: challenge },
    { name: 'challenge: commas and spaces', make: repeat(', ', 'Bearer'), parse: challenge },
    { name: 'challenge: many lines that never begin', make: repeat(' ,"=='), parse: lines },
    { name: 'dockerconfig: entries', make: entries, parse: config },
    { name: 'dockerconfig: one key with many parts', make: longKey, parse: config },
    { name: 'dockerconfig: wildcards', make: wildcards, parse: config },
    {
      name: 'dockerconfig: a long auth',
      make: repeat('QUFB', '{"auths":{"registry.example.com":{"auth":"Y2k6', '"}}}'),
      parse: config,
    },
    { name: 'dockerconfig: never ends', make: repeat('{"auths":'), parse: config },
    {
      name: 'error body: many errors',
      make: repeat('{"code":"DENIED"},', '{"errors":[', '{}]}'),
      parse: parseErrorCodes,
    },
    { name: 'error body: deep', make: repeat('[', '{"errors":'), parse: parseErrorCodes },
    {
      name: 'error body: a long message',
      make: repeat('\\u0041', '{"errors":[{"message":"', '"}]}'),
      parse: parseErrorCodes,
    },
  ];
}

function entries(length: number): string {
  const auth = Buffer.from('ci:password').toString('base64');
  const count = Math.ceil(length / 66);
  const list = Array.from({ length: count }, (_, index) => [`host-${index}.example.com/team`, { auth }]);
  return JSON.stringify({ auths: Object.fromEntries(list) as object });
}

function longKey(length: number): string {
  return JSON.stringify({
    auths: { [`registry.example.com/${'a/'.repeat(length / 2)}`]: { auth: 'Y2k6cHc=' } },
  });
}

function wildcards(length: number): string {
  return JSON.stringify({ auths: { [`${'*-*.'.repeat(length / 4)}example.com`]: { auth: 'Y2k6cHc=' } } });
}
