import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { VERSION_ANNOTATION, type Crd } from '../../src/cli/crd.ts';
import { CRD_FILE } from '../api/crd.ts';
import { runProcess } from '../support/processes.ts';

/** One version of the product: what is installed, and what its image holds. */
export interface Product {
  readonly version: string;
  /** Folder of the chart of the operator. */
  readonly chart: string;
  /** Name of the image with its tag. */
  readonly image: string;
  /** Folder of the bundle in that image. */
  readonly dist: string;
}

const CHART = 'charts/registry-push-check';

/** The version of this repository. */
export async function currentProduct(): Promise<Product> {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
  return { version, chart: CHART, image: imageOf(version), dist: join(process.cwd(), 'dist') };
}

/**
 * Makes another version below the folder `dir`: a chart and a bundle whose kind says this version and has the fields of spec
 * that `change` leaves, all else as it is here.
 */
export async function buildProduct(
  dir: string,
  version: string,
  change: (fields: Record<string, unknown>) => void,
): Promise<Product> {
  const chart = join(dir, CHART);
  for (const path of ['src', 'scripts/build.ts', 'scripts/licences.ts', 'tsconfig.json', CHART])
    await cp(path, join(dir, path), { recursive: true });
  await symlink(join(process.cwd(), 'node_modules'), join(dir, 'node_modules'));
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Readonly<Record<string, unknown>>;
  await writeFile(join(dir, 'package.json'), JSON.stringify({ ...manifest, version }));
  const about = parse(await readFile(join(chart, 'Chart.yaml'), 'utf8')) as Readonly<Record<string, unknown>>;
  await writeFile(join(chart, 'Chart.yaml'), stringify({ ...about, version, appVersion: version }));
  const crd = stringify(await changed(version, change));
  await mkdir(join(dir, 'crds'));
  for (const path of [CRD_FILE, join(CHART, CRD_FILE)]) await writeFile(join(dir, path), crd);

  const args = ['scripts/build.ts'];
  const built = await runProcess({ name: 'build', file: process.execPath, args, cwd: dir });
  if (built.code !== 0) throw new Error(built.stderr);
  return { version, chart, image: imageOf(version), dist: join(dir, 'dist') };
}

function imageOf(version: string): string {
  return `stella-ops/registry-push-check:${version}`;
}

async function changed(version: string, change: (fields: Record<string, unknown>) => void): Promise<Crd> {
  const crd = parse(await readFile(CRD_FILE, 'utf8')) as Crd;
  change(fieldsOf(crd));
  return { ...crd, metadata: { ...crd.metadata, annotations: { [VERSION_ANNOTATION]: version } } };
}

/** The fields of spec that a kind has, by name. */
export function fieldsOf({ spec }: Pick<Crd, 'spec'>): Record<string, unknown> {
  type Schema = { readonly properties: Record<string, Schema & Record<string, unknown>> };
  const [latest] = spec['versions'] as unknown as [{ readonly schema: { readonly openAPIV3Schema: Schema } }];
  return latest.schema.openAPIV3Schema.properties['spec']?.properties ?? {};
}
