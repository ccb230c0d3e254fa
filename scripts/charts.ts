import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, parse, parseDocument, type Pair, type YAMLMap } from 'yaml';

/** A file that is made, never edited: its path from the root of the repository and its whole content. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** One value of a chart: its path, its default as YAML in one line, and what the comment above it says. */
export interface ChartValue {
  readonly path: string;
  readonly initial: string;
  readonly meaning: string;
}

/** The chart of the operator, and the one of many checks. */
export const CHARTS = ['registry-push-check', 'registry-push-checks'] as const;

/**
 * What the charts have from elsewhere: the CRD, the fields of a check in the schema of the values, and the table of values in
 * each README. `crds` maps file names in `crds/` to their texts. Reads relative to the working directory.
 */
export async function chartFiles(crds: Readonly<Record<string, string>>): Promise<readonly GeneratedFile[]> {
  const copies = Object.entries(crds).map(([name, text]) => ({
    path: `charts/registry-push-check/crds/${name}`,
    text,
  }));
  const own = await Promise.all(
    CHARTS.map(async (chart) => {
      const at = (name: string): string => `charts/${chart}/${name}`;
      const read = (name: string): Promise<string> => readFile(at(name), 'utf8');
      const schema = withSpec(await read('values.schema.json'), crds['registrypushchecks.yaml'] ?? '');
      const readme = withTable(await read('README.md'), valuesOf(await read('values.yaml')));
      return [
        { path: at('values.schema.json'), text: schema },
        { path: at('README.md'), text: readme },
      ];
    }),
  );
  return [...copies, ...own.flat()];
}

/** The schema of a chart's values (JSON) with the definition `spec` made from the kind's. Its rules in CEL stay with the API server. */
export function withSpec(schema: string, crd: string): string {
  const { spec } = parse(crd) as {
    readonly spec: {
      readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Structural } }];
    };
  };
  const kind = spec.versions[0].schema.openAPIV3Schema.properties?.['spec'] ?? {};
  const { required: _, ...fields } = jsonSchemaOf(kind);
  const values = JSON.parse(schema) as { readonly definitions: Readonly<Record<string, unknown>> };
  const definitions = { ...values.definitions, spec: fields };
  return `${JSON.stringify({ ...values, definitions }, undefined, 2)}\n`;
}

/** A structural schema of a CustomResourceDefinition, as far as it is looked at here. */
interface Structural {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Structural>>;
  readonly items?: Structural;
  readonly [keyword: string]: unknown;
}

/** What JSON Schema (draft-07) and OpenAPI v3 share; an object takes no key that it does not name. */
const SHARED: ReadonlySet<string> = new Set([
  'description',
  'type',
  'required',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
]);

function jsonSchemaOf({ properties, items, ...rest }: Structural): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(rest).filter(([keyword]) => SHARED.has(keyword)));
  const fields = Object.entries(properties ?? {}).map(
    ([name, field]) => [name, jsonSchemaOf(field)] as const,
  );
  return {
    ...kept,
    ...(items === undefined ? {} : { items: jsonSchemaOf(items) }),
    ...(properties === undefined
      ? {}
      : { additionalProperties: false, properties: Object.fromEntries(fields) }),
  };
}

/** Every value of a `values.yaml`, in its order. A map whose keys have no comments is one value. Throws where one has no comment. */
export function valuesOf(text: string): readonly ChartValue[] {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error('values.yaml must be a map');
  return contents.items.flatMap((pair, at) => below(pair, '', at === 0 ? contents : undefined));
}

/** The comment above the first key of a map is the map's own, as the parser has it: `first` is that map. */
function below({ key, value }: Pair, prefix: string, first?: YAMLMap): readonly ChartValue[] {
  if (!isScalar(key)) throw new Error('values.yaml: a key must be a word');
  const path = `${prefix}${String(key.value)}`;
  if (isMap(value) && hasComments(value)) {
    return value.items.flatMap((inner, at) => below(inner, `${path}.`, at === 0 ? value : undefined));
  }
  const meaning = lastParagraph(key.commentBefore ?? first?.commentBefore ?? '');
  if (meaning === '') throw new Error(`values.yaml: ${path} has no comment`);
  return [{ path, initial: oneLine(isNode(value) ? value.toJSON() : value), meaning }];
}

function hasComments({ commentBefore, items }: YAMLMap): boolean {
  return (
    Boolean(commentBefore) ||
    items.some(
      ({ key, value }) => (isNode(key) && Boolean(key.commentBefore)) || (isMap(value) && hasComments(value)),
    )
  );
}

function lastParagraph(comment: string): string {
  const lines = (comment.split(/\n\s*\n/).at(-1) ?? '').split('\n');
  return lines.map((line) => line.trim()).join(' ');
}

/** JSON is YAML; words need no quotes. */
function oneLine(value: unknown): string {
  return typeof value === 'string' && /^[a-z][\w./-]*$/i.test(value) ? value : JSON.stringify(value);
}

const TABLE = /(<!-- values: npm run generate -->\n)[\s\S]*?(<!-- end of values -->)/;

/** The text of a README with the table between its marks made anew. Throws where it has no marks. */
export function withTable(readme: string, values: readonly ChartValue[]): string {
  if (!TABLE.test(readme)) throw new Error('the README of a chart has no place for the table of values');
  const rows = values.map(
    ({ path, initial, meaning }) => `| \`${path}\` | \`${initial}\` | ${cell(meaning)} |\n`,
  );
  const table = `| value | default | meaning |\n| --- | --- | --- |\n${rows.join('')}`;
  return readme.replace(TABLE, (_, before: string, after: string) => `${before}\n${table}\n${after}`);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
