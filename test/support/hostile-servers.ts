import type { Socket } from 'node:net';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { NetworkCause } from '../../src/registry/failure.ts';
import { answer, large, raw, type Reply } from './scripted-registry.ts';

/** Something that no registry says, in place of the answer to one request. */
export interface Hostile {
  readonly name: string;
  /** The rule of docs/security.md that it is about: time and number (M1), size of the body (M2), packed bodies (M3), challenges (M6). */
  readonly rule: 'M1' | 'M2' | 'M3' | 'M6';
  /** Made anew for each use: some of them count. */
  readonly reply: () => Reply;
  /**
   * What comes of it without a deadline: the cause of a failure, or the status of the answer that it is taken for.
   * `deadline` means that nothing but the deadline ends it.
   */
  readonly expected: NetworkCause | number;
}

type Row = Omit<Hostile, 'rule'>;

/** The largest header that Node reads, in bytes: more ends the request (Node docs, `http.maxHeaderSize`). */
const NODE_HEADER_BYTES = 16_384;

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** A status that means the same to every request, so that a table can use it anywhere. */
const BUSY = 'HTTP/1.1 503 Busy\r\n';

/** A body of 200 MB when unpacked; 200 kB as gzip. */
const ZEROS = 200_000_000;

/** `text`, packed behind so many zeros that unpacking it would show in memory. */
function packed(how: 'gzip' | 'br'): Buffer {
  const zeros = Buffer.alloc(ZEROS);
  return how === 'gzip'
    ? gzipSync(zeros, { level: 9 })
    : brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

const made = new Map<string, Buffer>();

/** An answer with a bomb: packing it takes a second, so it is done once. */
function bomb(how: 'gzip' | 'br', status: number): Reply {
  const body = made.get(how) ?? packed(how);
  made.set(how, body);
  return answer(status, { 'Content-Encoding': how, 'Content-Type': 'application/json' }, body);
}

/** The bytes first, then the same again and again for as long as anybody reads. */
export function flood(first: string, again: string): Reply {
  return ({ socket }) => {
    if (socket === null) return;
    socket.on('error', () => undefined);
    socket.write(first);
    pour(socket, again.repeat(Math.ceil(65_536 / again.length)));
  };
}

function pour(socket: Socket, bytes: string): void {
  const more = (): void => {
    // In turns: a flood must not keep the test itself from running.
    if (!socket.destroyed && socket.write(bytes)) setImmediate(more);
  };
  socket.on('drain', more);
  more();
}

/** These bytes, one after the other, then silence: whoever waits for the end of them waits for ever. */
export function dripping(bytes: string, everyMs = 2): Reply {
  return ({ socket }) => {
    if (socket === null) return;
    socket.on('error', () => undefined);
    let at = 0;
    const timer = setInterval(() => {
      if (at < bytes.length) socket.write(bytes[at] ?? '');
      at += 1;
    }, everyMs);
    socket.once('close', () => clearInterval(timer));
  };
}

/** These bytes at once, and then neither more nor an end. */
export function silentAfter(bytes: string): Reply {
  return ({ socket }: ServerResponse) => void socket?.write(bytes);
}

/** A header line of so many bytes. */
function line(bytes: number): string {
  return `X-Large: ${'a'.repeat(bytes - 'X-Large: \r\n'.length)}\r\n`;
}

/** Too much, in headers. */
const HEADERS: readonly Row[] = [
  {
    name: 'a header of 16 kB',
    reply: () => raw(`${BUSY}${line(NODE_HEADER_BYTES)}\r\n`),
    expected: 'protocol',
  },
  {
    name: '64 header lines of 4 kB',
    reply: () => raw(`${BUSY}${line(4096).repeat(64)}\r\n`),
    expected: 'protocol',
  },
  {
    name: 'a thousand short headers',
    reply: () => raw(`${BUSY}${'X: y\r\n'.repeat(1000)}Content-Length: 0\r\n\r\n`),
    expected: 503,
  },
  { name: 'endless headers', reply: () => flood(BUSY, 'X: y\r\n'), expected: 'protocol' },
  { name: 'an endless header name', reply: () => flood(BUSY, 'x'), expected: 'protocol' },
  { name: 'an endless header value', reply: () => flood(`${BUSY}X: `, 'x'), expected: 'protocol' },
  { name: 'an endless reason phrase', reply: () => flood('HTTP/1.1 503 ', 'x'), expected: 'protocol' },
  { name: 'a NUL in a header', reply: () => raw(`${BUSY}X: a\0b\r\n\r\n`), expected: 'protocol' },
  { name: 'a header of a folded line', reply: () => raw(`${BUSY}X: a\r\n b\r\n\r\n`), expected: 'protocol' },
  { name: 'a header without a colon', reply: () => raw(`${BUSY}nonsense\r\n\r\n`), expected: 'protocol' },
];

/** Too much, in bodies. */
const BODIES: readonly Row[] = [
  { name: 'an endless body', reply: () => flood(`${OK}\r\n`, 'x'), expected: 'body-too-large' },
  {
    name: 'an endless body in chunks',
    reply: () => flood(CHUNKED, '1\r\nx\r\n'),
    expected: 'body-too-large',
  },
  { name: 'a body of one byte more than is read', reply: () => large(65_537), expected: 'body-too-large' },
  {
    name: 'chunk extensions without an end',
    reply: () => flood(`${CHUNKED}1;`, 'x'),
    expected: 'protocol',
  },
  {
    name: 'trailers without an end',
    reply: () => flood(`${CHUNKED}0\r\n`, 'X: y\r\n'),
    expected: 'protocol',
  },
];

/** Packed bodies: what would be much is little on the wire, and is taken for what it is there. */
const BOMBS: readonly Row[] = [
  { name: '200 MB in 200 kB of gzip', reply: () => bomb('gzip', 503), expected: 'body-too-large' },
  { name: '200 MB in a little brotli', reply: () => bomb('br', 503), expected: 503 },
  {
    name: 'what only claims to be packed',
    reply: () => answer(503, { 'Content-Encoding': 'gzip, br, deflate, zstd' }, 'not packed'),
    expected: 503,
  },
];

/** Too many challenges, and broken ones. Nobody is to ask by them: the status is none of a challenge. */
const CHALLENGES: readonly Row[] = [
  {
    name: 'a thousand challenges',
    reply: () => answer(503, { 'WWW-Authenticate': Array<string>(1000).fill('B') }),
    expected: 'protocol',
  },
  {
    name: 'challenges of 12 kB in one line',
    reply: () => answer(503, { 'WWW-Authenticate': 'Bearer a="'.repeat(1200) }),
    expected: 503,
  },
];

/** Lengths and chunks that are lies. */
const LENGTHS: readonly Row[] = [
  {
    name: 'a length that is too long, and the end',
    reply: () => raw(`${BUSY}Content-Length: 9\r\n\r\nx`),
    expected: 'reset',
  },
  {
    name: 'a length that is too long, and no end',
    reply: () => silentAfter(`${BUSY}Content-Length: 9\r\n\r\nx`),
    expected: 'deadline',
  },
  {
    name: 'a length that is too short',
    reply: () => raw(`${BUSY}Content-Length: 1\r\n\r\nxxxxxxxxx`),
    expected: 'protocol',
  },
  { name: 'a negative length', reply: () => raw(`${BUSY}Content-Length: -1\r\n\r\n`), expected: 'protocol' },
  {
    name: 'a length of more than 64 bits',
    reply: () => raw(`${BUSY}Content-Length: 99999999999999999999\r\n\r\n`),
    expected: 'protocol',
  },
  {
    name: 'two lengths that differ',
    reply: () => raw(`${BUSY}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`),
    expected: 'protocol',
  },
  {
    name: 'a length and chunks at once',
    reply: () => raw(`${BUSY}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    expected: 'protocol',
  },
  { name: 'a chunk size that is none', reply: () => raw(`${CHUNKED}zz\r\n`), expected: 'protocol' },
  { name: 'a negative chunk size', reply: () => raw(`${CHUNKED}-1\r\nx\r\n`), expected: 'protocol' },
  {
    name: 'a chunk size of more than 64 bits',
    reply: () => raw(`${CHUNKED}fffffffffffffffff\r\nx\r\n`),
    expected: 'protocol',
  },
  {
    name: 'a chunk that is longer than it says',
    reply: () => raw(`${CHUNKED}1\r\nxxxxx\r\n`),
    expected: 'protocol',
  },
];

/** What is not the protocol that was asked for. */
const PROTOCOLS: readonly Row[] = [
  { name: 'HTTP/0.9', reply: () => raw('<html>hello</html>'), expected: 'protocol' },
  {
    name: 'the preface of HTTP/2',
    reply: () => raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    expected: 'protocol',
  },
  {
    name: 'settings of HTTP/2',
    reply: () => raw(Buffer.from('000000040000000000', 'hex')),
    expected: 'protocol',
  },
  { name: 'another protocol', reply: () => raw('220 mail.example ESMTP\r\n'), expected: 'protocol' },
  {
    name: 'noise',
    reply: () => raw(Buffer.from(Array.from({ length: 512 }, (_, n) => (n * 7) & 255))),
    expected: 'protocol',
  },
  {
    name: 'a 101 that nobody asked for',
    reply: () => silentAfter('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    expected: 'protocol',
  },
  ...[100, 102, 103].map((status) => ({
    name: `${status} without an end`,
    reply: () => flood('', `HTTP/1.1 ${status} Wait\r\n\r\n`),
    expected: 'protocol' as const,
  })),
  { name: 'empty lines without an end', reply: () => flood('', '\r\n'), expected: 'deadline' },
];

/** Ends that come too early. */
const ENDS: readonly Row[] = [
  { name: 'an end before the answer', reply: () => raw(''), expected: 'reset' },
  { name: 'an end within the status line', reply: () => raw('HTTP/1.1 50'), expected: 'reset' },
  { name: 'an end within the headers', reply: () => raw(`${BUSY}Content-`), expected: 'reset' },
  { name: 'an end within a chunk', reply: () => raw(`${CHUNKED}9\r\nx`), expected: 'reset' },
  { name: 'an end before the last chunk', reply: () => raw(`${CHUNKED}1\r\nx\r\n`), expected: 'reset' },
];

/** Everything that one answer can do to its reader, short of an answer. Whatever it is, one request gets one of these. */
export const HOSTILE: readonly Hostile[] = [
  ...of('M1', [...HEADERS, ...LENGTHS, ...PROTOCOLS, ...ENDS]),
  ...of('M2', BODIES),
  ...of('M3', BOMBS),
  ...of('M6', CHALLENGES),
];

function of(rule: Hostile['rule'], rows: readonly Row[]): readonly Hostile[] {
  return rows.map((row) => ({ ...row, rule }));
}

/** Answers that come slowly and never whole, by how far they get: the deadline alone ends them. */
export const DRIPS: readonly (readonly [at: string, reply: () => Reply])[] = [
  ['the status line', () => dripping('HTTP/1.1 200 OKKKKKKKKKKKKKK'.padEnd(4000, 'K'))],
  ['the headers', () => dripping(`${OK}X-Slow: `.padEnd(4000, 'a'))],
  ['the body', () => dripping(`${OK}Content-Length: 4000\r\n\r\n`.padEnd(4000, 'x'))],
  ['a chunk', () => dripping(`${CHUNKED}fff\r\n`.padEnd(4000, 'x'))],
];
