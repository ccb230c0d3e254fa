import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { ConfigError, loadConfig, parseConfig, type Config } from '../src/config.ts';

const DEFAULTS: Config = {
  watchNamespaces: [],
  watchLabelSelector: '',
  defaults: { intervalMs: 600_000, retryIntervalMs: 60_000 },
  concurrency: 32,
  insecureRegistries: [],
  policy: { allowedRegistries: [], trustedRegistries: [] },
  bindings: [],
  kubeApi: { qps: 200, burst: 400 },
  tokenHosts: [],
  egress: { allowCIDRs: [] },
  caBundle: '',
  server: { address: '0.0.0.0', port: 8080 },
  status: { showPrincipal: false },
  log: { level: 'info', format: 'json' },
};

/** What is wrong with a text; nothing else may be thrown. */
function problemsOf(text: string): readonly string[] {
  try {
    parseConfig(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

describe('parseConfig', () => {
  for (const text of ['', '\n', '# nothing\n', '{}', 'null', '---\n', 'log:\npolicy: {}\n']) {
    it(`reads ${JSON.stringify(text)} as the defaults`, () =>
      expect(parseConfig(text)).to.deep.equal(DEFAULTS));
  }

  it('reads every key', () => {
    const text = `
      watchNamespaces: [team-a, team-b]
      watchLabelSelector: shard in (a, b)
      secretAccess: get
      defaults: {interval: 1h30m, retryInterval: 10s}
      concurrency: 1
      insecureRegistries: ["registry.example.com:5000", "[2001:db8::10]:5000", "192.0.2.10"]
      policy: {allowedRegistries: [registry.example.com], trustedRegistries: ["registry.example.com:5000"]}
      kubeApi: {qps: 1, burst: 20000}
      bindings: [{namespace: team-a, secret: login, registry: registry.example.com}]
      tokenHosts: ["registry.example.com=auth.example.org:8443"]
      egress: {allowCIDRs: [127.0.0.0/8, "fd00::/8"]}
      caBundle: /etc/ca.pem
      leaderElection: {enabled: false}
      server: {address: "::1", port: 0}
      status: {showPrincipal: true}
      log: {level: debug, format: text}
    `;
    expect(parseConfig(text)).to.deep.equal({
      watchNamespaces: ['team-a', 'team-b'],
      watchLabelSelector: 'shard in (a, b)',
      defaults: { intervalMs: 5_400_000, retryIntervalMs: 10_000 },
      concurrency: 1,
      insecureRegistries: ['registry.example.com:5000', '[2001:db8::10]:5000', '192.0.2.10'],
      policy: {
        allowedRegistries: ['registry.example.com'],
        trustedRegistries: ['registry.example.com:5000'],
      },
      bindings: [{ namespace: 'team-a', secret: 'login', registry: 'registry.example.com' }],
      kubeApi: { qps: 1, burst: 20_000 },
      tokenHosts: [{ registry: 'registry.example.com', tokenHost: 'auth.example.org:8443' }],
      egress: { allowCIDRs: ['127.0.0.0/8', 'fd00::/8'] },
      caBundle: '/etc/ca.pem',
      server: { address: '::1', port: 0 },
      status: { showPrincipal: true },
      log: { level: 'debug', format: 'text' },
    });
  });

  const NAMESPACES = 'watchNamespaces: expected a list of namespace names';
  const HOSTS = 'expected a list of registries as host or host:port, in lower case';
  const PAIRS = 'tokenHosts: expected a list of pairs registry=tokenHost, each as host or host:port';
  const BINDINGS =
    'bindings: expected a list of maps with namespace, secret and registry (host or host:port)';
  const RANGES = 'egress.allowCIDRs: expected a list of address ranges such as 10.0.0.0/8';
  const bad: Readonly<Record<string, readonly string[]>> = {
    'watchNamespaces: team': [NAMESPACES],
    'watchNamespaces: [Team]': [NAMESPACES],
    'watchNamespaces: [team, 7]': [NAMESPACES],
    'watchNamespaces: [""]': [NAMESPACES],
    'watchNamespaces:': [NAMESPACES],
    'watchLabelSelector: 7': ['watchLabelSelector: expected a string'],
    'watchLabelSelector: [a]': ['watchLabelSelector: expected a string'],
    'defaults: {interval: 59s}': ['defaults.interval: expected a duration from 1m to 168h, such as 10m'],
    'defaults: {interval: 169h}': ['defaults.interval: expected a duration from 1m to 168h, such as 10m'],
    'defaults: {interval: 600}': ['defaults.interval: expected a duration from 1m to 168h, such as 10m'],
    'defaults: {interval: 10 minutes}': [
      'defaults.interval: expected a duration from 1m to 168h, such as 10m',
    ],
    'defaults: {retryInterval: 9s}': [
      'defaults.retryInterval: expected a duration from 10s to 24h, such as 10m',
    ],
    'defaults: 10m': ['defaults: expected a map of keys'],
    'defaults: [interval]': ['defaults: expected a map of keys'],
    'concurrency: 0': ['concurrency: expected a whole number from 1 to 1000'],
    'concurrency: 1001': ['concurrency: expected a whole number from 1 to 1000'],
    'concurrency: 1.5': ['concurrency: expected a whole number from 1 to 1000'],
    'concurrency: "8"': ['concurrency: expected a whole number from 1 to 1000'],
    'concurrency: .nan': ['concurrency: expected a whole number from 1 to 1000'],
    'concurrency: .inf': ['concurrency: expected a whole number from 1 to 1000'],
    'insecureRegistries: ["http://registry.example.com"]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: [registry.example.com/team]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: [Registry.example.com]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: ["registry.example.com:65536"]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: ["registry.example.com:0"]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: ["*.example.com"]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: ["[2001:db8:0::10]"]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: ["192.0.2.010"]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: ["192.0.2.256"]': [`insecureRegistries: ${HOSTS}`],
    'insecureRegistries: [ci:hunter2@registry.example.com]': [`insecureRegistries: ${HOSTS}`],
    'policy: {allowedRegistries: all}': [`policy.allowedRegistries: ${HOSTS}`],
    'kubeApi: {qps: 0}': ['kubeApi.qps: expected a whole number from 1 to 10000'],
    'kubeApi: {burst: 20001}': ['kubeApi.burst: expected a whole number from 1 to 20000'],
    'tokenHosts: [auth.example.com]': [PAIRS],
    'tokenHosts: [a.example.com=b.example.com=c.example.com]': [PAIRS],
    'tokenHosts: [{a.example.com: b.example.com}]': [PAIRS],
    'tokenHosts: [a.example.com=]': [PAIRS],
    'egress: {allowCIDRs: [127.0.0.1/33]}': [RANGES],
    'egress: {allowCIDRs: [example.com]}': [RANGES],
    'caBundle: true': ['caBundle: expected a string'],
    'log: {level: trace}': ['log.level: expected one of debug, info, warn, error'],
    'log: {level: INFO}': ['log.level: expected one of debug, info, warn, error'],
    'log: {format: xml}': ['log.format: expected one of json, text'],
    'log: {level: }': ['log.level: expected one of debug, info, warn, error'],
    'secretAccess: watch': ['secretAccess: this version supports only "get": Secrets are read one by one'],
    'policy: {trustedRegistries: ["*.example.com"]}': [`policy.trustedRegistries: ${HOSTS}`],
    'bindings: team': [BINDINGS],
    'bindings: [team]': [BINDINGS],
    'bindings: [{secret: a, registry: r.example.com}]': [BINDINGS],
    'bindings: [{namespace: n, secret: a, registry: "*"}]': [BINDINGS],
    'bindings: [{namespace: n, secret: A_B, registry: r.example.com}]': [BINDINGS],
    'bindings: [{namespace: n, secret: a, registry: r.example.com, path: x}]': [BINDINGS],
    'server: {address: localhost}': ['server.address: expected an IP address, such as 0.0.0.0 or 127.0.0.1'],
    'server: {port: 65536}': ['server.port: expected a whole number from 0 to 65535'],
    'status: {showPrincipal: yes}': ['status.showPrincipal: expected true or false'],
    'leaderElection: {enabled: true}': [
      'leaderElection.enabled: this version supports only false: run one replica',
    ],
    'watchNamespace: [team]': ['"watchNamespace": unknown key; did you mean watchNamespaces?'],
    'CONCURRENCY: 8': ['"CONCURRENCY": unknown key; did you mean concurrency?'],
    'defaults: {intervall: 10m}': ['"defaults.intervall": unknown key; did you mean defaults.interval?'],
    'log: {lvl: info}': ['"log.lvl": unknown key; did you mean log.level?'],
    'log.level: debug': [
      '"log.level": a key has no dots: write a map in a map, such as "log: {level: info}"',
    ],
    '- concurrency: 8': ['the configuration must be a map of keys, such as "concurrency: 32"'],
    concurrency: ['the configuration must be a map of keys, such as "concurrency: 32"'],
    '!!set {concurrency}': ['the configuration must be a map of keys, such as "concurrency: 32"'],
    'concurrency: 1\nconcurrency: 2': ['line 2: the key was set before: set it once'],
    'log:\n  level: info\n  level: debug': ['line 3: the key was set before: set it once'],
    'log: {level: info': ['line 1: not valid YAML (BAD_INDENT)'],
    'a: 1\n---\nb: 2': ['line 2: not valid YAML (MULTIPLE_DOCS)'],
    'concurrency: !many 8': ['line 1: not valid YAML (TAG_RESOLVE_FAILED)'],
    '%YAML 1.1\n---\nconcurrency: 8': ['%YAML: only YAML 1.2 is read: leave the line out'],
    '!!merge <<: ': ['not plain YAML: write maps, lists and words only, without tags such as !!merge'],
    'watchNamespaces: *x': [
      'line 1: aliases are not supported: repeat the value, or quote what begins with *',
    ],
    'watchNamespaces: &x [*x]': [
      'line 1: aliases are not supported: repeat the value, or quote what begins with *',
    ],
    'bindings: &x [*x]': ['line 1: aliases are not supported: repeat the value, or quote what begins with *'],
    '? [a]\n: 1': ['a key must be a word: lists, maps and binary data cannot be keys'],
  };
  for (const [text, problems] of Object.entries(bad)) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(problemsOf(text)).to.deep.equal(problems));
  }

  it('lists the keys where an unknown one is like none of them', () => {
    const [problem, ...more] = problemsOf('password: hunter2');
    expect(problem).to.match(/^"password": unknown key; known keys: watchNamespaces, .*, log\.format$/);
    expect(more).to.deep.equal([]);
  });

  it('knows no key by inheritance', () => {
    for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(problemsOf(`${key}: {a: 1}`)[0], key).to.include(`"${key}": unknown key`);
    }
  });

  it('shows no more than the beginning of an unknown key', () => {
    expect(problemsOf(`${'x'.repeat(500)}: 1`)[0]).to.match(/^"x{64}": unknown key/);
  });

  it('tells every problem at once', () => {
    const text = 'concurrency: none\nlog: {level: loud, color: red}\nkubeApi: {qps: -1}\nwatch: all';
    expect(problemsOf(text).map((problem) => /^[^:]+/.exec(problem)?.[0])).to.deep.equal([
      'concurrency',
      'log.level',
      '"log.color"',
      'kubeApi.qps',
      '"watch"',
    ]);
  });

  it('tells a few of the problems of a text that is no YAML at all', () => {
    expect(problemsOf('\t{[\n'.repeat(1_000))).to.have.lengthOf.within(1, 20);
  });

  it('L8: shows no value in a problem', () => {
    const values = [
      'hunter2',
      '[hunter2]',
      '{hunter2: hunter2}',
      '"hunter2',
      '- hunter2',
      '!hunter2 x',
      '\t hunter2',
    ];
    const keys = [
      'concurrency',
      'log',
      'caBundle',
      'watchNamespaces',
      'bindings',
      'tokenHosts',
      'leaderElection',
    ];
    for (const key of keys) {
      for (const value of values) {
        const said = problemsOf(`${key}: ${value}`).join('\n');
        expect(said.replaceAll(`${key}.hunter2`, ''), `${key}: ${value}`).to.not.include('hunter2');
      }
    }
  });

  it('is quick with a small text that stands for a large one', () => {
    const lines = ['a0: &a0 [x, x]'];
    for (let n = 1; n < 40; n += 1) {
      lines.push(`a${n}: &a${n} [${Array.from({ length: 9 }, () => `*a${n - 1}`).join(', ')}]`);
    }
    expect(problemsOf(lines.join('\n'))[0]).to.match(/^line 2: aliases are not supported/);
  });

  for (const deep of [
    '['.repeat(100_000),
    `bindings: ${'['.repeat(3_000)}${']'.repeat(3_000)}`,
    '- '.repeat(20_000),
  ]) {
    it(`refuses what is nested too deeply: ${deep.slice(0, 12)}…`, () =>
      expect(problemsOf(deep)[0]).to.equal('line 1: not valid YAML (RESOURCE_EXHAUSTION)'));
  }

  it('throws nothing but ConfigError, whatever the text', () => {
    const keys = fc.constantFrom(
      'concurrency',
      'log',
      'level',
      'kubeApi',
      'policy',
      'bindings',
      'x.y',
      '<<',
      'a',
    );
    const values = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom(
        '&a',
        '*a',
        '!!binary x',
        '{',
        ']',
        '|',
        '>-',
        '? ',
        '-',
        '%',
        '"',
        '!!omap [a: 1]',
        '2001-01-01',
      ),
    );
    const lines = fc.tuple(fc.constantFrom('', '  ', '- '), keys, values);
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(lines, { maxLength: 6 })
        .map((all) => all.map(([indent, key, value]) => `${indent}${key}: ${value}`).join('\n')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const problem of problemsOf(text)) expect(problem).to.match(/\S/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('loadConfig', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'config-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('reads a file', () => {
    const file = join(dir, 'config.yaml');
    writeFileSync(file, '\uFEFFconcurrency: 8\r\n');
    expect(loadConfig(file)).to.deep.equal({ ...DEFAULTS, concurrency: 8 });
  });

  const unreadable: readonly (readonly [name: string, file: string, code: string])[] = [
    ['that is missing', 'missing.yaml', 'ENOENT'],
    ['that is a folder', '.', 'EISDIR'],
    ['whose name is none', 'a\0b', 'ERR_INVALID_ARG_VALUE'],
  ];
  for (const [name, file, code] of unreadable) {
    it(`says of a file ${name} which one it is and why`, () => {
      const path = `${dir}/${file}`;
      expect(() => loadConfig(path))
        .to.throw(ConfigError)
        .with.deep.property('problems', [
          `cannot read the configuration file ${JSON.stringify(path)} (${code})`,
        ]);
    });
  }
});
