import { readFile, rm } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';

/**
 * The Kubernetes client does not declare that its modules have no side effects, so everything that its index names
 * would be bundled. We use its kubeconfig alone.
 */
const onlyWhatIsUsed: Plugin = {
  name: 'only-what-is-used',
  setup: (bundler) => {
    bundler.onResolve({ filter: /./ }, async ({ path, pluginData, ...where }) => {
      if (pluginData === 'resolving') return undefined;
      const found = await bundler.resolve(path, { ...where, pluginData: 'resolving' });
      return found.path.includes('/@kubernetes/client-node/') ? { ...found, sideEffects: false } : found;
    });
  },
};

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
await rm('dist', { recursive: true, force: true });
const result = await build({
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
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
  plugins: [onlyWhatIsUsed],
  define: { PRODUCT_VERSION: JSON.stringify(version) },
  external: ['bufferutil', 'utf-8-validate'],
  // CommonJS dependencies (winston, form-data) call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
  },
});
for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  if (file.endsWith('.js')) process.stdout.write(`${file} ${String(Math.round(bytes / 1024))} KiB\n`);
}
