import { PRODUCTS, type ProductId } from '../check/products/all.gen.ts';
import type { Product } from '../check/products/product.ts';
import { recognise } from '../check/recognise.ts';
import { PLATFORM_NAMES, type Platform } from '../check/remediation/platforms.ts';
import { nearest } from '../nearest.ts';
import { parseRegistryUrl } from '../registry/origin.ts';
import { oneLine } from '../text.ts';
import { NAMES, type Name } from './explain-answer.ts';
import type { Place } from './explain-fix.ts';

/** What somebody typed means, or what is wrong with it. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

/** The name that is to be explained, in whatever case. */
export function readName(typed: string): Read<Name> {
  const name = NAMES.find((one) => one.toLowerCase() === typed.toLowerCase());
  if (name !== undefined) return { value: name };
  const hint = hintOf(nearest(typed.replaceAll(/[\s_-]/g, ''), NAMES), 'explain without a reason lists all');
  return { problem: `unknown reason ${quoted(typed)}; ${hint}` };
}

/** A product by its id or its name, or the host of a registry; nothing typed is any registry. */
export function readPlace(typed: string | undefined): Read<Place> {
  if (typed === undefined) return { value: { product: undefined, registry: undefined } };
  const small = typed.toLowerCase();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of our own table
  const products = Object.entries(PRODUCTS) as [ProductId, Product][];
  const named = products.find(([id, { name }]) => id === small || name.toLowerCase() === small);
  if (named !== undefined) return { value: { product: named[0], registry: undefined } };
  // A word without a dot or a port is a product that was mistyped rather than a host.
  const isHost = /[.:]/.test(typed) || small === 'localhost';
  const registry = parseRegistryUrl(typed);
  if (isHost && !('problem' in registry))
    return { value: { product: recognise(registry.origin.hostname, undefined), registry } };
  const ids = products.map(([id]) => id);
  const hint = hintOf(nearest(typed, ids), `products: ${ids.join(', ')}; or the host of a registry`);
  return { problem: `--registry: unknown product ${quoted(typed)}; ${hint}` };
}

/** The platforms that are asked for; nothing typed is all of them. */
export function readPlatforms(typed: string | undefined): Read<readonly Platform[]> {
  const all = PLATFORM_NAMES;
  if (typed === undefined) return { value: all };
  const one = all.find((name) => name === typed.toLowerCase());
  if (one !== undefined) return { value: [one] };
  return {
    problem: `--platform: unknown platform ${quoted(typed)}; ${hintOf(nearest(typed, all), `platforms: ${all.join(', ')}`)}`,
  };
}

function hintOf(near: string | undefined, otherwise: string): string {
  return near === undefined ? otherwise : `did you mean ${near}?`;
}

function quoted(typed: string): string {
  return JSON.stringify(oneLine(typed, 64));
}
