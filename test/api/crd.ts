import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** One node of a structural schema, as far as tests look at it. */
export interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: unknown;
  readonly pattern?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly 'x-kubernetes-validations'?: readonly {
    readonly message: string;
    readonly messageExpression?: string;
    readonly fieldPath: string;
  }[];
}

/** The CustomResourceDefinition, as far as tests look at it. */
export interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly [
      { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } },
    ];
  };
}

/** Path of the file from the root of the repository. */
export const CRD_FILE = 'crds/registrypushchecks.yaml';

/** Reads the CustomResourceDefinition of this repository. */
export async function readCrd(): Promise<Crd> {
  return parse(await readFile(CRD_FILE, 'utf8')) as Crd;
}

/** Every field below a schema with its path, items of lists as `[]`. */
export function* fieldsOf(schema: Schema, path = ''): Generator<readonly [path: string, field: Schema]> {
  if (schema.items !== undefined) {
    yield [`${path}[]`, schema.items];
    yield* fieldsOf(schema.items, `${path}[]`);
  }
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${name}`, field];
    yield* fieldsOf(field, `${path}.${name}`);
  }
}
