import type { FailureReason } from '../check/reason.ts';
import { TRY_LOGIN, TRY_STEPS } from '../check/remediation/mend-secret.ts';
import { LET_CREATE, OTHER_REPOSITORY } from '../check/remediation/other-repository.ts';
import { adviceAt } from '../check/remediation/product-advice.ts';
import { fill, quote, type Remediation } from '../check/remediation/remedy.ts';
import { HAVE_LOGIN, HAVE_TOKEN, RENEW_EXPIRY, WRITE_LOGIN } from '../check/remediation/write-login.ts';
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
    [TRY_LOGIN]:
      on.login === LOGIN_NAME.token
        ? TRY_STEPS.token.map((step) => fill(step, values, quote))
        : [words.byHand],
    [OTHER_REPOSITORY]: [words.another],
    // The command line never lets a check create one, and asks of no Secret when its login ends.
    [LET_CREATE]: [],
    [RENEW_EXPIRY]: [],
  };
  const said = (step: string): readonly string[] => {
    const text = withoutCluster(step);
    if (text !== undefined) return [fill(text, values, quote)];
    return /create secret|existingSecret/.test(step) ? newLogin(on, words) : [];
  };
  const atProduct = own.steps.flatMap((step) => named[step] ?? said(step));
  // What the command line has to be told stands in the general advice alone.
  const steps = [...new Set(reason === 'TokenRealmNotTrusted' ? [...atProduct, ...words.steps] : atProduct)];
  const unnamed = !on.chosen && OF_REPOSITORY.has(reason) && !steps.includes(words.another);
  const summary = withoutCluster(own.summary);
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

/** How the command that asks again gets a new login. */
function newLogin({ login, secret, server }: Ground, { giveLogin }: GroundWords): readonly string[] {
  if (login === undefined) return [giveLogin];
  if (secret !== undefined) return [`Write the new login into ${login}.`];
  if (login === LOGIN_NAME.password) return [HAVE_LOGIN];
  if (login === LOGIN_NAME.token) return [HAVE_TOKEN];
  return [`Write the new login into ${login}: docker login ${quote(server)}`];
}

/** Words about checks and Secrets, and what there is to say instead. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/\bPut ((?:an?|another|the) [\w -]+?) into \{login\} that\b/g, 'Give $1 that'],
  [/\bPut ((?:an?|another|the) [\w -]+?) into the Secret\./g, 'Give $1.'],
  [/\bthe user of the Secret\b/g, 'the user of the login'],
  [/\bThe Secret can stay as it is\b/g, 'The login can stay as it is'],
  [/\bIn the Secret its\b/g, 'In the login its'],
  [/\bit goes into the Secret as the password\b/g, 'it is the password'],
  [/ (?:in|of|into) (?:\{login\}|the Secret\b)(?! (?:of|that))/g, ''],
  [/\bHave fewer checks[^,]*, or give them longer intervals \(spec\.interval\)/g, 'Ask less often'],
  [/\bhave fewer checks[^,]*, or give them longer intervals \(spec\.interval\)/g, 'ask less often'],
  [/^To bridge the time until that runs, (.*?) at most, /, 'For $1 at most, '],
  [/\bmakes the check green\b/g, 'makes this green'],
  [/ in spec\.pushTestRepository\b/g, ''],
  [/\bspec\.pushTestRepository\b/g, 'the repository'],
  [/\bspec\.registryUrl\b/g, 'the URL'],
  [/; do this from within the cluster\b/g, ''],
  [/\bthe (address|network) of the cluster\b/g, 'this $1'],
  [/\bthat of the cluster\b/g, 'this one'],
  [/\bleave out the cluster\b/g, 'leave out this network'],
];

/** What only a cluster with checks has. */
const OF_CLUSTER =
  /\bspec\.|existingSecret|\bkubectl\b|\bruns the operator\b|NetworkPolic|doctor\.stella|\b(?:[Tt]he|its|a|in|of) Secret\b|\{(?:secret|login|namespace|name)\}|\bin the check\b|\bof the check\b|\b[Ll]et the check\b|\b[Ll]et the cluster\b|\bchecks\b|\bthe operator\b/;

/** A text of an advice, not filled in yet, for people who have no cluster; undefined where it is about one. */
export function withoutCluster(text: string): string | undefined {
  let own = text;
  for (const [words, instead] of INSTEAD) own = own.replace(words, instead);
  return OF_CLUSTER.test(own) ? undefined : own;
}
