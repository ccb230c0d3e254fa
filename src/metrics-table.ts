/** One metric: what `# TYPE` and `# HELP` say of it, and the labels of its series. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One sentence for people; docs/metrics.md has the same. */
  readonly help: string;
}

/** What the name of every metric begins with. */
export const PREFIX = 'registry_push_check_';

/** The labels that a check is known by. No others of its own: reasons, messages, URLs and repositories change, and are in status. */
const CHECK = ['namespace', 'name'] as const;

/** Every metric, by its name without {@link PREFIX}. Part of the API: alerts and dashboards are built on names and labels. */
export const METRICS = {
  ready: {
    type: 'gauge',
    labels: [...CHECK, 'registry'],
    help: 'Verdict of a check: 1 if the push is permitted, 0 if not; absent where it is Unknown or the check is suspended.',
  },
  stage_ok: {
    type: 'gauge',
    labels: [...CHECK, 'stage'],
    help: 'One stage of the last probe of a check: 1 if it passed, 0 if not; absent where it is Unknown or the check is suspended.',
  },
  last_probe_timestamp_seconds: {
    type: 'gauge',
    labels: CHECK,
    help: 'When a check was last probed.',
  },
  last_success_timestamp_seconds: {
    type: 'gauge',
    labels: CHECK,
    help: 'When a probe of a check last succeeded.',
  },
  next_probe_timestamp_seconds: {
    type: 'gauge',
    labels: CHECK,
    help: 'When the next probe of a check is due.',
  },
  consecutive_failures: {
    type: 'gauge',
    labels: CHECK,
    help: 'Failed probes of a check in a row.',
  },
  credentials_expiration_timestamp_seconds: {
    type: 'gauge',
    labels: CHECK,
    help: 'When the login of a check expires; absent where that is unknown, and for logins that live less than 14 days.',
  },
  probes_total: {
    type: 'counter',
    labels: ['registry', 'stage', 'reason'],
    help: 'Probes that ended, by the stage that decided and the reason it gave; visits that sent no request are no probes.',
  },
  stage_duration_seconds: {
    type: 'histogram',
    labels: ['registry', 'stage'],
    help: 'Time that the requests of one stage took, by probe; the cancel of the upload belongs to no stage.',
  },
  uncancelled_uploads_total: {
    type: 'counter',
    labels: ['registry', 'cause'],
    help: 'Upload sessions that the operator could not cancel; they expire at the registry.',
  },
  tls_cert_not_after_timestamp_seconds: {
    type: 'gauge',
    labels: ['registry'],
    help: 'When the TLS certificate that a registry last showed expires; absent where no check is left for it.',
  },
  status_writes_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Writes of a status: written, superseded (the check had changed meanwhile) or failed.',
  },
  inflight_probes: {
    type: 'gauge',
    labels: [],
    help: 'Probes that run now.',
  },
  due_checks: {
    type: 'gauge',
    labels: [],
    help: 'Checks whose probe is due, or that were never visited since they were created or edited; suspended ones do not count.',
  },
  workqueue_depth: {
    type: 'gauge',
    labels: [],
    help: 'Checks that wait for a worker.',
  },
  watch_last_event_timestamp_seconds: {
    type: 'gauge',
    labels: ['resource'],
    help: 'When the API server was last heard of by a list or a watch; of several namespaces, the one that is silent longest.',
  },
  crd_outdated: {
    type: 'gauge',
    labels: [],
    help: 'Whether the CustomResourceDefinition that is installed lacks fields of this version; absent until that is known.',
  },
  leader: {
    type: 'gauge',
    labels: [],
    help: 'Whether this replica is the one that probes: 1 as soon as the checks were listed; this version runs as one replica.',
  },
  build_info: {
    type: 'gauge',
    labels: ['version'],
    help: 'The version of the operator; always 1.',
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** The name of a metric without {@link PREFIX}. */
export type MetricName = keyof typeof METRICS;
