import { bareHost, portOf } from '../../registry/origin.ts';
import { needsFix, type FailureReason, type Reason } from '../reason.ts';
import type { ExpirySource } from '../expiry.ts';
import { PRODUCTS, type ProductId } from '../products/all.gen.ts';
import type { Product } from '../products/product.ts';
import type { SecretForm, SecretPart } from '../secret-content.ts';
import { GENERIC, type Advice } from './generic.ts';
import { GRANT_READ, grantRead } from './grant-read.ts';
import { MEND_SECRET, MEND_STEPS, TRUST, TRUST_STEPS, TRY_LOGIN, TRY_STEPS } from './mend-secret.ts';
import { CREATE_STEPS, LET_CREATE, OTHER_REPOSITORY, otherSteps } from './other-repository.ts';
import { adviceAt, type OwnAdvice } from './product-advice.ts';
import { clusterText } from './text.ts';
import {
  givenSteps,
  OTHER_SECRET,
  OTHER_SECRET_STEPS,
  RENEW_EXPIRY,
  RENEW_STEPS,
  WRITE_GIVEN_LOGIN,
  WRITE_LOGIN,
  WRITE_STEPS,
} from './write-login.ts';

/** Names that remediation is filled with: all of them were validated before, none comes from a registry. */
export interface Facts {
  /** `host` or `host:port` of the registry. */
  readonly host: string;
  /** Scheme, host and path prefix that `/v2/` follows, without a slash at the end. */
  readonly url: string;
  /** What `docker login` takes for it. */
  readonly server: string;
  readonly repository: string;
  /** What product the registry is; undefined where it is not known. */
  readonly product?: ProductId | undefined;
  /** Name of the Secret; undefined where the check has none. */
  readonly secret: string | undefined;
  /** How the Secret holds its login; undefined where it could not be read. */
  readonly form: SecretForm | undefined;
  /** What is wrong in the Secret; undefined: its login, or nothing. */
  readonly part?: SecretPart | undefined;
  /** How the end of the login is known; undefined where it is not. */
  readonly expirySource?: ExpirySource | undefined;
  /** User name of the operator in the cluster; undefined where it is not known, or not needed. */
  readonly operator?: string | undefined;
  readonly namespace: string;
  /** Name of the check. */
  readonly name: string;
  /** The last step: a command that shows whether the fix worked. */
  readonly verify: string;
}

/** What to do about a failure: summary first, then steps to follow or paste, the last one verifies. */
export interface Remediation {
  readonly summary: string;
  readonly steps: readonly string[];
  /** The vendor's page on it; undefined where the advice is that for any registry. */
  readonly docsUrl?: string;
}

/** Name of the Secret that commands make: one of the check's own, never one that is there for something else. */
function newSecret({ name, secret }: Facts): string {
  // No part of a name ends at a dot with a hyphen behind it.
  const own = `${name.slice(0, 230).replace(/[.-]+$/, '')}-registry-login`;
  return own === secret ? `${own}-2` : own;
}

/** The default of spec.pushTestRepository: it exists almost nowhere. */
const DEFAULT_REPOSITORY = 'stellaops/doctor-test';

/** The remediation of a reason, or undefined where nothing has to be done. */
export function remedyFor(reason: Reason, facts: Facts): Remediation | undefined {
  if (!needsFix(reason)) return undefined;
  const { hostname } = addressOf(facts);
  const own = adviceAt(facts.product, reason, { hostname, repository: facts.repository });
  return remedyBy(own ?? GENERIC[reason], reason, facts);
}

/** The remediation by this advice, whoever has chosen it. What nothing is known to fill in for stays in braces. */
export function remedyBy(
  advice: Advice & Partial<OwnAdvice>,
  reason: FailureReason,
  facts: Facts,
): Remediation {
  const { summary, steps, docsUrl } = advice;
  const { hostname, port } = addressOf(facts);
  const secret = facts.secret ?? newSecret(facts);
  const grant = grantRead(facts.operator, secret);
  const first = hint(reason, facts);
  const values: Readonly<Record<string, string>> = {
    host: facts.host,
    hostname,
    hostport: `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`,
    repository: facts.repository,
    url: facts.url,
    server: facts.server,
    secret,
    login: `Secret ${secret}`,
    newsecret: newSecret(facts),
    namespace: facts.namespace,
    name: facts.name,
    ...grant.values,
    ...advice.values,
  };
  const writing = WRITE_STEPS[writtenAs(facts)];
  const several: Readonly<Record<string, readonly string[]>> = {
    [WRITE_LOGIN]: writing,
    [WRITE_GIVEN_LOGIN]: givenSteps(writing),
    [OTHER_SECRET]: OTHER_SECRET_STEPS,
    [TRY_LOGIN]: TRY_STEPS[facts.form ?? 'docker'],
    [MEND_SECRET]: MEND_STEPS[facts.part ?? 'login'],
    [TRUST]: TRUST_STEPS[facts.secret === undefined ? 'none' : 'secret'],
    [GRANT_READ]: grant.steps,
    // The hint says it already.
    [OTHER_REPOSITORY]: first.length === 0 ? otherSteps(steps[0] === OTHER_REPOSITORY) : [],
    [LET_CREATE]: CREATE_STEPS,
    // Another Secret states no end.
    [RENEW_EXPIRY]:
      facts.expirySource === undefined || writing === OTHER_SECRET_STEPS
        ? []
        : RENEW_STEPS[facts.expirySource],
  };
  const expand = (step: string): readonly string[] => several[step]?.flatMap(expand) ?? [step];
  return {
    summary: fill(clusterText(summary), values),
    steps: [
      ...first,
      ...steps
        .map(clusterText)
        .flatMap(expand)
        .map((step) => fill(step, values, quote)),
      `Check again; READY True is good, and it may take 15 seconds: ${facts.verify}`,
    ],
    ...(docsUrl === undefined ? {} : { docsUrl }),
  };
}

/** In what form a new login is written. Most products issue none that a token's form could send: it goes to the registry itself. */
function writtenAs({ form = 'docker', product }: Facts): SecretForm {
  const known: Product | undefined = product && PRODUCTS[product];
  return form === 'token' && known !== undefined && known.takesTokens !== true ? 'other' : form;
}

/** Where the registry is really asked, without the brackets of an IPv6 address. */
function addressOf({ url, host }: Facts): { readonly hostname: string; readonly port: string } {
  if (!URL.canParse(url)) return { hostname: host.replace(/:\d+$/, ''), port: '443' };
  const asked = new URL(url);
  return { hostname: bareHost(asked.hostname), port: String(portOf(asked)) };
}

/** Refusals of the default repository mean first of all that nobody chose one. */
function hint(reason: FailureReason, { repository, namespace, name }: Facts): string[] {
  const refused = reason === 'PushDenied' || reason === 'PushUnauthorized' || reason === 'RepositoryNotFound';
  if (!refused || repository !== DEFAULT_REPOSITORY) return [];
  const patch = '{"spec":{"pushTestRepository":"TEAM/IMAGE"}}';
  return [
    `${DEFAULT_REPOSITORY} is only the default: name a repository that you push to (the check uploads no image): kubectl patch rpc ${quote(name)} -n ${quote(namespace)} --type=merge -p '${patch}'`,
  ];
}

/** A text with its words in braces filled in; `show` is {@link quote} for what goes to a shell. */
export function fill(
  text: string,
  values: Readonly<Record<string, string>>,
  show: (value: string) => string = (value) => value,
): string {
  return text.replace(/\{([a-z]+)\}/g, (whole, key: string) => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    return value === undefined ? whole : show(value);
  });
}

/** A value as one word of a POSIX shell. */
export function quote(value: string): string {
  return /^[A-Za-z0-9._:/@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
