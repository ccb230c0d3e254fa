import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { nextStatus } from '../../src/controller/status.ts';
import { parseChallenges } from '../../src/registry/challenge.ts';
import { LOGIN, openTable, PING, POST, wantsBasic, type ProbeTable } from '../check/probe-table.ts';
import { aCheck, aDiagnosis, aSpec, aVisit, NOW_MS } from '../support/builders.ts';
import { answer, type Turn } from '../support/scripted-registry.ts';

/** The one place where time passes, and the last moment of the operator: a constant of its own, and nobody waits for it. */
const TIMERS = ['clock.ts', 'main.ts'];

describe('M5: no delay comes from outside', () => {
  it('is set by a timer anywhere but in the clock, which clamps it', async () => {
    const files = (await readdir('src', { recursive: true })).filter((file) => file.endsWith('.ts'));
    const found: string[] = [];
    for (const file of files) {
      const text = (await readFile(join('src', file), 'utf8')).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      if (/(?<!\.)\b(?:setTimeout|setInterval)\b|AbortSignal\.timeout\(/.test(text)) found.push(file);
    }
    expect(found.toSorted()).to.deep.equal(TIMERS);
    expect(await readFile('src/main.ts', 'utf8')).to.match(/setTimeout\([^;]*, FLUSH_MS\)/);
  });

  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const HOUR_MS = 3_600_000;
  const rows: readonly (readonly [name: string, value: string, ms: number | undefined])[] = [
    ['seconds', '30', 30_000],
    ['no second', '0', 1000],
    ['31 years', '999999999', HOUR_MS],
    ['1e9 seconds', '1000000000', undefined],
    ['an exponent', '1e9', undefined],
    ['a number of 4 kB', '9'.repeat(4096), undefined],
    ['less than nothing', '-1', undefined],
    ['a fraction', '0.5', undefined],
    ['Infinity', 'Infinity', undefined],
    ['a date in a minute', 'Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['a date that is over', 'Wed, 01 Jan 2020 00:00:00 GMT', 1000],
    ['a date in 70 years', 'Fri, 01 Jan 2094 00:00:00 GMT', HOUR_MS],
    ['a date of RFC 850', 'Thursday, 01-Jan-26 00:01:00 GMT', undefined],
    ['a date of asctime', 'Thu Jan  1 00:01:00 2026', undefined],
    ['a date that there is not', 'Thu, 99 Jan 2026 00:00:00 GMT', undefined],
    ['words', 'tomorrow', undefined],
  ];
  for (const [name, value, ms] of rows) {
    it(`is taken from a Retry-After of ${name} unclamped`, async () => {
      const turns: readonly Turn[] = [
        [PING, wantsBasic],
        [LOGIN, answer(200)],
        [`${POST} as ci`, answer(429, { 'Retry-After': value })],
      ];
      const { observation } = await table.run(turns);
      const { reason, retryAfterMs } = table.diagnose(observation);
      expect([reason, retryAfterMs]).to.deep.equal(['RateLimited', ms]);
    });
  }

  const intervals: readonly (readonly [intervalMs: number, mostMs: number])[] = [
    [60_000, 240_000],
    [600_000, 2_400_000],
    [86_400_000, 86_400_000],
  ];
  for (const [intervalMs, mostMs] of intervals) {
    it(`puts the next probe off beyond ${String(mostMs)} ms with an interval of ${String(intervalMs)}`, () => {
      const diagnosis = aDiagnosis({ reason: 'RateLimited', retryAfterMs: HOUR_MS });
      const spec = aSpec({ intervalMs, retryIntervalMs: 60_000 });
      const status: RegistryPushCheckStatus = nextStatus(aVisit({ check: aCheck(), spec, diagnosis }));
      const waitMs = Date.parse(status.nextProbeTime ?? '') - NOW_MS;
      expect(waitMs).to.be.within(1000, mostMs);
    });
  }
});

describe('M6: parseChallenges', () => {
  /** The least of many times that so many characters took: what a busy machine adds is not in it. */
  function leastMs(make: (length: number) => string, length: number): number {
    const fields = Array<string>(40).fill(make(length));
    let least = Infinity;
    for (let round = 0; round < 30; round += 1) {
      const start = performance.now();
      for (const field of fields) parseChallenges([field]);
      least = Math.min(least, performance.now() - start);
    }
    return least;
  }

  const texts: readonly (readonly [name: string, make: (length: number) => string])[] = [
    ['commas', (length) => ','.repeat(length)],
    ['open quotes', (length) => 'a="'.repeat(length / 3)],
    ['backslashes', (length) => `Basic realm="${'\\'.repeat(length - 13)}`],
    ['one value', (length) => `Basic realm="${'a'.repeat(length - 13)}`],
    ['one word', (length) => 'a'.repeat(length)],
    ['white space', (length) => `Basic${' '.repeat(length - 6)}x`],
    ['parameters', (length) => `Basic ${'a=b,'.repeat(length / 4)}`],
    ['schemes', (length) => 'a '.repeat(length / 2)],
    [
      'what a plausible expression takes exponential time for',
      (length) => `Basic a="${'",'.repeat(length / 2)}`,
    ],
  ];
  for (const [name, make] of texts) {
    it(`takes for eight times as much of ${name} no more than eight times as long, give or take`, () => {
      leastMs(make, 4096);
      // In quadratic time, it would be 64 times as long.
      expect(leastMs(make, 4096) / leastMs(make, 512)).to.be.below(32);
    });
  }
});

describe('M6: a probe and its challenges', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const bearer = (): string => `Bearer realm="${table.registry.url}/token",service="scripted"`;

  it('reads eight and no ninth', async () => {
    const other = (count: number): string[] => Array<string>(count).fill('Negotiate');
    const ninth = await table.run([
      [PING, answer(401, { 'WWW-Authenticate': [...other(8), 'Basic realm="r"'] })],
    ]);
    expect(ninth.observation).to.deep.equal({ kind: 'SchemeUnsupported', schemes: ['Negotiate'] });
    const eighth = await table.run([
      [PING, answer(401, { 'WWW-Authenticate': [...other(7), 'Basic realm="r"'] })],
      [LOGIN, answer(401)],
    ]);
    expect(table.diagnose(eighth.observation).reason).to.equal('CredentialsRejected');
  });

  it('reads none of what stands beyond 4 KiB of a line', async () => {
    const line = `${' '.repeat(8)}Negotiate ${'a'.repeat(4096)}, ${bearer()}`;
    const { observation } = await table.run([[PING, answer(401, { 'WWW-Authenticate': line })]]);
    expect(table.diagnose(observation).reason).to.equal('UnsupportedAuthScheme');
  });

  it('takes Bearer before Basic, in whatever order and on whatever lines', async () => {
    for (const lines of [
      ['Basic realm="r"', bearer()],
      [bearer(), 'Basic realm="r"'],
      [`Basic realm="r", ${bearer()}`],
    ]) {
      const asked = await table.start([[PING, answer(401, { 'WWW-Authenticate': lines })]]).probed;
      expect(asked.steps.map(({ step }) => step)).to.include('token');
    }
  });
});
