import { FIELDS } from '../api/v1alpha1-fields.gen.ts';

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

/** The name that was meant: but for case, one slip of two letters apart, or the whole of which this is a part. */
function nearest(typed: string, known: readonly string[]): string | undefined {
  return (
    known.find((name) => slip(typed.toLowerCase(), name.toLowerCase()) <= 2) ??
    known.find((name) => typed.length > 2 && name.toLowerCase().includes(typed.toLowerCase()))
  );
}

/** How many letters are between the common beginning and the common end of two words. */
function slip(one: string, other: string): number {
  const longest = Math.max(one.length, other.length);
  const shortest = Math.min(one.length, other.length);
  let begin = 0;
  while (begin < shortest && one[begin] === other[begin]) begin += 1;
  let end = 0;
  while (end < shortest - begin && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return longest - begin - end;
}
