import type { Marks } from '../../registry/marks.ts';
import type { FailureReason } from '../reason.ts';
import type { Text } from '../remediation/text.ts';

/**
 * What a statement about a product rests on.
 * - `measured`: on a real server.
 * - `source`: the product's own source.
 * - `documented`: the vendor's documentation.
 * - `reported`: captures and threads of others.
 * - `recalled`: nobody has looked it up; the text has to say so.
 */
export type Evidence = 'measured' | 'source' | 'documented' | 'reported' | 'recalled';

/** What gives a product away before a login is sent. Text from outside: it is compared and never shown. */
export interface Signs {
  /** Of the check's URL, in lower case, without a port. */
  readonly hostname: string;
  /** Of the Bearer challenge, where it is a URL. */
  readonly realm: URL | undefined;
  readonly service: string | undefined;
  /** Of the Basic challenge. */
  readonly basicRealm: string | undefined;
  readonly marks: Marks;
  /** Status of `GET /v2/` without a login; undefined where nothing was asked. */
  readonly status: number | undefined;
  /** Its body, at most 64 KiB. */
  readonly body: string;
}

/** The place that advice is about; both were validated before. */
export interface Place {
  /** Host name of the check's URL, in lower case, without a port. */
  readonly hostname: string;
  readonly repository: string;
}

/**
 * What to do at one product about one reason. Words in braces are filled in, quoted for the shell within steps: {host},
 * {hostname}, {url}, {server}, {repository}, in the summary {login} ("Secret NAME"), and the product's own {@link Product.values}. A step is a sentence, or a sentence and
 * a command after ": "; what is left to the reader is in capitals (`ROBOT`, `USER`). The steps that write a Secret or change
 * the check differ from place to place, so they are named: `WRITE_LOGIN`, `WRITE_GIVEN_LOGIN`
 * (REGISTRY_USER and REGISTRY_PASSWORD are set), `OTHER_SECRET`, `TRY_LOGIN`, `RENEW_EXPIRY`, `OTHER_REPOSITORY`, `LET_CREATE` of `remediation/`. The step that verifies is added. Where a text would
 * speak of checks, Secrets or the cluster, say as a pair what it is without one ({@link Text}).
 */
export interface ProductAdvice {
  /** The fix in one sentence, which names the product. */
  readonly summary: Text;
  readonly steps: readonly Text[];
  /** The weakest of what it rests on. */
  readonly evidence: Evidence;
  /** The vendor's page on it; without one, {@link Product.docs}. */
  readonly docs?: string;
}

/** A sentence for the page of a product, and what it rests on. */
export interface Statement {
  readonly text: string;
  readonly evidence: Evidence;
}

/** What is known of one registry product. */
export interface Product {
  readonly name: string;
  /**
   * Whether a registry is one, by what it shows. Cheap, and linear in the body's length. What a vendor runs is known by its host
   * alone: otherwise any registry could ask for a login of that vendor by what it answers. Where an answer is enough, summaries
   * that ask for a login or a right name {host}.
   */
  readonly is: (signs: Signs) => boolean;
  /** Asked only where nothing else fits: others show the same signs. */
  readonly last?: true;
  /** Further words that advice is filled with, out of host and repository; undefined where they do not have the product's form. */
  readonly values?: (place: Place) => Readonly<Record<string, string>> | undefined;
  /** The vendor's page on logins and rights. */
  readonly docs: string;
  /** Domains that links of this product may point to. */
  readonly domains: readonly string[];
  /** The least right that a push needs. */
  readonly permission: Statement;
  /** What a check does there, and how refusals look. */
  readonly probe: readonly Statement[];
  /** What a green check does not prove there. */
  readonly unproven: readonly Statement[];
  /** It issues tokens that are sent to the registry itself as they are, so that a Secret may have one under the key `token`. */
  readonly takesTokens?: true;
  /** Where this product needs other words than any registry. */
  readonly advice: Readonly<Partial<Record<FailureReason, ProductAdvice>>>;
  /** Reasons that this product cannot give, and why. */
  readonly impossible?: Readonly<Partial<Record<FailureReason, Statement>>>;
}
