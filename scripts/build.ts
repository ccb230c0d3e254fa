import { readFile, rename, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
// Built beside the old one and then renamed: for an operator that starts meanwhile, files are missing as briefly as can be.
const fresh = `dist.${process.pid}`;
const result = await build({
  entryPoints: ['src/cli.ts'],
  outdir: fresh,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'linked',
  metafile: true,
  define: { PRODUCT_VERSION: JSON.stringify(version) },
  external: ['bufferutil', 'utf-8-validate'],
  // CommonJS dependencies (winston, form-data) call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
  },
});
await rm('dist', { recursive: true, force: true });
await rename(fresh, 'dist');
for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  if (file.endsWith('.js'))
    process.stdout.write(`${file.replace(fresh, 'dist')} ${String(Math.round(bytes / 1024))} KiB\n`);
}
