import { FIELDS } from '../api/v1alpha1-fields.gen.ts';
import { nearest } from '../nearest.ts';

/** Of a check itself. What is in metadata and status is not of the person who writes it. */
const TOP: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/** The names of the fields of `spec` or `spec.pull`, as in the CRD. */
export function fieldsUnder(path: string): readonly string[] {
  const under = FIELDS.filter((field) => field.startsWith(`${path}.`));
  return [...new Set(under.map((field) => field.slice(path.length + 1).split('.')[0] ?? ''))];
}

/**
 * What the API server would not know of an object under strict validation: a sentence without its subject.
 * @param path of the object; empty for the check itself
 */
export function unknownFields(
  path: '' | 'spec' | 'spec.pull',
  object: Readonly<Record<string, unknown>>,
): readonly (readonly [field: string, problem: string])[] {
  const known = path === '' ? TOP : fieldsUnder(path);
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      const hint = near === undefined ? `known fields: ${known.join(', ')}` : `did you mean ${near}?`;
      return [name, `unknown field; ${hint}`];
    });
}
