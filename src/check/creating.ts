import type { Challenge } from '../registry/challenge.ts';
import type { Response } from '../registry/http.ts';
import { realmOf } from '../registry/token.ts';
import { PRODUCT as ZOT } from './products/zot.ts';
import { signsOf } from './recognise.ts';

/** A product that makes a repository out of a question about it. */
export interface Creating {
  readonly product: string;
  /** What creates it: the request for a token with the right to push, or the upload request. */
  readonly at: 'token' | 'upload';
  /**
   * What it means where the login may not look whether the repository exists.
   * - `may-not-push`: who may not read there cannot push either, so it is the refusal.
   * - `unclear`: it may be missing, and then the next request could create it.
   * - `harmless`: who may not read there creates nothing either, but for the cases that the table names.
   */
  readonly hidden: 'may-not-push' | 'unclear' | 'harmless';
}

interface Row extends Creating {
  readonly is: (ping: Response, challenges: readonly Challenge[]) => boolean;
}

/** Who creates by being asked, and how the answer to `GET /v2/` without a login gives it away. */
const ROWS: readonly Row[] = [
  {
    // A token with push is given to who may create in the namespace, and the repository is there.
    product: 'Quay',
    at: 'token',
    hidden: 'unclear',
    is: (_, challenges) => challenges.some((one) => realmPath(one) === '/v2/auth'),
  },
  {
    // The record appears in the project's list. A token with write_registry and without read_registry gets it unseen.
    product: 'GitLab',
    at: 'token',
    hidden: 'harmless',
    is: (_, challenges) =>
      challenges.some(
        (one) => realmPath(one).endsWith('/jwt/auth') && one.params.get('service') === 'container_registry',
      ),
  },
  {
    // OpenShift sends the same header, with another realm.
    product: 'Pulp',
    at: 'upload',
    hidden: 'unclear',
    is: ({ marks }, challenges) =>
      marks['x-registry-supports-signatures'] === '1' &&
      challenges.some((one) => realmPath(one) === '/token/'),
  },
  {
    product: 'zot',
    at: 'upload',
    hidden: 'may-not-push',
    is: (ping) => ZOT.is(signsOf('', ping)),
  },
];

/** The product that would create a repository by being asked, by its answer to `GET /v2/`; undefined where none is known to. */
export function creatingOf(ping: Response, challenges: readonly Challenge[]): Creating | undefined {
  return ROWS.find(({ is }) => is(ping, challenges));
}

function realmPath(challenge: Challenge): string {
  return (challenge.scheme === 'bearer' && realmOf(challenge)?.pathname) || '';
}
