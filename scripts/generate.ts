import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';
import { chartFiles, type GeneratedFile } from './charts.ts';

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
  return [...made.flat(), ...(await chartFiles(Object.fromEntries(crds)))];
}

if (import.meta.main) {
  await mkdir('src/api', { recursive: true });
  for (const { path, text } of await generatedFiles()) await writeFile(path, text);
}
