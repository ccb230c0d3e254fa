import { writeFileSync } from 'node:fs';

/**
 * For tests alone, by `node --import`: on SIGUSR2 the process meets the end that `CRASH` names, with the text of `CRASH_WITH` in
 * everything that could be printed of it.
 */
const { CRASH: how = '', CRASH_WITH: text = '' } = process.env;

/** An error as HTTP clients throw it: the login is in its message, its fields, its cause and the frames' neighbourhood. */
function leaky(): Error {
  const headers = { Authorization: `Basic ${Buffer.from(`ci:${text}`).toString('base64')}` };
  return Object.assign(new TypeError(`cannot send ${text}`, { cause: new Error(text) }), {
    code: text,
    config: { headers, auth: { password: text }, data: text },
    request: { _header: `POST / HTTP/1.1\r\nAuthorization: ${headers.Authorization}` },
    errors: [new Error(text)],
    toJSON: () => ({ headers }),
  });
}

/** Takes memory until V8 gives up. */
function exhaust(secret: string): void {
  const kept: string[][] = [];
  for (let n = 0; ; n += 1) kept.push([...`${secret}${String(n)}`.repeat(1000)]);
}

const ENDS: Readonly<Record<string, () => void>> = {
  throw: () => {
    throw leaky();
  },
  'throw later': () =>
    void setTimeout(() => {
      throw leaky();
    }),
  'throw a text': () => {
    // oxlint-disable-next-line typescript/only-throw-error -- libraries do
    throw text;
  },
  reject: () => void Promise.reject(leaky()),
  'reject with several': () => void Promise.reject(new AggregateError([leaky()], text)),
  exhaust: () => exhaust(text),
  // No end: what a search has to find.
  tell: () => {
    process.stdout.write(`${text}\n`);
    console.error(leaky());
    writeFileSync('report.json', JSON.stringify({ heap: Buffer.from(text).toString('hex') }));
  },
};

process.on('SIGUSR2', () => ENDS[how]?.());
