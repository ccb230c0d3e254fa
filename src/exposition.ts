import { METRICS, PREFIX, type Metric, type MetricName } from './metrics-table.ts';

/** The text format of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The lines that a metric begins with. */
export function headOf(name: MetricName): string {
  const { type, help }: Metric = METRICS[name];
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n`;
}

/** One series of a metric; `labels` come from {@link label}, joined by commas. */
export function sample(name: MetricName, labels: string, value: number): string {
  return labels === '' ? `${PREFIX}${name} ${value}\n` : `${PREFIX}${name}{${labels}} ${value}\n`;
}

/** A label and its value, escaped. */
export function label(name: string, value: string): string {
  return `${name}="${escape(value)}"`;
}

const SPECIAL = /[\\"\n]/;

function escape(value: string): string {
  if (!SPECIAL.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
