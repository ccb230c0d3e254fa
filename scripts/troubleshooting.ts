import { readFile } from 'node:fs/promises';
import { format, type FormatConfig } from 'oxfmt';
import { EXPLANATIONS } from '../src/check/explanations/all.ts';
import { needsFix, REASONS, type FailureReason, type Reason } from '../src/check/reason.ts';
import {
  LAST_MILE,
  MILE_OF,
  PLATFORMS,
  VERIFY_BY_DOCTOR,
  type Mile,
  type Platform,
} from '../src/check/remediation/platforms.ts';
import { COURSES, listed, NAMES } from '../src/cli/explain-answer.ts';
import { fixOf, shown } from '../src/cli/explain-fix.ts';
import type { GeneratedFile } from './charts.ts';
import type { Products } from './coverage.ts';
import { escaped, stepOf } from './products.ts';

const PATH = 'docs/troubleshooting.md';
const FAILURES = (Object.keys(REASONS) as Reason[]).filter(needsFix);

/** `docs/troubleshooting.md`: a heading for each reason that needs a fix. Reads the configuration of the formatter. */
export async function troubleshootingPage(products: Products): Promise<GeneratedFile> {
  const options = JSON.parse(await readFile('.oxfmtrc.json', 'utf8')) as FormatConfig;
  return { path: PATH, text: (await format(PATH, textOf(products), options)).code };
}

function textOf(products: Products): string {
  return [
    '# Troubleshooting',
    '<!-- Generated from src/check/explanations and src/check/remediation by "npm run generate". Do not edit. -->',
    'A check that is not green has a reason: `kubectl get rpc -A` shows it, and `registry-push-check check` in its first line. Its status says what to do with the names already filled in (`kubectl describe rpc NAME -n NAMESPACE`, under Remediation). This page says the same of every reason, and more of its causes; `registry-push-check explain REASON` prints it, without asking anybody ([the command line](cli.md#explain)).',
    'Words in capitals are yours to fill in. What a registry product has other words for stands on [its page](registries/README.md), which each reason links to.',
    overview(),
    ...FAILURES.flatMap((reason) => sectionOf(reason, products)),
    '## Outside of a cluster',
    'What is done at the registry is the same wherever the login is used. What is typed besides differs: above it is said for Kubernetes, here for the other two. Those are about the platform of Stella Ops, where the check `check.integration.oci.push` of its doctor asks the same question: names of services and settings are its own. Without it, take the login to where your pushes have it.',
    ...(Object.keys(LAST_MILE) as (keyof typeof LAST_MILE)[]).flatMap(mileOf),
    '## What needs no fix',
    'Of a stage that is passed, or that says nothing of its own; [findings](status.md#findings) are what is worth knowing besides.',
    table(
      ['reason', 'meaning'],
      NAMES.map(listed)
        .filter(({ name, course }) => course !== 'finding' && !isFailure(name))
        .map(({ name, meaning }) => [`\`${name}\``, escaped(meaning)]),
    ),
    '',
  ].join('\n\n');
}

const isFailure = (name: string): boolean => (FAILURES as readonly string[]).includes(name);

function overview(): string {
  const rows = FAILURES.map(listed).map(({ name, stage, course, meaning }) => [
    `[${name}](#${name.toLowerCase()})`,
    stage ?? '',
    course ?? '',
    escaped(meaning),
  ]);
  const courses = (['definite', 'transient', 'persistent', 'open'] as const).map(
    (course) => `**${course}**: ${COURSES[course]}`,
  );
  return `${table(['reason', 'stage', 'course', 'meaning'], rows)}\n\nThe course is what time does to it. ${courses.join('; ')}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function sectionOf(reason: FailureReason, products: Products): readonly string[] {
  const { meaning, symptom, evidence, causes } = EXPLANATIONS[reason];
  const { summary, steps } = fixOf(reason, 'kubernetes', { product: undefined, registry: undefined });
  const mile = MILE_OF[reason];
  return [
    `## ${reason}`,
    escaped(meaning),
    `**Symptom.** ${escaped(symptom)}`,
    `**Evidence.** ${escaped(evidence)}`,
    `**Causes.**\n\n${causes.map((cause) => `- ${escaped(cause)}`).join('\n')}`,
    `**Fix.** ${escaped(summary)}`,
    numbered(steps.slice(0, -1)),
    `**Verify.** ${stepOf(steps.at(-1) ?? '').replaceAll('\n   ', '\n')}`,
    ...(mile === 'cluster'
      ? []
      : [`With Docker Compose and systemd: [${TITLES[mile].toLowerCase()}](#${anchor(TITLES[mile])}).`]),
    ...differences(reason, products),
  ];
}

const numbered = (steps: readonly string[]): string =>
  steps.map((step, at) => `${at + 1}. ${stepOf(step)}`).join('\n');
const anchor = (title: string): string => title.toLowerCase().replaceAll(' ', '-');

/** Where a product has other words for a reason, or cannot give it. */
function differences(reason: FailureReason, products: Products): readonly string[] {
  const link = (id: string, name: string, to: string): string =>
    `[${escaped(name)}](registries/${id}.md#${to})`;
  const all = Object.entries(products);
  const own = all.filter(([, { advice }]) => advice[reason] !== undefined);
  const never = all.filter(([, { impossible }]) => impossible?.[reason] !== undefined);
  const names = (list: typeof all, to: string): string =>
    list.map(([id, { name }]) => link(id, name, to)).join(', ');
  return [
    ...(own.length === 0 ? [] : [`In the words of the product: ${names(own, anchor(reason))}.`]),
    ...(never.length === 0 ? [] : [`Not at: ${names(never, 'what-does-not-happen-there')}.`]),
  ];
}

const TITLES: Readonly<Record<Exclude<Mile, 'cluster'>, string>> = {
  login: 'Another login',
  expired: 'A new login',
  right: 'Another right',
  repository: 'Another repository',
  address: 'Another address',
  network: 'The network',
  proxy: 'The proxy',
  certificate: 'The certificate',
  registry: 'Nothing to change here',
};

function mileOf(mile: Exclude<Mile, 'cluster'>): readonly string[] {
  const of = (platform: Exclude<Platform, 'kubernetes'>): readonly string[] => [
    `**${PLATFORMS[platform]}**`,
    numbered([...LAST_MILE[mile][platform], VERIFY_BY_DOCTOR].map(withNames)),
  ];
  return [`### ${TITLES[mile]}`, ...of('compose'), ...of('systemd')];
}

const HOST = 'HOST';
const NAMES_IN_CAPITALS: Readonly<Record<string, string>> = {
  url: `https://${HOST}`,
  server: HOST,
  hostname: HOST,
};
const withNames = (step: string): string =>
  shown(step.replace(/\{([a-z]+)\}/g, (whole, word: string) => NAMES_IN_CAPITALS[word] ?? whole));
