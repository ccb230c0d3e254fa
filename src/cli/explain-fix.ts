import type { ProductId } from '../check/products/all.gen.ts';
import type { FailureReason } from '../check/reason.ts';
import { GENERIC, type Advice } from '../check/remediation/generic.ts';
import {
  LAST_MILE,
  MILE_OF,
  ONLY_IN_CLUSTER,
  VERIFY_BY_DOCTOR,
  withGivenLogin,
  withSameLogin,
  type Mile,
  type Platform,
} from '../check/remediation/platforms.ts';
import { adviceWith, valuesAt, type OwnAdvice } from '../check/remediation/product-advice.ts';
import { fill, quote, remedyBy, type Remediation } from '../check/remediation/remedy.ts';
import { OTHER_SECRET, WRITE_GIVEN_LOGIN, WRITE_LOGIN } from '../check/remediation/write-login.ts';
import { verifyCommand } from '../controller/verify.ts';
import { bareHost, baseUrl, loginServer, portOf, type Registry } from '../registry/origin.ts';
import { adviceFor } from './check-advice.ts';
import { elsewhere } from './check-product.ts';

/** Where a reason is explained: both undefined for any registry. */
export interface Place {
  readonly product: ProductId | undefined;
  /** Undefined where only a product was named. */
  readonly registry: Registry | undefined;
}

/** A host that nobody has, where none is known: what is filled in for it is shown as HOST. */
const NOBODY = 'rpc-host.invalid';

/** What to do about a reason on a platform. What only the reader knows is in capitals: `HOST`, `PROJECT`. */
export function fixOf(reason: FailureReason, platform: Platform, place: Place): Remediation {
  const own = ownAdvice(reason, place);
  const fix =
    platform === 'kubernetes' ? inKubernetes(reason, own, place) : outside(reason, platform, own, place);
  return { ...fix, summary: shown(fix.summary), steps: fix.steps.map(shown) };
}

/** A text for people: what is not known is a word in capitals. */
export function shown(text: string): string {
  return text.replaceAll(NOBODY, 'HOST').replace(/\{([a-z]+)\}/g, (_, word: string) => word.toUpperCase());
}

/** The product's advice, filled with what its host alone tells. */
function ownAdvice(reason: FailureReason, { product, registry }: Place): OwnAdvice | undefined {
  if (product === undefined) return undefined;
  const hostname = registry?.origin.hostname;
  return adviceWith(product, reason, hostname === undefined ? {} : valuesOf(product, hostname));
}

/** Parts of a repository that nobody has: a value that one of them is in is not known. */
const PARTS = ['rpc-one', 'rpc-two', 'rpc-three'] as const;

function valuesOf(product: ProductId, hostname: string): OwnAdvice['values'] {
  for (let parts = PARTS.length; parts > 0; parts -= 1) {
    const values = valuesAt(product, { hostname, repository: PARTS.slice(0, parts).join('/') });
    if (values !== undefined)
      return Object.fromEntries(Object.entries(values).filter(([, value]) => !value.includes('rpc-')));
  }
  return {};
}

/** Names of the registry, for what advice is filled with. */
function namesOf(registry: Registry | undefined): {
  readonly host: string;
  readonly url: string;
  readonly server: string;
  readonly repository: string;
} {
  const repository = 'REPOSITORY';
  return registry === undefined
    ? { host: NOBODY, url: `https://${NOBODY}`, server: NOBODY, repository }
    : { host: registry.host, url: baseUrl(registry), server: loginServer(registry), repository };
}

function inKubernetes(reason: FailureReason, own: OwnAdvice | undefined, { registry }: Place): Remediation {
  return remedyBy(own ?? GENERIC[reason], reason, {
    ...namesOf(registry),
    secret: 'SECRET',
    form: undefined,
    operator: 'system:serviceaccount:registry-push-check-system:registry-push-check',
    namespace: 'NAMESPACE',
    name: 'NAME',
    verify: verifyCommand('NAMESPACE', 'NAME'),
  });
}

/** Outside of a cluster: what the advice says about the registry, then what is typed on that platform. */
function outside(
  reason: FailureReason,
  platform: Exclude<Platform, 'kubernetes'>,
  own: OwnAdvice | undefined,
  { registry }: Place,
): Remediation {
  const mile = MILE_OF[reason];
  const names = namesOf(registry);
  const hostname = registry === undefined ? NOBODY : bareHost(registry.origin.hostname);
  const ground = { ...names, hostname, prefix: '', login: 'the login', secret: undefined, chosen: true };
  if (mile === 'cluster') return { summary: ONLY_IN_CLUSTER, steps: [] };
  const hostport = registry === undefined ? `${NOBODY}:443` : hostPortOf(registry);
  const values = { ...names, hostname, hostport, ...own?.values };
  const typed = LAST_MILE[mile][platform];
  const here = own === undefined ? typed : typedFor(own, mile, typed);
  const steps = [...atRegistry(own ?? GENERIC[reason]), ...here, VERIFY_BY_DOCTOR];
  const summary = own && elsewhere(own.summary);
  return {
    summary: summary === undefined ? withoutFlags(adviceFor(reason, ground).summary) : fill(summary, values),
    steps: steps.map((step) => fill(step, values, quote)),
    ...(own === undefined ? {} : { docsUrl: own.docsUrl }),
  };
}

/** What is typed on a platform, by whether the product's advice writes a login anew, and where that is then. */
function typedFor(
  { steps }: Advice,
  mile: Exclude<Mile, 'cluster'>,
  typed: readonly string[],
): readonly string[] {
  if (steps.includes(WRITE_GIVEN_LOGIN)) return withGivenLogin(typed);
  return steps.includes(WRITE_LOGIN) || steps.includes(OTHER_SECRET) ? typed : withSameLogin(mile, typed);
}

/** What may be told to `check` on the command line is told nobody else. */
const withoutFlags = (text: string): string => text.replace(/, or [^,.]* --[^.]*\.$/, '.');

function hostPortOf({ origin }: Registry): string {
  return `${origin.hostname}:${portOf(origin)}`;
}

/** The steps of an advice that are the same wherever the login is used. Named ones are one word in braces. */
function atRegistry({ steps }: Advice): readonly string[] {
  return steps
    .map(elsewhere)
    .filter((step) => step !== undefined)
    .filter((step) => !/^\{[a-z]+\}$/.test(step));
}
