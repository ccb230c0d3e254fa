import { readFileSync } from 'node:fs';
import { isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { DEFAULT_INTERVAL_MS, DEFAULT_RETRY_INTERVAL_MS } from './api/registrypushcheck.ts';
import {
  address,
  binding,
  boolean,
  cidr,
  duration,
  hosts,
  listOf,
  listOfMaps,
  namespaces,
  oneOf,
  string,
  tokenHost,
  wholeNumber,
  type Binding,
  type Reader,
} from './config-values.ts';
import { nearest } from './nearest.ts';
import type { TokenHost } from './registry/binding.ts';

/** The installation's configuration, read once at start. */
export interface Config {
  /** Namespaces whose checks are served; empty for all. */
  readonly watchNamespaces: readonly string[];
  /** Kubernetes label selector; empty for all checks. */
  readonly watchLabelSelector: string;
  readonly defaults: { readonly intervalMs: number; readonly retryIntervalMs: number };
  /** Probes at once, over all registries. */
  readonly concurrency: number;
  /** `host[:port]` that may be asked over plain http. */
  readonly insecureRegistries: readonly string[];
  readonly policy: {
    /** When not empty, only these `host[:port]` are asked. */
    readonly allowedRegistries: readonly string[];
    /** `host[:port]` that may get the login of any Secret that a check names, also of one that names no registry. */
    readonly trustedRegistries: readonly string[];
  };
  /** Secrets without a registry of their own, and the registry that each may be sent to. */
  readonly bindings: readonly Binding[];
  /** Requests to the API server a second, and at once. */
  readonly kubeApi: { readonly qps: number; readonly burst: number };
  readonly tokenHosts: readonly TokenHost[];
  /** Exceptions to the addresses that checks must not reach. */
  readonly egress: { readonly allowCIDRs: readonly string[] };
  /** Path of a PEM file with authorities to trust besides the system's; empty for none. */
  readonly caBundle: string;
  /** Where metrics and health are served; port 0 for nowhere. */
  readonly server: { readonly address: string; readonly port: number };
  /** `showPrincipal`: the user name of a login is shown in status. */
  readonly status: { readonly showPrincipal: boolean };
  readonly log: { readonly level: LogLevel; readonly format: 'json' | 'text' };
}

/** Least severe message that is logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Every problem of a configuration at once, each with the key's path and what is right. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Keys that the configuration will have and that this version does nothing with. Only the value that says what it does
 * anyway is taken (none where `only` is missing): a setting that is accepted and ignored is worse than none.
 */
const LATER: Readonly<Record<string, { readonly only?: unknown; readonly instead: string }>> = {
  secretAccess: { only: 'get', instead: 'Secrets are read one by one' },
  'leaderElection.enabled': { only: false, instead: 'run one replica' },
  'leaderElection.namespace': { instead: 'run one replica' },
  'leaderElection.name': { instead: 'run one replica' },
  'leaderElection.leaseDuration': { instead: 'run one replica' },
  'leaderElection.renewDeadline': { instead: 'run one replica' },
  'leaderElection.retryPeriod': { instead: 'run one replica' },
  maxPerRegistry: { instead: 'use concurrency, which limits the probes over all registries' },
  jitterPercent: { only: 0, instead: 'each check keeps its own place within the interval' },
  statusWritesPerSecond: { instead: 'each probe writes its status' },
  'status.showRegistryMessages': { only: false, instead: 'texts of registries are not shown' },
};

const READERS = {
  watchNamespaces: namespaces,
  watchLabelSelector: string,
  'defaults.interval': duration(60_000, 604_800_000),
  'defaults.retryInterval': duration(10_000, 86_400_000),
  concurrency: wholeNumber(1, 1000),
  insecureRegistries: hosts,
  'policy.allowedRegistries': hosts,
  'policy.trustedRegistries': hosts,
  bindings: listOfMaps(binding, 'maps with namespace, secret and registry (host or host:port)'),
  'kubeApi.qps': wholeNumber(1, 10_000),
  'kubeApi.burst': wholeNumber(1, 20_000),
  tokenHosts: listOf(tokenHost, 'pairs registry=tokenHost, each as host or host:port'),
  'egress.allowCIDRs': listOf(cidr, 'address ranges such as 10.0.0.0/8'),
  caBundle: string,
  'server.address': address,
  'server.port': wholeNumber(0, 65_535),
  'status.showPrincipal': boolean,
  'log.level': oneOf<LogLevel>('debug', 'info', 'warn', 'error'),
  'log.format': oneOf('json', 'text'),
} as const;

/** Every key that a configuration file may set, as a path. */
export const CONFIG_KEYS: readonly string[] = Object.keys(READERS);

const BY_PATH: ReadonlyMap<string, Reader<unknown>> = new Map(Object.entries(READERS));

type Values = {
  [Key in keyof typeof READERS]?: ReturnType<(typeof READERS)[Key]> extends infer R
    ? R extends { value: infer V }
      ? V
      : never
    : never;
};

/**
 * Reads the configuration file's text (YAML). `overrides` (flags, by path) win over it.
 * @throws ConfigError with every problem
 */
export function parseConfig(text: string, overrides: Readonly<Record<string, unknown>> = {}): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const given = new Map([...leaves(plainData(text), problems), ...Object.entries(overrides)]);
  for (const [path, value] of given) {
    const read = readLeaf(path, value);
    if ('problem' in read) problems.push(read.problem);
    else values[path] = read.value;
  }
  if (problems.length > 0) throw new ConfigError(problems.slice(0, MOST_PROBLEMS));
  return withDefaults(values);
}

/** Reads the configuration file at a path, like {@link parseConfig}. @throws ConfigError */
export function loadConfig(path: string, overrides: Readonly<Record<string, unknown>> = {}): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError([`cannot read the configuration file ${JSON.stringify(path)} (${code})`]);
  }
  return parseConfig(text, overrides);
}

/** The text as plain data. What YAML can do beyond that has no place here, and some of it makes small files endless. */
function plainData(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { uniqueKeys: true, lineCounter });
  const problems = [...document.errors, ...document.warnings].map(notYaml);
  // What an older YAML knows besides (merged maps, dates, binary data) has no place here either.
  const { version } = document.directives?.yaml ?? {};
  if (version !== undefined && version !== '1.2')
    throw new ConfigError(['%YAML: only YAML 1.2 is read: leave the line out']);
  visit(document, {
    // Not by its name: a value that begins with * may be a password.
    Alias: (_, { range }) => {
      const { line } = lineCounter.linePos(range?.[0] ?? 0);
      problems.push(`line ${line}: aliases are not supported: repeat the value, or quote what begins with *`);
    },
    Pair: (_, { key }) => {
      // Of binary data as a key, toJS would show the text to the process's warnings.
      if (!isScalar(key) || isComposite(key.value))
        problems.push('a key must be a word: lists, maps and binary data cannot be keys');
    },
  });
  if (problems.length > 0) throw new ConfigError(problems.slice(0, MOST_PROBLEMS));
  try {
    return document.toJS();
  } catch {
    throw new ConfigError(['not plain YAML: write maps, lists and words only, without tags such as !!merge']);
  }
}

function isComposite(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** As many problems of a text are shown. */
const MOST_PROBLEMS = 20;

/** Without YAML's own message: that quotes the text. */
function notYaml({ linePos, code }: YAMLError): string {
  const line = `line ${linePos?.[0].line ?? 1}`;
  return code === 'DUPLICATE_KEY'
    ? `${line}: the key was set before: set it once`
    : `${line}: not valid YAML (${code})`;
}

const SECTIONS = new Set(
  [...Object.keys(READERS), ...Object.keys(LATER)]
    .filter((k) => k.includes('.'))
    .map((k) => k.slice(0, k.indexOf('.'))),
);

function leaves(root: unknown, problems: string[]): [string, unknown][] {
  if (root === undefined || root === null) return [];
  if (!isObject(root)) {
    problems.push('the configuration must be a map of keys, such as "concurrency: 32"');
    return [];
  }
  return Object.entries(root).flatMap(([key, value]): [string, unknown][] => {
    if (key.includes('.')) {
      problems.push(`${shown(key)}: a key has no dots: write a map in a map, such as "log: {level: info}"`);
      return [];
    }
    if (!SECTIONS.has(key)) return [[key, value]];
    if (value === null) return [];
    if (isObject(value))
      return Object.entries(value).map(([inner, v]): [string, unknown] => [`${key}.${inner}`, v]);
    problems.push(`${key}: expected a map of keys`);
    return [];
  });
}

function readLeaf(path: string, value: unknown): { readonly value: unknown } | { readonly problem: string } {
  const later = Object.hasOwn(LATER, path) ? LATER[path] : undefined;
  if (later !== undefined) {
    if (later.only === undefined)
      return { problem: `${path}: not available in this version: ${later.instead}` };
    return JSON.stringify(value) === JSON.stringify(later.only)
      ? { value }
      : { problem: `${path}: this version supports only ${JSON.stringify(later.only)}: ${later.instead}` };
  }
  const reader = BY_PATH.get(path);
  if (reader === undefined) {
    const known = [...BY_PATH.keys()];
    const near = nearest(path, known);
    const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean ${near}?`;
    return { problem: `${shown(path)}: unknown key; ${hint}` };
  }
  const read = reader(value);
  return 'expected' in read ? { problem: `${path}: expected ${read.expected}` } : { value: read.value };
}

function shown(key: string): string {
  return JSON.stringify(key.slice(0, 64).toWellFormed());
}

/** A map of YAML; its sets and dates are objects, too, and are none. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function withDefaults(values: Values): Config {
  return {
    watchNamespaces: values['watchNamespaces'] ?? [],
    watchLabelSelector: values['watchLabelSelector'] ?? '',
    defaults: {
      intervalMs: values['defaults.interval'] ?? DEFAULT_INTERVAL_MS,
      retryIntervalMs: values['defaults.retryInterval'] ?? DEFAULT_RETRY_INTERVAL_MS,
    },
    concurrency: values['concurrency'] ?? 32,
    insecureRegistries: values['insecureRegistries'] ?? [],
    policy: {
      allowedRegistries: values['policy.allowedRegistries'] ?? [],
      trustedRegistries: values['policy.trustedRegistries'] ?? [],
    },
    bindings: values['bindings'] ?? [],
    kubeApi: { qps: values['kubeApi.qps'] ?? 200, burst: values['kubeApi.burst'] ?? 400 },
    tokenHosts: values['tokenHosts'] ?? [],
    egress: { allowCIDRs: values['egress.allowCIDRs'] ?? [] },
    caBundle: values['caBundle'] ?? '',
    server: { address: values['server.address'] ?? '0.0.0.0', port: values['server.port'] ?? 8080 },
    status: { showPrincipal: values['status.showPrincipal'] ?? false },
    log: { level: values['log.level'] ?? 'info', format: values['log.format'] ?? 'json' },
  };
}
