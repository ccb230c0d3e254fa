import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';
import type { Product } from '../src/check/products/product.ts';
import { chartFiles, type GeneratedFile } from './charts.ts';
import { coverageOf, printedOf, type Products } from './coverage.ts';
import { productPages } from './products.ts';
import { troubleshootingPage } from './troubleshooting.ts';

export type { GeneratedFile };

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: JSONSchema };
    }[];
  };
}

/**
 * The TypeScript types of each version of a CustomResourceDefinition: one file a version, descriptions as doc comments.
 * The same `text` gives the same bytes. Throws where `text` is no such YAML.
 */
export async function typesOf(file: string, text: string): Promise<readonly GeneratedFile[]> {
  const { names, versions } = (parse(text) as Crd).spec;
  return Promise.all(
    versions.map(async ({ name, schema }) => ({
      path: `src/api/${name}.gen.ts`,
      text: await compile(schema.openAPIV3Schema, names.kind, {
        additionalProperties: false,
        bannerComment: `// Generated from ${file} by "npm run generate". Do not edit.`,
        ignoreMinAndMaxItems: true,
        style: { singleQuote: true, printWidth: 110 },
      }),
    })),
  );
}

/** The fields that each version of a CustomResourceDefinition has, by which the operator sees whether the installed one is older. */
export function fieldListsOf(file: string, text: string): readonly GeneratedFile[] {
  return (parse(text) as Crd).spec.versions.map(({ name, schema }) => {
    const lines = leavesOf(schema.openAPIV3Schema).map((path) => `  '${path}',\n`);
    return {
      path: `src/api/${name}-fields.gen.ts`,
      text:
        `// Generated from ${file} by "npm run generate". Do not edit.\n\n` +
        `/** Every field, as a path; lists are passed through. */\nexport const FIELDS: readonly string[] = [\n${lines.join('')}];\n`,
    };
  });
}

function leavesOf({ properties, items }: JSONSchema): readonly string[] {
  if (items !== undefined && !Array.isArray(items)) return leavesOf(items);
  return Object.entries(properties ?? {}).flatMap(([name, field]) => {
    const below = leavesOf(field);
    return below.length === 0 ? [name] : below.map((path) => `${name}.${path}`);
  });
}

/** Every generated file of this repository, from what is in `crds/` now. Reads relative to the working directory. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const names = (await readdir('crds')).filter((name) => name.endsWith('.yaml')).toSorted();
  const crds = await Promise.all(
    names.map(async (name) => [name, await readFile(`crds/${name}`, 'utf8')] as const),
  );
  const made = await Promise.all(
    crds.map(async ([name, text]) => {
      const file = `crds/${name}`;
      return [...(await typesOf(file, text)), ...fieldListsOf(file, text)];
    }),
  );
  const products = await readProducts();
  const list = productList(Object.keys(products));
  const pages = [...(await productPages(products)), await troubleshootingPage(products)];
  return [...made.flat(), list, ...pages, ...(await chartFiles(Object.fromEntries(crds)))];
}

/** Files of `src/check/products` that are no product. */
const NO_PRODUCT: readonly string[] = ['all.gen.ts', 'product.ts'];

/** What is in the files of `src/check/products` now, whether the generated list names them or not. */
export async function readProducts(): Promise<Products> {
  const files = (await readdir('src/check/products')).filter((name) => name.endsWith('.ts'));
  const ids = files.filter((name) => !NO_PRODUCT.includes(name)).map((name) => name.slice(0, -'.ts'.length));
  const read = ids.toSorted().map(async (id) => {
    const { PRODUCT } = (await import(`../src/check/products/${id}.ts`)) as { readonly PRODUCT: Product };
    return [id, PRODUCT] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** The table of all products, by the names of their files: who adds one writes a file, and no second place. */
function productList(ids: readonly string[]): GeneratedFile {
  const constant = (id: string): string => id.toUpperCase().replaceAll('-', '_');
  const text = [
    '// Generated from the files of src/check/products by "npm run generate". Do not edit.',
    '',
    ...ids.map((id) => `import { PRODUCT as ${constant(id)} } from './${id}.ts';`),
    '',
    '/** Every product, by the name of its file. */',
    'export const PRODUCTS = {',
    ...ids.map((id) => `  ${/-/.test(id) ? `'${id}'` : id}: ${constant(id)},`),
    '} as const;',
    '',
    '/** A product: a key of {@link PRODUCTS}. */',
    'export type ProductId = keyof typeof PRODUCTS;',
    '',
  ];
  return { path: 'src/check/products/all.gen.ts', text: text.join('\n') };
}

if (import.meta.main) {
  for (const folder of ['src/api', 'docs/registries']) await mkdir(folder, { recursive: true });
  for (const { path, text } of await generatedFiles()) await writeFile(path, text);
  console.log(printedOf(coverageOf(await readProducts())));
}
