import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundledPackages, licenceTexts } from './licences.ts';

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
const crd = await readFile('crds/registrypushchecks.yaml', 'utf8');
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
  define: { PRODUCT_VERSION: JSON.stringify(version), PRODUCT_CRD: JSON.stringify(crd) },
  external: ['bufferutil', 'utf-8-validate'],
  // CommonJS dependencies (winston, form-data) call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
  },
});
const packages = bundledPackages(Object.keys(result.metafile.inputs));
await writeFile(join(fresh, 'THIRD-PARTY-LICENSES.txt'), await licenceTexts(packages));
// Where the bundle lies alone, nothing else says that it is made of modules.
await writeFile(join(fresh, 'package.json'), '{"type":"module"}\n');
await rm('dist', { recursive: true, force: true });
await rename(fresh, 'dist');
for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  if (file.endsWith('.js'))
    process.stdout.write(`${file.replace(fresh, 'dist')} ${String(Math.round(bytes / 1024))} KiB\n`);
}
