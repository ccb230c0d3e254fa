import { namespaces, hosts, tokenHost } from '../config-values.ts';
import { secretNameProblem } from '../api/names.ts';
import { quote } from '../check/remediation/remedy.ts';
import type { TokenHost } from '../registry/binding.ts';
import { oneLine } from '../text.ts';

/** The options of `check` as commander gives them. */
export interface CheckOptions {
  readonly file?: string;
  readonly repository?: string;
  readonly username?: string;
  readonly passwordStdin?: true;
  readonly tokenStdin?: true;
  readonly dockerConfig?: string;
  readonly secret?: string;
  readonly fromCluster?: true;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly pull?: string;
  readonly timeout?: string;
  readonly caFile?: string;
  readonly tokenHost?: readonly string[];
  readonly trustRegistry?: readonly string[];
  readonly output: string;
  readonly strict?: true;
  /** Never read: their being there is the mistake. */
  readonly password?: unknown;
  readonly token?: unknown;
}

/** Where the login of a typed URL comes from. */
export type LoginSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly username: string }
  | { readonly kind: 'token' }
  | { readonly kind: 'docker'; readonly path: string }
  | { readonly kind: 'secret'; readonly namespace: string; readonly name: string };

/** A URL that was typed. What is in it is not judged yet. */
export interface UrlAsked {
  readonly kind: 'url';
  /** A spec, raw: `readSpec` judges it. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly login: LoginSource;
}

/** A file of checks. */
export interface FileAsked {
  readonly kind: 'file';
  /** `-` is stdin. */
  readonly path: string;
  /** Of what names none. */
  readonly namespace: string;
  readonly fromCluster: boolean;
  /** Registries, as `host[:port]`, for which the rules are those of a typed URL. */
  readonly trusted: readonly string[];
}

/** What the command line asks for. */
export interface Asked {
  readonly what: UrlAsked | FileAsked;
  readonly kubeconfig: string | undefined;
  readonly caFile: string | undefined;
  readonly tokenHosts: readonly TokenHost[];
  readonly output: 'table' | 'json' | 'yaml';
  readonly strict: boolean;
  /** The step that verifies: the command line again, for a shell, with variables instead of user name and password. */
  readonly again: string;
}

/** What is wrong with a command line, or with the file that it names: sentences that repeat no value. */
export class UsageError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Understands the command line.
 * @param program what it begins with
 * @throws UsageError with everything that is wrong
 */
export function readOptions(
  url: string | undefined,
  options: CheckOptions,
  program = 'registry-push-check',
): Asked {
  const problems = [
    ...togetherProblems(url, options),
    ...(options.file === undefined ? loginProblems(options) : []),
    ...valueProblems(options),
  ];
  if (problems.length > 0) throw new UsageError(problems);
  const { file, kubeconfig, caFile, output, strict = false } = options;
  return {
    what: file === undefined ? urlAsked(url, options) : fileAsked(file, options),
    kubeconfig,
    caFile,
    tokenHosts: (options.tokenHost ?? []).map(tokenHost).filter((pair) => pair !== undefined),
    output: output === 'json' || output === 'yaml' ? output : 'table',
    strict,
    again: oneLine(checkAgain(url, options, program)),
  };
}

function urlAsked(url: string | undefined, options: CheckOptions): UrlAsked {
  const { repository, timeout, pull } = options;
  const spec = {
    registryUrl: url,
    pushTestRepository: repository,
    timeout,
    pull: pull === undefined ? undefined : readPull(pull),
  };
  return { kind: 'url', spec, login: loginSource(options) };
}

function fileAsked(path: string, options: CheckOptions): FileAsked {
  const { namespace = 'default', fromCluster = false, trustRegistry: trusted = [] } = options;
  return { kind: 'file', path, namespace, fromCluster, trusted };
}

/** `REPOSITORY[:TAG|@DIGEST]`; a colon before a slash would be that of a port, and belongs to the repository to be refused. */
function readPull(text: string): { readonly repository: string; readonly reference?: string } {
  const at = text.indexOf('@');
  const cut = at >= 0 ? at : text.indexOf(':', text.lastIndexOf('/') + 1);
  return cut < 0 ? { repository: text } : { repository: text.slice(0, cut), reference: text.slice(cut + 1) };
}

function loginSource({ username, tokenStdin, dockerConfig, secret }: CheckOptions): LoginSource {
  if (username !== undefined) return { kind: 'password', username };
  if (tokenStdin) return { kind: 'token' };
  if (dockerConfig !== undefined) return { kind: 'docker', path: dockerConfig };
  if (secret === undefined) return { kind: 'none' };
  const slash = secret.indexOf('/');
  return { kind: 'secret', namespace: secret.slice(0, slash), name: secret.slice(slash + 1) };
}

type Name = keyof CheckOptions;

/** What a file says itself, or has no use for. */
const WITH_URL_ONLY: readonly (readonly [Name, string])[] = [
  ['repository', 'the check says it as spec.pushTestRepository'],
  ['timeout', 'the check says it as spec.timeout'],
  ['pull', 'the check says it as spec.pull'],
  ['username', 'the check names its Secret'],
  ['passwordStdin', 'the check names its Secret'],
  ['tokenStdin', 'the check names its Secret'],
  ['dockerConfig', 'the check names its Secret'],
  ['secret', 'the check names its Secret: --from-cluster reads it'],
];

const WITH_FILE_ONLY: readonly Name[] = ['fromCluster', 'namespace', 'trustRegistry'];

function flag(name: Name): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function isGiven(options: CheckOptions, name: Name): boolean {
  return options[name] !== undefined;
}

function togetherProblems(url: string | undefined, options: CheckOptions): string[] {
  const { file, kubeconfig, secret, fromCluster } = options;
  if (url === undefined && file === undefined) return ['say what to check: a URL, or --file with checks'];
  const problems: string[] = [];
  if (url !== undefined && file !== undefined)
    problems.push('give either a URL or --file, not both: the checks in the file have their own');
  if (file !== undefined) {
    for (const [name, why] of WITH_URL_ONLY)
      if (isGiven(options, name)) problems.push(`${flag(name)} does not go with --file: ${why}`);
  } else {
    for (const name of WITH_FILE_ONLY)
      if (isGiven(options, name)) problems.push(`${flag(name)} goes with --file only`);
  }
  if (kubeconfig !== undefined && secret === undefined && fromCluster === undefined)
    problems.push('--kubeconfig goes with --secret or --from-cluster only: nothing else asks a cluster');
  return problems;
}

function loginProblems(options: CheckOptions): string[] {
  const { username, passwordStdin, secret } = options;
  const problems: string[] = [];
  if (username !== undefined && passwordStdin === undefined)
    problems.push('--username needs --password-stdin: the password is read from stdin');
  if (username === undefined && passwordStdin !== undefined)
    problems.push('--password-stdin needs --username; --token-stdin is for a token without a user name');
  const sources = (['passwordStdin', 'tokenStdin', 'dockerConfig', 'secret'] as const).filter((name) =>
    isGiven(options, name),
  );
  if (sources.length > 1) problems.push(`give one login: ${sources.map(flag).join(' or ')}`);
  const [namespace = '', name = ''] = secret?.split(/\/(.*)/s) ?? [];
  if (secret !== undefined && !(isNamespace(namespace) && secretNameProblem(name) === undefined))
    problems.push('--secret must be NAMESPACE/NAME, for example team/registry-login');
  return problems;
}

function isNamespace(text: string): boolean {
  return 'value' in namespaces([text]);
}

function valueProblems({
  tokenHost: pairs = [],
  trustRegistry = [],
  namespace,
  output,
}: CheckOptions): string[] {
  const problems: string[] = [];
  if (!['table', 'json', 'yaml'].includes(output)) problems.push('--output must be table, json or yaml');
  if (pairs.some((pair) => tokenHost(pair) === undefined))
    problems.push(
      '--token-host must be REGISTRY=HOST, both as host or host:port in lower case, for example registry.example.com=auth.example.net',
    );
  if ('expected' in hosts(trustRegistry))
    problems.push('--trust-registry must be host or host:port, in lower case');
  if (namespace !== undefined && !isNamespace(namespace))
    problems.push('--namespace must be the name of a namespace');
  return problems;
}

/** The step that verifies. A command that reads the terminal would seem to hang: of a file on stdin there are words only. */
function checkAgain(url: string | undefined, options: CheckOptions, program: string): string {
  const { file, username, tokenStdin } = options;
  if (file === '-') return 'Check again: pipe the corrected file into the same command.';
  const needs = username !== undefined ? 'REGISTRY_USER and REGISTRY_PASSWORD' : 'REGISTRY_PASSWORD';
  const set = username !== undefined || tokenStdin ? `, with ${needs} set` : '';
  return `Check again${set}: ${commandLine(url, options, program)}`;
}

/** What was typed, for a shell. User names are left out, too: some registries put tokens there. */
function commandLine(url: string | undefined, options: CheckOptions, program: string): string {
  const { username, passwordStdin, tokenStdin } = options;
  const words: string[] = url === undefined ? [] : [quote(url)];
  const values: readonly Name[] = [
    'file',
    'repository',
    'dockerConfig',
    'secret',
    'namespace',
    'kubeconfig',
    'pull',
    'timeout',
    'caFile',
    'tokenHost',
    'trustRegistry',
  ];
  for (const name of values)
    for (const value of [options[name]].flat())
      if (typeof value === 'string') words.push(flag(name), quote(value));
  for (const name of ['fromCluster', 'tokenStdin', 'strict'] as const)
    if (isGiven(options, name)) words.push(flag(name));
  if (username !== undefined) words.push('--username', '"$REGISTRY_USER"', '--password-stdin');
  const pipe = passwordStdin || tokenStdin ? 'printf %s "$REGISTRY_PASSWORD" | ' : '';
  return `${pipe}${program} check ${words.join(' ')}`;
}
