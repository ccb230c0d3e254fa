import type { FailureReason } from '../check/reason.ts';
import { TRY_LOGIN, TRY_STEPS } from '../check/remediation/mend-secret.ts';
import { LET_CREATE, OTHER_REPOSITORY } from '../check/remediation/other-repository.ts';
import { adviceAt } from '../check/remediation/product-advice.ts';
import { fill, quote, type Remediation } from '../check/remediation/remedy.ts';
import {
  givenSteps,
  HAVE_LOGIN,
  HAVE_TOKEN,
  OTHER_SECRET,
  RENEW_EXPIRY,
  WRITE_GIVEN_LOGIN,
  WRITE_LOGIN,
} from '../check/remediation/write-login.ts';
import type { Text } from '../check/remediation/text.ts';
import type { Ground } from './check-advice.ts';
import { LOGIN_NAME } from './check-words.ts';

/** What the advice for any registry says on the command line, as far as that of a product uses it. */
export interface GroundWords {
  readonly summary: string;
  readonly steps: readonly string[];
  /** The step that gives a login where there was none. */
  readonly giveLogin: string;
  /** The step that tries the login by hand. */
  readonly byHand: string;
  /** The step that names another repository. */
  readonly another: string;
}

/** What to do about a failure at a product where a URL was typed; undefined where that is no other than anywhere. */
export function adviceAtProduct(
  reason: FailureReason,
  on: Ground,
  words: GroundWords,
): Remediation | undefined {
  const own = adviceAt(on.product, reason, on);
  if (own === undefined) return undefined;
  const { host, hostname, url, server, repository } = on;
  const values = { host, hostname, url, server, repository, ...own.values };
  const named: Readonly<Record<string, readonly string[]>> = {
    [WRITE_LOGIN]: newLogin(on, words),
    [WRITE_GIVEN_LOGIN]: givenLogin(on, words),
    [OTHER_SECRET]: newLogin(on, words),
    [TRY_LOGIN]: tryLogin(on, words).map((step) => fill(step, values, quote)),
    [OTHER_REPOSITORY]: [words.another],
    // The command line never lets a check create one, and asks of no Secret when its login ends.
    [LET_CREATE]: [],
    [RENEW_EXPIRY]: [],
  };
  const atProduct = own.steps
    .map(elsewhere)
    .filter((step) => step !== undefined)
    .flatMap((step) => named[step] ?? [fill(step, values, quote)]);
  // What the command line has to be told stands in the general advice alone.
  const steps = [...new Set(reason === 'TokenRealmNotTrusted' ? [...atProduct, ...words.steps] : atProduct)];
  const unnamed = !on.chosen && OF_REPOSITORY.has(reason) && !steps.includes(words.another);
  const summary = elsewhere(own.summary);
  return {
    summary: summary === undefined ? words.summary : fill(summary, values),
    steps: unnamed ? [words.another, ...steps] : steps,
    docsUrl: own.docsUrl,
  };
}

/** Refusals that mean first of all that nobody chose a repository, where that is so. */
const OF_REPOSITORY: ReadonlySet<FailureReason> = new Set([
  'PushDenied',
  'PushUnauthorized',
  'RepositoryNotFound',
]);

/** How to try the login without this program; the configuration of docker is written by the same command, so it is not typed twice. */
function tryLogin({ login, secret }: Ground, { byHand }: GroundWords): readonly string[] {
  if (login === LOGIN_NAME.token) return TRY_STEPS.token;
  return login === LOGIN_NAME.docker && secret === undefined ? [] : [byHand];
}

/** How the command that asks again gets a new login. */
function newLogin({ login, secret, server }: Ground, { giveLogin }: GroundWords): readonly string[] {
  if (login === undefined) return [giveLogin];
  if (secret !== undefined) return [`Write the new login into ${login}.`];
  if (login === LOGIN_NAME.password) return [HAVE_LOGIN];
  if (login === LOGIN_NAME.token) return [HAVE_TOKEN];
  return [`Write the new login into ${login}: docker login ${quote(server)}`];
}

/** The same where a step before has set REGISTRY_USER and REGISTRY_PASSWORD. */
function givenLogin(on: Ground, words: GroundWords): readonly string[] {
  if (on.login !== LOGIN_NAME.docker || on.secret !== undefined) return givenSteps(newLogin(on, words));
  const write = `docker login --username "$REGISTRY_USER" --password-stdin ${quote(on.server)}`;
  return [`Write the new login into ${on.login}: printf %s "$REGISTRY_PASSWORD" | ${write}`];
}

/**
 * Words of a cluster that have one counterpart each. A text where more differs is a pair ({@link Text}): this list is no place for
 * sentences.
 */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/^Put ((?:an?|another|the) [\w -]+?) into \{login\} that\b/, 'Give $1 that'],
  [/ in \{login\}: it has run out/, ': it has run out'],
  [/\bthe login in \{login\}/, 'the login'],
  [/\bThe Secret can stay as it is\b/, 'The login can stay as it is'],
  [/\bspec\.registryUrl\b/, 'the URL'],
  [/\bthe network of the cluster\b/g, 'this network'],
  [/\bthe address of the cluster\b/g, 'the address of this network'],
];

/** What only a cluster with checks has. */
const OF_CLUSTER =
  /\bspec\.|existingSecret|\bkubectl\b|\bruns the operator\b|NetworkPolic|doctor\.stella|\b(?:[Tt]he|its|a|in|of) Secret\b|\{(?:secret|login|namespace|name)\}|\b[Tt]he (?:check|cluster)\b|\bchecks\b|\bthe operator\b/;

/** A text of an advice, not filled in yet, for people who have no cluster; undefined where it is about one. */
export function elsewhere(text: Text): string | undefined {
  if (typeof text !== 'string') return text.elsewhere;
  // What is named is no sentence.
  if (/^\{[a-z]+\}$/.test(text)) return text;
  let own = text;
  for (const [words, instead] of INSTEAD) own = own.replace(words, instead);
  return OF_CLUSTER.test(own) ? undefined : own;
}
