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

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of our own table
const ALL = Object.entries(PRODUCTS) as readonly [ProductId, Product][];
const IDS = ALL.map(([id]) => id);

/** A product by its id or its name, the host of a registry, or both as PRODUCT=HOST; nothing typed is any registry. */
export function readPlace(typed: string | undefined): Read<Place> {
  if (typed === undefined) return { value: { product: undefined, registry: undefined } };
  const [before = '', host] = typed.split(/=(.*)/s);
  if (host !== undefined) return readBoth(before, host);
  const product = productNamed(typed);
  if (product !== undefined) return { value: { product, registry: undefined } };
  // A word without a dot or a port is a product that was mistyped rather than a host.
  const isHost = /[.:]/.test(typed) || typed.toLowerCase() === 'localhost';
  const registry = parseRegistryUrl(typed);
  if (isHost && !('problem' in registry))
    return { value: { product: recognise(registry.origin.hostname, undefined), registry } };
  if (mayHoldLogin(typed))
    return { problem: '--registry: a product, or a host without a login, such as harbor.example.com' };
  const hint = hintOf(productMeant(typed), `products: ${IDS.join(', ')}; or the host of a registry`);
  return { problem: `--registry: unknown product ${quoted(typed)}; ${hint}` };
}

function readBoth(name: string, host: string): Read<Place> {
  const product = productNamed(name);
  const registry = parseRegistryUrl(host);
  if (product !== undefined && !('problem' in registry)) return { value: { product, registry } };
  return {
    problem: '--registry: PRODUCT=HOST, with a host without a login, such as harbor=harbor.example.com',
  };
}

function productNamed(typed: string): ProductId | undefined {
  const small = typed.toLowerCase();
  return ALL.find(([id, { name }]) => id === small || name.toLowerCase() === small)?.[0];
}

/** What people call a product where its name does not say so; of two of one vendor, the one that is used more. */
const ALIASES: Readonly<Record<string, ProductId>> = {
  aliyun: 'alibaba',
  amazon: 'ecr',
  aws: 'ecr',
  docker: 'docker-hub',
  dockerhub: 'docker-hub',
  docr: 'digitalocean',
  gcp: 'gar',
  gcr: 'gar',
  icr: 'ibm-cloud',
  okd: 'openshift',
  redhat: 'quay',
  scw: 'scaleway',
};

/** Words of names that many products have, or might have. */
const ORDINARY: ReadonlySet<string> = new Set(
  'and artifact cloud container image infrastructure public registry repository'.split(' '),
);

/** The product that was meant: by what people call it, by a word of its name, or else by a slip. */
function productMeant(typed: string): ProductId | undefined {
  const small = typed.toLowerCase();
  const words = small.split(/[^a-z0-9]+/).filter((word) => word.length > 2 && !ORDINARY.has(word));
  for (const word of [small, ...words]) if (Object.hasOwn(ALIASES, word)) return ALIASES[word];
  const has = (name: string): boolean =>
    words.some((word) =>
      name
        .toLowerCase()
        .split(/[^a-z]+/)
        .includes(word),
    );
  return ALL.find(([, { name }]) => has(name))?.[0] ?? nearest(typed, IDS);
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

/** Nobody wants to read a password again that was typed in the wrong place. */
const mayHoldLogin = (typed: string): boolean => /:\/\/|@/.test(typed);

function quoted(typed: string): string {
  return mayHoldLogin(typed) ? '(an address, which is not shown)' : JSON.stringify(oneLine(typed, 64));
}
