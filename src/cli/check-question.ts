import {
  API_VERSION,
  DEFAULT_INTERVAL_MS,
  DEFAULT_RETRY_INTERVAL_MS,
  KIND,
  type RegistryPushCheck,
} from '../api/registrypushcheck.ts';
import { readSpec, type CheckSpec, type ReadSpec } from '../api/validate.ts';
import { readCredential, type Credential, type SecretProblem, type Wanted } from '../check/credential.ts';
import type { Finding } from '../check/diagnose.ts';
import { expiryOf } from '../check/expiry.ts';
import { formOf, type SecretContent, type SecretForm } from '../check/secret-content.ts';
import { isObject, parseJson } from '../json.ts';
import { passwordLogin, tokenLogin, type Login } from '../registry/login.ts';
import { parseRegistryUrl, type Registry } from '../registry/origin.ts';
import { readDockerFile, readSecretText } from './check-input.ts';
import { UsageError, type LoginSource, type UrlAsked } from './check-options.ts';
import { LOGIN_NAME } from './check-words.ts';
import { fieldsUnder } from './known-fields.ts';

/** The login that a question is asked with. */
export interface Given {
  /** Undefined where there is none. */
  readonly credential?: Credential;
  /** Why there is none, although one was named. */
  readonly problem?: SecretProblem;
  /** How the Secret holds its login, where it is one. */
  readonly form?: SecretForm;
  /** Version of the Secret, where it is one of a cluster. */
  readonly version?: string;
  /** The file names a Secret that it does not hold, and no cluster was asked. */
  readonly isAbsent?: true;
}

/** What messages call things: a typed URL has no check, no Secret of its own and no operator. */
export type Voice =
  /** `login`: its name for people, where one was given; `secret`: that of --secret; `chosen`: a repository was named. */
  | {
      readonly kind: 'url';
      readonly login: string | undefined;
      readonly secret: { readonly namespace: string; readonly name: string } | undefined;
      readonly chosen: boolean;
    }
  | { readonly kind: 'file' };

/** One thing to ask a registry: a check, as it would stand in a cluster, and its login. */
export interface Question {
  readonly check: RegistryPushCheck;
  readonly spec: CheckSpec;
  readonly registry: Registry;
  readonly given: Given;
  readonly voice: Voice;
  /** The person at the command line named the registry: it may be asked over plain http, and at any address. */
  readonly typed: boolean;
}

/** A question before its login is read. */
export type Unasked = Omit<Question, 'given' | 'typed'>;

const DEFAULTS = { intervalMs: DEFAULT_INTERVAL_MS, retryIntervalMs: DEFAULT_RETRY_INTERVAL_MS };

/** The question of a typed URL. @throws UsageError where a value breaks a rule: the same rules as in a cluster */
export function questionOf({ spec: raw, login }: UrlAsked): Unasked {
  const set = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  const read = readSpec(set, DEFAULTS);
  if (!read.ok) throw new UsageError([onCommandLine(read)]);
  const registry = registryOf(read.spec, 'the URL');
  const name = registry.host.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const chosen = set['pushTestRepository'] !== undefined;
  return {
    check: aCheck('default', name, { ...set, pushTestRepository: read.spec.repository }),
    spec: read.spec,
    registry,
    voice: { kind: 'url', login: nameOf(login), secret: login.kind === 'secret' ? login : undefined, chosen },
  };
}

/** The question of a check in a file. `where` names the document. @throws UsageError where a field breaks a rule */
export function questionOfCheck(namespace: string, name: string, spec: unknown, where: string): Unasked {
  const read = readSpec(spec, DEFAULTS);
  if (!read.ok) throw new UsageError([`${where}: ${read.field}: ${read.problem}`]);
  const registry = registryOf(read.spec, `${where}: spec.registryUrl`);
  const set = isObject(spec) ? spec : {};
  return { check: aCheck(namespace, name, set), spec: read.spec, registry, voice: { kind: 'file' } };
}

function registryOf({ registryUrl }: CheckSpec, what: string): Registry {
  const registry = parseRegistryUrl(registryUrl);
  if ('problem' in registry) throw new UsageError([`${what} ${registry.problem}`]);
  return registry;
}

/** Of the spec only the fields that were judged: whatever else stands there may be anything. */
function aCheck(namespace: string, name: string, set: Readonly<Record<string, unknown>>): RegistryPushCheck {
  const entries = fieldsUnder('spec').map((field): [string, unknown] => [field, set[field] ?? undefined]);
  const spec = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const { pull } = spec;
  if (isObject(pull))
    spec['pull'] = { repository: pull['repository'], reference: pull['reference'] ?? 'latest' };
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace, uid: '', resourceVersion: '', generation: 1 },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- readSpec has taken it
    spec: spec as unknown as RegistryPushCheck['spec'],
  };
}

/** The words of the CRD with the names of the command line. */
function onCommandLine({ field, problem }: Extract<ReadSpec, { ok: false }>): string {
  if (field === 'spec.registryUrl') {
    return problem
      .replaceAll('registryUrl', 'the URL')
      .replace(/put the credential into .*$/, 'give them by --username and --password-stdin');
  }
  return problem
    .replaceAll('pushTestRepository', '--repository')
    .replaceAll(/pull\.(?:repository|reference)/g, '--pull')
    .replace(/^timeout/, '--timeout');
}

function nameOf(login: LoginSource): string | undefined {
  switch (login.kind) {
    case 'none':
      return undefined;
    case 'password':
    case 'token':
    case 'docker':
      return LOGIN_NAME[login.kind];
    case 'secret':
      return `Secret ${login.namespace}/${login.name}`;
  }
}

/** Reads the login that was typed or named, other than one of a cluster. @throws UsageError where it is none */
export async function readGiven(
  source: Exclude<LoginSource, { kind: 'secret' }>,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Given> {
  switch (source.kind) {
    case 'none':
      return {};
    case 'password':
      return {
        credential: typed(passwordLogin(source.username, await readSecretText('password', signal), '')),
      };
    case 'token':
      return { credential: typed(tokenLogin(await readSecretText('token', signal), '')) };
    case 'docker':
      return givenByDocker((await readDockerFile(source.path)).text, wanted);
  }
}

/** Who typed the login said where it goes. */
const anywhere = (): boolean => true;

function typed(login: Login | string): Credential {
  if (typeof login === 'string') throw new UsageError([`the login ${login}`]);
  const expiry = expiryOf(login);
  return {
    login,
    isFor: anywhere,
    matchedKey: undefined,
    tls: undefined,
    tokenHosts: [],
    expiry,
    findings: [],
  };
}

/** The login of a Secret: of a file, or of a cluster with its version. */
export function givenBySecret(secret: SecretContent, wanted: Wanted, version?: string): Given {
  const of = { form: formOf(secret), ...(version === undefined ? {} : { version }) };
  return { ...readCredential(secret, wanted), ...of };
}

/** What the kubelet would make of the file is no question where it is no Secret. */
const OF_KUBELET: ReadonlySet<Finding['type']> = new Set([
  'IdentityTokenIgnoredByKubelet',
  'KubeletWouldNotMatch',
  'OtherEntryMalformed',
  'RegistryTokenIgnoredByKubelet',
  'SecretTypeIgnoredByKubelet',
]);

function givenByDocker(text: string, wanted: Wanted): Given {
  const data = { '.dockerconfigjson': Buffer.from(text, 'utf8').toString('base64') };
  const found = readCredential({ type: 'kubernetes.io/dockerconfigjson', data, annotations: {} }, wanted);
  if ('credential' in found) {
    const { credential } = found;
    const findings = credential.findings.filter(({ type }) => !OF_KUBELET.has(type));
    return { credential: { ...credential, findings } };
  }
  const { reason, detail } = found.problem;
  const parsed = parseJson(text) ?? {};
  const helper = ['credHelpers', 'credsStore'].find((key) => Object.hasOwn(parsed, key));
  if (helper !== undefined) {
    const words = `it has no login for ${wanted.registry.host} itself, and its credential helper (${helper}) is not asked`;
    return { problem: { reason: 'CredentialsNotMatched', detail: words } };
  }
  const own = detail.replace(/^\.dockerconfigjson/, 'it').replace(/; use "kubectl [^"]*"$/, '');
  return { problem: { reason, detail: own } };
}
