import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runProcess } from '../../../test/support/processes.ts';
import type { Question } from './ask.ts';

/** What crane needs besides the question. */
export interface Pusher {
  /** Path of crane. */
  readonly crane: string;
  /** A folder for the images and configurations. */
  readonly dir: string;
  /** File with the authority of the servers' certificates. */
  readonly authorityFile: string;
}

/** What crane says where a registry, or its own rules for names, refused. Anything else, such as a broken connection, is no verdict. */
const REFUSED = /unexpected status code 4\d\d|UNAUTHORIZED|DENIED|UNSUPPORTED|could not parse reference/;

/**
 * A real push of a small image that no registry has seen before, with the very docker configuration that the check reads; false
 * where it was refused.
 * @throws Error where crane got no answer to go by
 */
export async function push(
  { host, repository, dockerConfig }: Question,
  { crane, dir, authorityFile }: Pusher,
): Promise<boolean> {
  await mkdir(dir, { recursive: true });
  const own = await mkdtemp(join(dir, 'push-'));
  const layer = join(own, 'layer.tar.gz');
  await writeFile(layer, gzipSync(tarOf('random', randomBytes(64))));
  await writeFile(join(own, 'config.json'), dockerConfig ?? '{}', { mode: 0o600 });
  const { code, stderr } = await runProcess({
    name: 'crane',
    file: crane,
    args: ['append', '-f', layer, '-t', `${host}/${repository}:agreement`],
    env: { HOME: own, DOCKER_CONFIG: own, SSL_CERT_FILE: authorityFile, PATH: '/usr/bin:/bin' },
  });
  if (code !== 0 && !REFUSED.test(stderr)) throw new Error(`crane got no answer from ${host}:\n${stderr}`);
  return code === 0;
}

/** An archive of one file (POSIX ustar: header of 512 bytes, data in blocks of 512, two empty blocks). */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  const fields: readonly (readonly [number, string])[] = [
    [0, name],
    [100, octal(0o644, 8)],
    [108, octal(0, 8)],
    [116, octal(0, 8)],
    [124, octal(content.length, 12)],
    [136, octal(0, 12)],
    [148, ' '.repeat(8)],
    [156, '0'],
    [257, 'ustar\u000000'],
  ];
  for (const [offset, text] of fields) header.write(text, offset, 'latin1');
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
    'latin1',
  );
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
