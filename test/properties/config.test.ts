import { expect } from 'chai';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { formatDuration } from '../../src/api/duration.ts';
import { CONFIG_KEYS, ConfigError, parseConfig, type Config } from '../../src/config.ts';
import { hostile, madeOf, properties, trees } from '../support/properties.ts';

const CANARY = 'S3cr3t-C4nary';
const PARTS = [...new Set(CONFIG_KEYS.flatMap((path) => path.split('.')))];

const values = fc.oneof(
  fc.constantFrom<unknown>(
    CANARY,
    `*${CANARY}`,
    1,
    0,
    -1,
    32,
    1e9,
    Number.NaN,
    Infinity,
    true,
    false,
    null,
    '10m',
    '1s',
    '0.0.0.0',
    'info',
    'json',
    'reg.example',
    'reg.example:5000',
    '10.0.0.0/8',
    'a=b',
    '<<',
    'REG.example',
    '127.1',
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [CANARY],
    ['reg.example'],
    ['team'],
    [{ namespace: 'a', secret: 'b', registry: 'c' }],
    { a: 1 },
  ),
  hostile(20),
);
const trunk = trees([...PARTS, 'leaderElection', 'secretAccess'], values);
const PIECES = [
  '%YAML 1.1\n---\n',
  '%YAML 1.2\n---\n',
  '%TAG ! x\n',
  '---\n',
  '...\n',
  '<<: ',
  '<<',
  '&a ',
  '*a',
  `*${CANARY}`,
  '!!binary ',
  '!!set ',
  '!!omap ',
  '!!str ',
  '!!merge ',
  '!x ',
  'null',
  '~',
  'yes',
  '0o7',
  '0x1',
  '.inf',
  '2001-01-01',
  '1_000',
  'concurrency',
  'log',
  'level',
  'policy',
  'bindings',
  ': ',
  ':\n  ',
  '\n',
  '  ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '|\n ',
  '>-\n ',
  '#',
  '\t',
  '\0',
  '\ufeff',
  CANARY,
  '1',
  'a.b',
  '__proto__',
  'constructor',
];
const texts = fc.oneof(
  trunk.map((tree) => JSON.stringify(tree)),
  trunk.map((tree) => stringify(tree, { aliasDuplicateObjects: false })),
  madeOf(PIECES, 14),
  madeOf(PIECES, 6).map((text) => `%YAML 1.1\n---\n${text}`),
  hostile(100),
);

/** Texts that are nested as deep as they are long. */
const bombs = fc
  .tuple(
    fc.constantFrom('[', '{a: ', '- ', '? ', 'a: ', '!', '"', '&a ', '*a ', '\n', ' - a\n', '#', '{', '|'),
    fc.integer({ min: 500, max: 3000 }),
  )
  .map(([piece, count]) => piece.repeat(count));

/** What the text gives, or what is wrong with it. Anything else that is thrown comes out, and so does a warning of the process. */
function read(text: string): Config | readonly string[] {
  const emitWarning = process.emitWarning.bind(process);
  const warnings: unknown[] = [];
  process.emitWarning = (warning: unknown) => void warnings.push(warning);
  try {
    return parseConfig(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  } finally {
    process.emitWarning = emitWarning;
    expect(warnings).to.deep.equal([]);
  }
}

function isConfig(value: Config | readonly string[]): value is Config {
  return !Array.isArray(value);
}

/** A configuration as a file. */
function printed(config: Config): unknown {
  const { defaults, tokenHosts, ...rest } = config;
  return {
    ...rest,
    defaults: {
      interval: formatDuration(defaults.intervalMs),
      retryInterval: formatDuration(defaults.retryIntervalMs),
    },
    tokenHosts: tokenHosts.map(({ registry, tokenHost }) => `${registry}=${tokenHost}`),
  };
}

const host = fc.constantFrom(
  'reg.example',
  'reg.example:5000',
  '10.0.0.7',
  '[fd00::1]:5000',
  'a-b.example',
  'yes',
  'null',
  '1.2e3.example',
  'n',
);
const hosts = fc.array(host, { maxLength: 3 });
const name = fc.oneof(
  fc.constantFrom('yes', 'no', 'null', 'true', '1', '0x1', '1e3', 'off', '012'),
  fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/),
);
const configs: fc.Arbitrary<Config> = fc.record({
  watchNamespaces: fc.array(name, { maxLength: 3 }),
  watchLabelSelector: fc.oneof(
    fc.constantFrom('', 'a=b', 'a in (b, c)', '!a', '*', '&a', '- a', '# a', 'null', 'yes', '1'),
    fc.string({ maxLength: 20 }),
  ),
  defaults: fc.record({
    intervalMs: fc.integer({ min: 60_000, max: 604_800_000 }),
    retryIntervalMs: fc.integer({ min: 10_000, max: 86_400_000 }),
  }),
  concurrency: fc.integer({ min: 1, max: 1000 }),
  insecureRegistries: hosts,
  policy: fc.record({ allowedRegistries: hosts, trustedRegistries: hosts }),
  bindings: fc.array(fc.record({ namespace: name, secret: name, registry: host }), { maxLength: 3 }),
  kubeApi: fc.record({
    qps: fc.integer({ min: 1, max: 10_000 }),
    burst: fc.integer({ min: 1, max: 20_000 }),
  }),
  tokenHosts: fc.array(fc.record({ registry: host, tokenHost: host }), { maxLength: 2 }),
  egress: fc.record({
    allowCIDRs: fc.array(fc.constantFrom('10.0.0.0/8', '::1/128', '10.0.0.1'), { maxLength: 2 }),
  }),
  caBundle: fc.oneof(fc.constantFrom('', '/etc/ca.pem', '~', '@a', '%a'), fc.string({ maxLength: 20 })),
  server: fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.integer({ min: 0, max: 65_535 }) }),
  status: fc.record({ showPrincipal: fc.boolean() }),
  log: fc.record({
    level: fc.constantFrom('debug', 'info', 'warn', 'error'),
    format: fc.constantFrom('json', 'text'),
  }),
});

properties('configuration file', (holds) => {
  holds(
    'gives a configuration within its bounds, or says what is wrong, and nothing else is thrown',
    fc.property(texts, (text) => {
      const result = read(text);
      if (!isConfig(result)) return void expect(result.length).to.be.at.least(1);
      expect(result.concurrency).to.be.within(1, 1000);
      expect(result.kubeApi.qps).to.be.within(1, 10_000);
      expect(result.kubeApi.burst).to.be.within(1, 20_000);
      expect(result.server.port).to.be.within(0, 65_535);
      expect(result.defaults.intervalMs).to.be.within(60_000, 604_800_000);
      expect(result.defaults.retryIntervalMs).to.be.within(10_000, 86_400_000);
      expect(result.log.level).to.be.oneOf(['debug', 'info', 'warn', 'error']);
      expect(result.log.format).to.be.oneOf(['json', 'text']);
      for (const one of [
        ...result.insecureRegistries,
        ...result.policy.allowedRegistries,
        ...result.policy.trustedRegistries,
      ])
        expect(one).to.match(/^[a-z0-9.:[\]-]+$/);
    }),
    1000,
  );

  holds(
    'ends in a configuration or in sentences, however deep it is nested',
    fc.property(bombs, fc.constantFrom('', 'log: ', 'bindings:\n'), (text, before) => {
      const result = read(before + text);
      if (!isConfig(result)) expect(result.length).to.be.within(1, 20);
    }),
    15,
  );

  holds(
    'says what is wrong in few and short lines that repeat no value',
    fc.property(texts, (text) => {
      const result = read(text);
      if (isConfig(result)) return;
      expect(result.length).to.be.at.most(20);
      for (const line of result) {
        expect(line).to.match(/\S/).and.not.include('\n');
        expect(line.length).to.be.at.most(1000);
        // A key is repeated, since its author has to find it.
        if (!line.includes('unknown key') && !line.includes('a key has no dots'))
          expect(line).to.not.include(CANARY);
      }
    }),
    1000,
  );

  holds(
    'repeats no value of a known key',
    fc.property(
      fc.constantFrom(...CONFIG_KEYS),
      fc.constantFrom(
        CANARY,
        `*${CANARY}`,
        `!${CANARY} x`,
        `"${CANARY}`,
        `{${CANARY}: 1}`,
        `[${CANARY}]`,
        `\n    ${CANARY}`,
        `|\n${CANARY}`,
        `[{secret: ${CANARY}}]`,
        `&${CANARY} 1`,
        `@${CANARY}`,
        `%${CANARY}`,
      ),
      (path, value) => {
        const [first = '', second] = path.split('.');
        const result = read(second === undefined ? `${first}: ${value}` : `${first}:\n  ${second}: ${value}`);
        if (!isConfig(result))
          expect(result.join('\n').replace(/^".*": unknown key.*$/gm, '')).to.not.include(CANARY);
      },
    ),
  );

  holds(
    'is read back as it was, from YAML and from JSON',
    fc.property(configs, (config) => {
      const file = printed(config);
      expect(read(stringify(file))).to.deep.equal(config);
      expect(read(JSON.stringify(file))).to.deep.equal(config);
    }),
  );

  holds(
    'loses to flags, whatever it says',
    fc.property(configs, fc.integer({ min: 1, max: 1000 }), (config, concurrency) => {
      expect(parseConfig(stringify(printed(config)), { concurrency })).to.deep.equal({
        ...config,
        concurrency,
      });
    }),
    50,
  );
});
