import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tell } from './exit.ts';
import { UsageError } from './check-options.ts';

/** Largest file that is read, in bytes. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Largest password or token that is read, in bytes. */
const MAX_SECRET_BYTES = 64 * 1024;

/**
 * Reads a file of the command line as text; `-` is stdin.
 * @param what the option, for messages
 * @throws UsageError where it cannot be read, the signal's reason where it aborts
 */
export async function readText(path: string, what: string, signal: AbortSignal): Promise<string> {
  if (path !== '-') return decode(await readBytes(path, what), `${what} ${JSON.stringify(path)}`);
  if (process.stdin.isTTY) tell('reading checks from the terminal: Ctrl-D ends them');
  return decode(await readStdin(MAX_FILE_BYTES, 'the file on stdin', signal), 'the file on stdin');
}

/** Reads a docker configuration; of a folder, its config.json. @throws UsageError where it cannot be read */
export async function readDockerFile(
  path: string,
): Promise<{ readonly path: string; readonly text: string }> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, 'config.json') : path;
  const what = '--docker-config';
  return { path: file, text: decode(await readBytes(file, what), `${what} ${JSON.stringify(file)}`) };
}

async function readBytes(path: string, what: string): Promise<Buffer> {
  try {
    const bytes = await readFile(path);
    if (bytes.length <= MAX_FILE_BYTES) return bytes;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError([`cannot read ${what} ${JSON.stringify(path)} (${code})`]);
  }
  throw new UsageError([`${what} ${JSON.stringify(path)} is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB`]);
}

/**
 * Reads all of stdin as a password or a token, without the one line break at its end that `echo` adds.
 * @throws UsageError where there is none, the signal's reason where it aborts
 */
export async function readSecretText(what: 'password' | 'token', signal: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) tell(`reading the ${what} from the terminal, which shows it: Ctrl-D ends it`);
  const bytes = await readStdin(MAX_SECRET_BYTES, `the ${what} on stdin`, signal);
  const text = decode(bytes, `the ${what} on stdin`).replace(/\r?\n$/, '');
  if (text === '') throw new UsageError([`there is no ${what} on stdin`]);
  return text;
}

async function readStdin(maxBytes: number, what: string, signal: AbortSignal): Promise<Buffer> {
  const { stdin } = process;
  const stop = (): void => void stdin.destroy(new Error('stopped'));
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk);
      length += bytes.length;
      if (length > maxBytes) throw new UsageError([`${what} is larger than ${maxBytes / 1024} KiB`]);
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError([`${what} is not UTF-8 text`]);
  }
}
