import type { RegistryPushCheckSpec } from '../../src/api/registrypushcheck.ts';

/** Typed as a password or other secret in samples: no refusal may show it. */
export const CANARY = 'hunter2';

/** What gives a regular expression away: no refusal may show one either. */
export const REGULAR_EXPRESSION = /\^|\[a-z|\[0-9|\\|should match|\)[*+?]/;

/** One spec that is refused, with a word of the refusal. */
export interface BadSample {
  readonly name: string;
  readonly spec: unknown;
  /** Path of the field that the refusal names, as the API server writes it. */
  readonly field: string;
  /** What the refusal says. Two where the API server finds its own words, as for wrong types. */
  readonly says: string | { readonly atAdmission: string; readonly atRunTime: string };
  /** Who refuses it, where not both do, and why the other does not. */
  readonly only?: { readonly by: 'admission' | 'run time'; readonly because: string };
}

/** A spec with a good URL, to break in one place. */
export function good(part: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { registryUrl: 'https://registry.example.com', ...part };
}

/** One sample for each value of a field, named after what is special about it; `with` sets other fields beside it. */
export function field(
  name: keyof RegistryPushCheckSpec,
  values: Readonly<Record<string, unknown>>,
  says: BadSample['says'],
  more: { readonly with?: Readonly<Record<string, unknown>>; readonly only?: BadSample['only'] } = {},
): readonly BadSample[] {
  return Object.entries(values).map(([what, value]) => ({
    name: `${name} ${what}`,
    spec: good({ [name]: value, ...more.with }),
    field: `spec.${name}`,
    says,
    ...(more.only === undefined ? {} : { only: more.only }),
  }));
}
