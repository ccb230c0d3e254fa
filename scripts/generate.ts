import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: JSONSchema };
    }[];
  };
}

/** A file that is made, never edited: its path from the root of the repository and its whole content. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
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

/** Every generated file of this repository, from what is in `crds/` now. Reads relative to the working directory. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const crds = (await readdir('crds')).filter((name) => name.endsWith('.yaml')).toSorted();
  const made = await Promise.all(
    crds.map(async (name) => typesOf(`crds/${name}`, await readFile(`crds/${name}`, 'utf8'))),
  );
  return made.flat();
}

if (import.meta.main) {
  await mkdir('src/api', { recursive: true });
  for (const { path, text } of await generatedFiles()) await writeFile(path, text);
}
