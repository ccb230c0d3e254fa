import { parseChallenges, type Challenge } from '../registry/challenge.ts';
import type { Response } from '../registry/http.ts';
import { realmOf } from '../registry/token.ts';
import { PRODUCTS, type ProductId } from './products/all.gen.ts';
import type { Product, Signs } from './products/product.ts';

const NONE: Pick<Signs, 'marks' | 'body'> = { marks: {}, body: '' };

/**
 * The product that a registry is, by its host and, where that tells nothing, by its answer to `GET /v2/` without a login; undefined
 * where no signs are known, or those of several products. A registry can claim to be any that has hosts of its users' own: of what
 * comes out, only our own words depend on it, and they name the host.
 */
export function recognise(hostname: string, ping: Response | undefined): ProductId | undefined {
  const name = hostname.toLowerCase();
  return only(fitting(signsOf(name, undefined))) ?? only(fitting(signsOf(name, ping)));
}

/** The products whose signs these are; one that is asked last only where there is no other. */
export function fitting(signs: Signs): readonly ProductId[] {
  const fits = IDS.filter((id) => PRODUCTS[id].is(signs));
  const first = fits.filter((id) => !isLast(PRODUCTS[id]));
  return first.length === 0 ? fits : first;
}

/** Where there are several, none is more likely than another. */
function only(ids: readonly ProductId[]): ProductId | undefined {
  return ids.length === 1 ? ids[0] : undefined;
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
