import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { GROUP } from '../api/registrypushcheck.ts';

/** Set by the bundler; absent where the sources run as they are. */
declare const PRODUCT_CRD: string | undefined;

/** The CustomResourceDefinition of this version, as it stands in `crds/`: YAML with comments. */
export const crdText: string =
  typeof PRODUCT_CRD === 'string'
    ? PRODUCT_CRD
    : readFileSync(new URL('../../crds/registrypushchecks.yaml', import.meta.url), 'utf8');

/** Annotation of the CustomResourceDefinition: the version of the product that it belongs to. */
export const VERSION_ANNOTATION = `${GROUP}/crd-version`;

/** A CustomResourceDefinition as its file says it (apiextensions.k8s.io/v1). */
export interface Crd {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, Json>>;
}

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** {@link crdText} as an object. */
export function parseCrd(): Crd {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own file
  return parse(crdText) as Crd;
}

/** The version that a CustomResourceDefinition says it has, as it stands there; undefined where it says none. */
export function versionOf({
  metadata,
}: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}): string | undefined {
  return metadata.annotations?.[VERSION_ANNOTATION];
}
