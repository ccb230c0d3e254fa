import { expect } from 'chai';
import type { RegistryPushCheck } from '../src/api/registrypushcheck.ts';
import type { Cleanup, Observation } from '../src/check/observation.ts';
import { createMetrics, type Gauges, type Metrics } from '../src/metrics.ts';
import { METRICS, PREFIX } from '../src/metrics-table.ts';
import { ACCEPTED, aCheck, aCondition, anAnswer, aProbed, at, NOW_MS } from './support/builders.ts';

const HOST = 'registry.example.com';
const IDS = 'namespace="team",name="mirror"';
const NOTHING: Gauges = {
  checks: [],
  inFlight: 0,
  queueDepth: 0,
  heardMs: undefined,
  crdOutdated: undefined,
};

/** The series of an exposition with their values, without the prefix of their names. */
function seriesOf(text: string): Readonly<Record<string, number>> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      expect(line).to.match(new RegExp(`^${PREFIX}`));
      const space = line.lastIndexOf(' ');
      return [line.slice(PREFIX.length, space), Number(line.slice(space + 1))];
    }),
  );
}

/** A check that was probed and failed at its second stage. */
function probed(over: Parameters<typeof aCheck>[0] = {}): RegistryPushCheck {
  return aCheck({
    ...over,
    status: {
      conditions: [
        aCondition({ type: 'Ready', status: 'False', reason: 'CredentialsRejected' }),
        aCondition({ type: 'Reachable', status: 'True' }),
        aCondition({ type: 'Authenticated', status: 'False' }),
        aCondition({ type: 'PushAuthorized', status: 'Unknown' }),
        aCondition({ type: 'PullAuthorized', status: 'True' }),
      ],
      registry: { host: HOST },
      lastProbeTime: at(0),
      nextProbeTime: at(600_000),
      lastSuccessTime: at(-600_000),
      consecutiveFailures: 2,
      ...over.status,
    },
  });
}

describe('createMetrics', () => {
  let metrics: Metrics;
  beforeEach(() => (metrics = createMetrics('1.2.3', { now: () => NOW_MS })));

  const pieces = async (gauges: Partial<Gauges> = {}): Promise<readonly string[]> => {
    const all: string[] = [];
    for await (const piece of metrics.expose({ ...NOTHING, ...gauges })) all.push(piece);
    return all;
  };
  const text = async (gauges: Partial<Gauges> = {}): Promise<string> => (await pieces(gauges)).join('');
  const series = async (gauges: Partial<Gauges> = {}): Promise<Readonly<Record<string, number>>> =>
    seriesOf(await text(gauges));
  const about = async (
    part: string,
    gauges: Partial<Gauges> = {},
  ): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries(Object.entries(await series(gauges)).filter(([name]) => name.startsWith(part)));

  it('tells type and meaning of each metric once, in one place, before its series', async () => {
    metrics.probed(HOST, aProbed());
    const lines = (await text({ checks: [probed()] })).split('\n');
    const types = lines.filter((line) => line.startsWith('# TYPE '));
    expect(types).to.have.members(
      Object.entries(METRICS).map(([name, { type }]) => `# TYPE ${PREFIX}${name} ${type}`),
    );
    const helps = lines.filter((line) => line.startsWith('# HELP '));
    expect(helps).to.have.members(
      Object.entries(METRICS).map(([name, { help }]) => `# HELP ${PREFIX}${name} ${help}`),
    );
    let current = '';
    for (const line of lines.filter((one) => one !== '')) {
      if (line.startsWith('#')) current = line.split(' ')[2] ?? '';
      else expect(line.replace(/(?:_bucket|_sum|_count)?(?:\{.*)? .*$/, '')).to.equal(current);
    }
  });

  it('L6: gives each series the labels of the table, and no others', async () => {
    metrics.probed(
      HOST,
      aProbed({ ...ACCEPTED, cleanup: 'Failed' } as Observation, { certificateEndsMs: 1 }),
    );
    metrics.wrote('written');
    const checks = [
      probed({ status: { credentials: { expiresAt: at(90 * 86_400_000), firstSeenTime: at(0) } } }),
    ];
    const all = Object.keys(await series({ checks, heardMs: 1, crdOutdated: true }));
    for (const [name, { labels }] of Object.entries(METRICS)) {
      const own = all.filter((one) => one.replace(/(?:_bucket|_sum|_count)?(?:\{.*)?$/, '') === name);
      expect(own, name).not.to.have.length(0);
      for (const one of own)
        expect(
          [...one.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le'),
          one,
        ).to.have.members([...labels]);
    }
  });

  it('shows what the status of a check says', async () => {
    expect(await about('', { checks: [probed()] })).to.include({
      [`ready{${IDS},registry="${HOST}"}`]: 0,
      [`stage_ok{${IDS},stage="Reachable"}`]: 1,
      [`stage_ok{${IDS},stage="Authenticated"}`]: 0,
      [`stage_ok{${IDS},stage="PullAuthorized"}`]: 1,
      [`last_probe_timestamp_seconds{${IDS}}`]: NOW_MS / 1000,
      [`next_probe_timestamp_seconds{${IDS}}`]: NOW_MS / 1000 + 600,
      [`last_success_timestamp_seconds{${IDS}}`]: NOW_MS / 1000 - 600,
      [`consecutive_failures{${IDS}}`]: 2,
    });
    expect(await about('stage_ok', { checks: [probed()] })).not.to.have.any.keys(
      `stage_ok{${IDS},stage="PushAuthorized"}`,
    );
    const green = probed({ status: { conditions: [aCondition({ type: 'Ready' })] } });
    expect(await about('ready', { checks: [green] })).to.deep.equal({
      [`ready{${IDS},registry="${HOST}"}`]: 1,
    });
  });

  const silent: readonly (readonly [name: string, check: RegistryPushCheck])[] = [
    ['that nobody has visited', aCheck()],
    [
      'whose verdict is Unknown',
      probed({ status: { conditions: [aCondition({ type: 'Ready', status: 'Unknown' })] } }),
    ],
    ['that was just suspended', probed({ spec: { suspend: true } })],
  ];
  for (const [name, check] of silent) {
    it(`shows no verdict and no stage of a check ${name}`, async () => {
      const all = Object.keys(await series({ checks: [check] }));
      expect(all.filter((one) => /^(?:ready|stage_ok)/.test(one))).to.deep.equal([]);
    });
  }

  it('has series of checks only while they are there', async () => {
    const [one, two] = [probed({ metadata: { name: 'one' } }), probed({ metadata: { name: 'two' } })];
    const named = async (name: string, checks: readonly RegistryPushCheck[]): Promise<number> =>
      (await text({ checks })).split(`name="${name}"`).length - 1;
    expect(await named('one', [one, two])).to.equal(8);
    expect(await named('one', [two])).to.equal(0);
    expect(await named('two', [two])).to.equal(8);
  });

  const DAY = 86_400_000;
  const lives: readonly (readonly [name: string, credentials: object | undefined, shown: boolean])[] = [
    ['of unknown expiry', { secretResourceVersion: '1' }, false],
    ['without a Secret', undefined, false],
    ['of 14 days', { firstSeenTime: at(0), expiresAt: at(14 * DAY) }, true],
    ['of 14 days, after it has expired', { firstSeenTime: at(-20 * DAY), expiresAt: at(-6 * DAY) }, true],
    ['of a second less', { firstSeenTime: at(0), expiresAt: at(14 * DAY - 1000) }, false],
    ['whose age is unknown', { expiresAt: at(90 * DAY) }, false],
  ];
  for (const [name, credentials, shown] of lives) {
    it(`${shown ? 'shows' : 'does not show'} when a login ${name} expires`, async () => {
      const checks = [probed({ status: credentials === undefined ? {} : { credentials } })];
      const found = await about('credentials_', { checks });
      const { expiresAt } = (credentials ?? {}) as { readonly expiresAt?: string };
      expect(found).to.deep.equal(
        shown
          ? { [`credentials_expiration_timestamp_seconds{${IDS}}`]: Date.parse(expiresAt ?? '') / 1000 }
          : {},
      );
    });
  }

  it('escapes what a status says, and survives what it should not say', async () => {
    const odd = { host: 'a"} 1\nregistry_push_check_leader 7\\' };
    const checks = [
      probed({ status: { registry: odd, lastProbeTime: 'yesterday' } }),
      probed({
        metadata: { name: 'odd' },
        status: { registry: { host: 7 } as never, credentials: { expiresAt: 7 } as never },
      }),
    ];
    const all = await series({ checks, heardMs: 1 });
    expect(all).to.include({
      [`ready{${IDS},registry="a\\"} 1\\nregistry_push_check_leader 7\\\\"}`]: 0,
      'ready{namespace="team",name="odd",registry=""}': 0,
      leader: 1,
    });
    expect(all).not.to.have.any.keys(`last_probe_timestamp_seconds{${IDS}}`);
  });

  const due: readonly (readonly [name: string, check: RegistryPushCheck, due: number])[] = [
    ['is new', aCheck(), 1],
    ['was edited', probed({ metadata: { generation: 4 } }), 1],
    ['is due now', probed({ status: { nextProbeTime: at(0) } }), 1],
    ['is due later', probed(), 0],
    ['is suspended', aCheck({ spec: { suspend: true } }), 0],
    ['is being deleted', aCheck({ metadata: { deletionTimestamp: at(0) } }), 0],
    [
      'cannot be run',
      aCheck({ status: { conditions: [aCondition({ type: 'Ready', status: 'False' })] } }),
      0,
    ],
  ];
  for (const [name, check, count] of due) {
    it(`counts ${count} due where a check ${name}`, async () => {
      expect(await about('due_checks', { checks: [check] })).to.deep.equal({ due_checks: count });
    });
  }

  it('shows what is going on, and nothing of what is not known', async () => {
    expect(await about('', { inFlight: 3, queueDepth: 4 })).to.deep.equal({
      inflight_probes: 3,
      due_checks: 0,
      workqueue_depth: 4,
      leader: 0,
      'build_info{version="1.2.3"}': 1,
    });
    expect(await about('', { heardMs: 1500, crdOutdated: false })).to.include({
      'watch_last_event_timestamp_seconds{resource="registrypushchecks"}': 1.5,
      leader: 1,
      crd_outdated: 0,
    });
    expect(await about('crd', { crdOutdated: true })).to.deep.equal({ crd_outdated: 1 });
  });

  it('counts writes by what became of them', async () => {
    for (const result of ['written', 'written', 'superseded', 'failed'] as const) metrics.wrote(result);
    expect(await about('status_writes')).to.deep.equal({
      'status_writes_total{result="written"}': 2,
      'status_writes_total{result="superseded"}': 1,
      'status_writes_total{result="failed"}': 1,
    });
  });

  const decided: readonly (readonly [observation: Observation, stage: string, reason: string])[] = [
    [ACCEPTED, 'PushAuthorized', 'PushAuthorized'],
    [{ kind: 'LoginWanted' }, 'Authenticated', 'CredentialsRequired'],
    [{ kind: 'PingRefused', answer: anAnswer(503) }, 'Reachable', 'RegistryUnavailable'],
    [
      { kind: 'UploadRefused', answer: anAnswer(403), login: 'proven', granted: undefined },
      'PushAuthorized',
      'PushDenied',
    ],
  ];
  for (const [observation, stage, reason] of decided) {
    it(`counts a probe that ended with ${reason} at ${stage}`, async () => {
      metrics.probed(HOST, aProbed(observation));
      expect(await about('probes_total')).to.deep.equal({
        [`probes_total{registry="${HOST}",stage="${stage}",reason="${reason}"}`]: 1,
      });
    });
  }

  it('counts the refusal of a login that has run out as status tells it', async () => {
    metrics.probed(HOST, aProbed({ kind: 'LoginRefused', answer: anAnswer(401) }), at(-1000));
    expect(await about('probes_total')).to.have.all.keys(
      `probes_total{registry="${HOST}",stage="Authenticated",reason="CredentialsExpired"}`,
    );
  });

  it('adds up the requests of a stage, and measures no stage that was not reached', async () => {
    const step = { httpStatus: 401, errorCode: undefined } as const;
    const steps = [
      { ...step, step: 'ping', durationMs: 40 },
      { ...step, step: 'login', durationMs: 1000 },
      { ...step, step: 'token', durationMs: 1500 },
    ] as const;
    metrics.probed(HOST, aProbed({ kind: 'LoginWanted' }, { steps }));
    const found = await about('stage_duration_seconds');
    const of = (stage: string): string => `{registry="${HOST}",stage="${stage}"}`;
    expect(found).to.include({
      [`stage_duration_seconds_sum${of('Reachable')}`]: 0.04,
      [`stage_duration_seconds_sum${of('Authenticated')}`]: 2.5,
      [`stage_duration_seconds_count${of('Authenticated')}`]: 1,
      [`stage_duration_seconds_bucket{le="0.05",registry="${HOST}",stage="Reachable"}`]: 1,
      [`stage_duration_seconds_bucket{le="1",registry="${HOST}",stage="Authenticated"}`]: 0,
      [`stage_duration_seconds_bucket{le="2.5",registry="${HOST}",stage="Authenticated"}`]: 1,
    });
    expect(Object.keys(found).filter((name) => name.includes('PushAuthorized'))).to.deep.equal([]);
  });

  const left: readonly (readonly [cleanup: Cleanup, series: Readonly<Record<string, number>>])[] = [
    ['Cancelled', {}],
    ...(['NotPermitted', 'Unsupported', 'Failed'] as const).map(
      (cause) => [cause, { [`uncancelled_uploads_total{registry="${HOST}",cause="${cause}"}`]: 1 }] as const,
    ),
  ];
  for (const [cleanup, expected] of left) {
    it(`knows what is left behind where the cancel ended as ${cleanup}`, async () => {
      metrics.probed(
        HOST,
        aProbed({ kind: 'UploadAccepted', login: 'proven', location: { kind: 'here' }, cleanup }),
      );
      expect(await about('uncancelled')).to.deep.equal(expected);
    });
  }

  it('L6: tells the first 200 registries apart and calls the others other', async () => {
    for (let round = 0; round < 2; round += 1)
      for (let index = 0; index < 250; index += 1) metrics.probed(`r${index}.example.com`, aProbed());
    const found = await about('probes_total');
    expect(Object.keys(found)).to.have.length(201);
    const labels = 'stage="PushAuthorized",reason="PushAuthorized"';
    expect(found).to.include({
      [`probes_total{registry="r199.example.com",${labels}}`]: 2,
      [`probes_total{registry="other",${labels}}`]: 100,
    });
  });

  describe('of certificates', () => {
    const shown = (checks: readonly RegistryPushCheck[]): Promise<Readonly<Record<string, number>>> =>
      about('tls_cert', { checks });
    const of = (host: string, name = host): RegistryPushCheck =>
      probed({ metadata: { name }, status: { registry: { host } } });

    it('shows the one that was seen last, while a check of its registry is left', async () => {
      metrics.probed('a', aProbed(ACCEPTED, { certificateEndsMs: 1_000 }));
      metrics.probed('a', aProbed(ACCEPTED, { certificateEndsMs: 2_000 }));
      metrics.probed('a', aProbed(ACCEPTED, { certificateEndsMs: undefined }));
      metrics.probed('b', aProbed(ACCEPTED, { certificateEndsMs: 3_000 }));
      const name = 'tls_cert_not_after_timestamp_seconds';
      expect(await shown([of('a', 'one'), of('a', 'two'), of('b')])).to.deep.equal({
        [`${name}{registry="a"}`]: 2,
        [`${name}{registry="b"}`]: 3,
      });
      expect(await shown([of('b'), of('c')])).to.deep.equal({ [`${name}{registry="b"}`]: 3 });
    });

    it('remembers the last thousand', async () => {
      const hosts = Array.from({ length: 1001 }, (_, index) => `r${index}`);
      for (const host of hosts) metrics.probed(host, aProbed(ACCEPTED, { certificateEndsMs: 1_000 }));
      const found = await shown(hosts.map((host) => of(host)));
      expect(Object.keys(found)).to.have.length(1000);
      expect(found).not.to.have.any.keys('tls_cert_not_after_timestamp_seconds{registry="r0"}');
    });
  });

  it('is a text in small pieces, whatever the number of checks', async () => {
    const checks = Array.from({ length: 2000 }, (_, index) =>
      probed({ metadata: { name: `check-${index}` } }),
    );
    const all = await pieces({ checks });
    expect(Math.max(...all.map(({ length }) => length))).to.be.below(20_000);
    expect(Object.keys(seriesOf(all.join('')))).to.have.length.above(16_000);
  });
});
