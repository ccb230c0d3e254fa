import { Counter, Histogram, Registry as Register } from 'prom-client';
import { PLURAL, type RegistryPushCheck } from './api/registrypushcheck.ts';
import { checkSeries, isDue, registryOf } from './check-metrics.ts';
import { judge } from './check/judge.ts';
import type { Observation, Probed } from './check/observation.ts';
import { PULL_STAGE, STAGES } from './check/reason.ts';
import type { Subject } from './check/verdict.ts';
import type { Clock } from './clock.ts';
import { STEPS_OF } from './controller/report.ts';
import { headOf, label, sample } from './exposition.ts';
import { METRICS, PREFIX, type MetricName } from './metrics-table.ts';

/** What became of a write of a status. */
export type WriteResult = 'written' | 'superseded' | 'failed';

/** What the operator counts, and everything that `/metrics` shows. */
export interface Metrics {
  /** A probe of the registry (`host` or `host:port`) has ended; `expiredAt` as in {@link Subject}. */
  readonly probed: (host: string, probed: Probed, expiredAt?: Subject['expiredAt']) => void;
  readonly wrote: (result: WriteResult) => void;
  /** The text of `/metrics`, in pieces of about 16 KiB: whoever writes them can let others work in between. */
  readonly expose: (gauges: Gauges) => AsyncGenerator<string, void, undefined>;
}

/** What is looked up when somebody asks. Undefined: not known, and then there is no series. */
export interface Gauges {
  readonly checks: readonly RegistryPushCheck[];
  readonly inFlight: number;
  readonly queueDepth: number;
  /** When the API server was last heard of, in milliseconds since the epoch; undefined until all checks were listed. */
  readonly heardMs: number | undefined;
  readonly crdOutdated: boolean | undefined;
}

/** As many registries have counters of their own; later ones share those of `other`. */
const MOST_REGISTRIES = 200;
/** As many certificates are remembered, those that were seen last. */
const MOST_CERTIFICATES = 1000;
/** In seconds: from a registry in the same rack to the longest usual timeout. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics without a single count. */
export function createMetrics(version: string, clock: Pick<Clock, 'now'>): Metrics {
  const register = new Register();
  const counter = (name: MetricName): Counter => new Counter({ ...options(name), registers: [register] });
  const probes = counter('probes_total');
  const uncancelled = counter('uncancelled_uploads_total');
  const writes = counter('status_writes_total');
  const durations = new Histogram({
    ...options('stage_duration_seconds'),
    buckets: BUCKETS,
    registers: [register],
  });
  const bounded = firstOf(MOST_REGISTRIES);
  const certificates = createCertificates();
  return {
    probed: (host, { observation, steps, certificateEndsMs }, expiredAt) => {
      const registry = bounded(host);
      const subject: Subject = { host, repository: '', secret: undefined, expiredAt };
      const { stage = 'none', reason } = judge(observation, subject);
      probes.inc({ registry, stage, reason });
      for (const one of [...STAGES, PULL_STAGE] as const) {
        const own = steps.filter(({ step }) => STEPS_OF[one].includes(step));
        if (own.length === 0) continue;
        const tookMs = own.reduce((sum, { durationMs }) => sum + durationMs, 0);
        durations.observe({ registry, stage: one }, tookMs / 1000);
      }
      const cause = leftBehind(observation);
      if (cause !== undefined) uncancelled.inc({ registry, cause });
      if (certificateEndsMs !== undefined) certificates.saw(host, certificateEndsMs);
    },
    wrote: (result) => writes.inc({ result }),
    expose: async function* (gauges) {
      yield* checkSeries(gauges.checks);
      yield certificates.series(new Set(gauges.checks.map(registryOf)));
      yield gaugeSeries(gauges, version, clock.now());
      yield register.metrics();
    },
  };
}

function options(name: MetricName): { name: string; help: string; labelNames: string[] } {
  const { help, labels } = METRICS[name];
  return { name: PREFIX + name, help, labelNames: [...labels] };
}

/** Of all texts, the first `most` are answered as they are, later ones as `other`. */
function firstOf(most: number): (text: string) => string {
  const known = new Set<string>();
  return (text) => {
    if (known.size < most) known.add(text);
    return known.has(text) ? text : 'other';
  };
}

function leftBehind(observation: Observation): string | undefined {
  if (observation.kind !== 'UploadAccepted' || observation.cleanup === 'Cancelled') return undefined;
  return observation.cleanup;
}

interface Certificates {
  /** The certificate of a registry expires then (milliseconds since the epoch). */
  saw(host: string, endsMs: number): void;
  /** The series of these registries. */
  series(of: ReadonlySet<string>): string;
}

function createCertificates(): Certificates {
  const ends = new Map<string, number>();
  return {
    saw: (host, endsMs) => {
      ends.delete(host);
      ends.set(host, endsMs);
      const [oldest] = ends.keys();
      if (ends.size > MOST_CERTIFICATES && oldest !== undefined) ends.delete(oldest);
    },
    series: (of) => {
      const name = 'tls_cert_not_after_timestamp_seconds';
      return [...ends].reduce(
        (text, [host, endsMs]) =>
          of.has(host) ? text + sample(name, label('registry', host), endsMs / 1000) : text,
        headOf(name),
      );
    },
  };
}

function gauge(name: MetricName, value: number | undefined, labels = ''): string {
  return headOf(name) + (value === undefined ? '' : sample(name, labels, value));
}

function gaugeSeries(
  { checks, inFlight, queueDepth, heardMs, crdOutdated }: Gauges,
  version: string,
  nowMs: number,
): string {
  const due = checks.filter((check) => isDue(check, nowMs)).length;
  const heard = heardMs === undefined ? undefined : heardMs / 1000;
  return [
    gauge('inflight_probes', inFlight),
    gauge('due_checks', due),
    gauge('workqueue_depth', queueDepth),
    gauge('watch_last_event_timestamp_seconds', heard, label('resource', PLURAL)),
    gauge('crd_outdated', crdOutdated === undefined ? undefined : Number(crdOutdated)),
    gauge('leader', heardMs === undefined ? 0 : 1),
    gauge('build_info', 1, label('version', version)),
  ].join('');
}
