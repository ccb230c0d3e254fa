import { readFileSync } from 'node:fs';
import type { Command } from 'commander';

/** Set by the bundler; absent where the sources run as they are. */
declare const PRODUCT_VERSION: string | undefined;

/** The product's version (package.json, semver). */
export const version: string =
  typeof PRODUCT_VERSION === 'string'
    ? PRODUCT_VERSION
    : readVersion(new URL('../../package.json', import.meta.url));

function readVersion(file: URL): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own package.json
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** `registry-push-check version`. */
export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .action(() => void process.stdout.write(`${version}\n`));
}
