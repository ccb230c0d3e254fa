import { readFileSync } from 'node:fs';
import { Ajv, type AnySchema } from 'ajv';
import { parse } from 'yaml';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';

type Node = Readonly<Record<string, unknown>>;

/** RFC 3339 in UTC and whole seconds: what the API server makes of every time. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

const validate = new Ajv({
  allErrors: true,
  strict: false,
  formats: { int32: true, int64: true, 'date-time': TIME },
}).compile(closed(statusSchema()) as AnySchema);

/**
 * What the API server would refuse in a status (the schema of crds/), or drop (fields that the schema does not know), and
 * what nobody should write: undefined, null and empty lists.
 */
export function statusProblems(status: RegistryPushCheckStatus): readonly string[] {
  void validate(status);
  const refused = (validate.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath}: ${message ?? ''}`,
  );
  const twice = [status.conditions, status.findings]
    .map((list) => (list ?? []).map(({ type }) => type))
    .filter((types) => new Set(types).size < types.length)
    .map((types) => `a type occurs twice: ${types.join(', ')}`);
  return [...refused, ...twice, ...empties(status, '')];
}

function statusSchema(): Node {
  const crd = parse(readFileSync('crds/registrypushchecks.yaml', 'utf8')) as {
    readonly spec: {
      readonly versions: readonly [
        { readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly status: Node } } } },
      ];
    };
  };
  return crd.spec.versions[0].schema.openAPIV3Schema.properties.status;
}

/** The schema without room for fields that it does not name. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const inner = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  return 'properties' in inner ? { ...inner, additionalProperties: false } : inner;
}

function empties(value: unknown, path: string): string[] {
  if (value === undefined || value === null) return [`${path}: ${String(value)}`];
  if (Array.isArray(value) && value.length === 0) return [`${path}: an empty list`];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => empties(inner, `${path}/${key}`));
}
