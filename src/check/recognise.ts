import { parseChallenges, type Challenge } from '../registry/challenge.ts';
import type { Response } from '../registry/http.ts';
import { realmOf } from '../registry/token.ts';
import { PRODUCTS, type ProductId } from './products/all.gen.ts';
import type { Product, Signs } from './products/product.ts';

const NONE: Pick<Signs, 'marks' | 'body'> = { marks: {}, body: '' };

/**
 * The product that a registry is, by its host and its answer to `GET /v2/` without a login; undefined where no signs are known. A
 * registry can claim to be any: of what comes out, only our own words depend on it.
 */
export function recognise(hostname: string, ping: Response | undefined): ProductId | undefined {
  const signs = signsOf(hostname.toLowerCase(), ping);
  const fits = IDS.filter((id) => PRODUCTS[id].is(signs));
  return fits.find((id) => !isLast(PRODUCTS[id])) ?? fits[0];
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they are the keys of PRODUCTS
const IDS = Object.keys(PRODUCTS) as readonly ProductId[];

function isLast({ last }: Product): boolean {
  return last === true;
}

/** What there is to recognise a registry by. */
export function signsOf(hostname: string, ping: Response | undefined): Signs {
  const challenges = ping === undefined ? [] : parseChallenges(ping.challenges);
  const of = (scheme: string): Challenge | undefined => challenges.find((one) => one.scheme === scheme);
  const bearer = of('bearer');
  return {
    hostname,
    realm: bearer && realmOf(bearer),
    service: bearer?.params.get('service'),
    basicRealm: of('basic')?.params.get('realm'),
    ...NONE,
    ...(ping === undefined ? {} : { marks: ping.marks, body: ping.body }),
    status: ping?.status,
  };
}
