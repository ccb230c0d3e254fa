import { readFile, readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { METRICS, PREFIX, type Metric } from '../src/metrics-table.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

/** What `metrics.prometheusRule` of the chart installs. */
async function rules(): Promise<readonly Rule[]> {
  const text = await readFile('charts/registry-push-check/files/rules.yaml', 'utf8');
  const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

/** The cells of each row of the page that begins with a match. */
async function rows(first: RegExp): Promise<readonly (readonly string[])[]> {
  const lines = (await readFile('docs/metrics.md', 'utf8')).split('\n');
  return lines
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell));
}

describe('docs/metrics.md', () => {
  it('lists every metric with its type, labels and meaning, and no other', async () => {
    const expected = Object.entries<Metric>(METRICS).map(([name, { type, labels, help }]) => [
      `\`${PREFIX}${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]);
    expect(await rows(/^`registry_push_check_/)).to.deep.equal(expected);
  });

  it('lists every alert with its severity and runbook', async () => {
    const expected = (await rules()).map(({ alert, labels }) => [
      `[${alert}](runbooks/${alert}.md)`,
      labels.severity,
    ]);
    expect((await rows(/^\[RegistryPushCheck/)).map((row) => row.slice(0, 2))).to.deep.equal(expected);
  });
});

describe('the alerts', () => {
  it('have a runbook each, and there is no other', async () => {
    const names = (await rules()).map(({ alert }) => alert);
    expect(names).to.have.length(6);
    expect((await readdir('docs/runbooks')).toSorted()).to.deep.equal(
      names.map((name) => `${name}.md`).toSorted(),
    );
    for (const { alert, annotations } of await rules()) {
      expect(annotations['runbook_url']).to.equal(
        `https://github.com/stella-ops/registry-push-check/blob/main/docs/runbooks/${alert}.md`,
      );
      expect(annotations).to.have.all.keys('summary', 'description', 'runbook_url');
    }
  });

  it('have runbooks that say what is seen, what to type and what is likely', async () => {
    for (const { alert } of await rules()) {
      const text = await readFile(`docs/runbooks/${alert}.md`, 'utf8');
      expect(text).to.match(new RegExp(`^# ${alert}\n\n\\*\\*Symptom\\.\\*\\* `));
      for (const part of ['**What to type', '```sh\nkubectl ', '**Likely causes.**'])
        expect(text, alert).to.include(part);
    }
  });

  it('ask only for metrics and labels that there are', async () => {
    for (const { alert, expr } of await rules()) {
      const names = [...expr.matchAll(/registry_push_check_(\w+)/g)].map(([, name = '']) => name);
      expect(names, alert).not.to.have.length(0);
      const metrics = new Map<string, Metric>(Object.entries(METRICS));
      const labels = names.flatMap((name) => metrics.get(name)?.labels ?? [`no metric ${name}`]);
      for (const [, by = ''] of expr.matchAll(/by \(([^)]*)\)/g))
        expect(labels, alert).to.include.members(by.split(', '));
    }
  });
});
