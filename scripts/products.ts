import { readFile } from 'node:fs/promises';
import { format, type FormatConfig } from 'oxfmt';
import type { Evidence, Product, ProductAdvice, Statement } from '../src/check/products/product.ts';
import { recognise } from '../src/check/recognise.ts';
import type { FailureReason } from '../src/check/reason.ts';
import { TRY_LOGIN, TRY_STEPS } from '../src/check/remediation/mend-secret.ts';
import {
  CREATE_STEPS,
  LET_CREATE,
  OTHER_REPOSITORY,
  otherSteps,
} from '../src/check/remediation/other-repository.ts';
import { commandOf } from '../src/check/remediation/command.ts';
import { clusterText } from '../src/check/remediation/text.ts';
import {
  OTHER_SECRET,
  OTHER_SECRET_STEPS,
  RENEW_EXPIRY,
  WRITE_GIVEN_LOGIN,
  WRITE_LOGIN,
} from '../src/check/remediation/write-login.ts';
import { PRODUCT_ROWS, type Shown } from '../test/check/product-rows.ts';
import type { GeneratedFile } from './charts.ts';
import { coverageOf, RESTS_ON, tableOf, totalsOf, type Products } from './coverage.ts';

/** The pages about all products, `docs/registries`, and the list of them with the coverage. Reads the configuration of the formatter. */
export async function productPages(products: Products): Promise<readonly GeneratedFile[]> {
  const options = JSON.parse(await readFile('.oxfmtrc.json', 'utf8')) as FormatConfig;
  const made = [
    { path: 'docs/registries/README.md', text: listOf(products) },
    ...Object.entries(products).map(([id, product]) => ({
      path: `docs/registries/${id}.md`,
      text: pageOf(id, product),
    })),
  ];
  return Promise.all(
    made.map(async ({ path, text }) => ({ path, text: (await format(path, text, options)).code })),
  );
}

const note = (from: string): string => `<!-- Generated from ${from} by "npm run generate". Do not edit. -->`;

function listOf(products: Products): string {
  const table = coverageOf(products);
  const evidence = (Object.keys(RESTS_ON) as Evidence[]).map((kind) => `- **${kind}**: ${RESTS_ON[kind]}`);
  return [
    '# Registries',
    note('the files of src/check/products'),
    'A check looks which product a registry is, by its host and its answer to `GET /v2/` without a login, and says what to do in the words of that product: where to click, what to type, which page of the vendor to read. What a vendor runs itself is known by its host alone, what runs on hosts of its users by the answer, too; signs of several products are those of none. Where it does not know the product, or the product is no different from others, the advice is that for any registry.',
    'What a registry answers decides only which of these texts is shown. None of its words gets into them.',
    '## What is said of which reason',
    tableOf(table, (id, name) => `[${escaped(name)}](${id}.md)`),
    'Each cell says what the advice rests on:',
    [
      ...evidence,
      '- **generic**: the advice for any registry',
      '- **impossible**: this product does not answer so; its page says why',
    ].join('\n'),
    'Reasons that are no column have the same advice everywhere.',
    `In all: ${totalsOf(table)}.`,
    '',
  ].join('\n\n');
}

function pageOf(id: string, product: Product): string {
  const { name, permission, probe, unproven, advice, impossible = {}, docs } = product;
  const cells = Object.entries(advice) as [FailureReason, ProductAdvice][];
  const never = Object.entries(impossible);
  return [
    `# ${escaped(name)}`,
    note(`src/check/products/${id}.ts`),
    `What a check does at ${escaped(name)}, and what to do when it is red. The words in brackets say what a statement [rests on](README.md#what-is-said-of-which-reason).`,
    '## The right that a push needs',
    `${statement(permission)} [Page of the vendor](${docs})`,
    '## How a check knows it',
    recognised(id),
    '## What a check does there',
    bullets(probe),
    '## What a green check does not prove',
    bullets(unproven),
    '## What to do',
    'This is what `status.remediation` of a check says, with the names of the check in the place of words in capitals (which are yours to fill in here), and with a last step that checks again.',
    ...cells.flatMap(([reason, one]) => adviceOf(reason, one, product)),
    ...(never.length === 0
      ? []
      : [
          '## What does not happen there',
          never
            .map(([reason, { text, evidence }]) => `- ${reason}: ${escaped(text)} _(${evidence})_`)
            .join('\n'),
        ]),
    '## Any other reason',
    'The advice is that for any registry.',
    '',
  ].join('\n\n');
}

/** By what a registry is seen to be this product: its row of the tests. */
function recognised(id: string): string {
  const row = PRODUCT_ROWS.find((one) => one.id === id);
  if (row === undefined) throw new Error(`test/check/product-rows.ts has no row for ${id}`);
  const { also = [], ...first } = row;
  const byHost = (shown: Shown): boolean => recognise(shown.hostname, undefined) === id;
  const signs = [
    ...new Set(
      [first, ...also].map((shown) => (byHost(shown) ? `the host ${code(shown.hostname)}` : signOf(shown))),
    ),
  ];
  return ['For example by', ...signs.map((sign) => `- ${sign}`)].join('\n');
}

function signOf({ ping = {} }: Shown): string {
  const { challenges = [], marks = {}, body = '', status = 401 } = ping;
  const headers = [
    ...challenges.map((value) => `WWW-Authenticate: ${value}`),
    ...Object.entries(marks).map(([name, value]) => `${name}: ${value}`),
  ];
  const parts = [
    ...headers.map((header) => `the header ${code(header)}`),
    ...(body === '' ? [] : [`the body ${code(body.slice(0, 120).trim().replaceAll(/\s+/g, ' '))}`]),
  ];
  return `an answer ${status} with ${parts.join(' and ')}`;
}

function adviceOf(reason: FailureReason, advice: ProductAdvice, { docs }: Product): readonly string[] {
  const { summary, steps, evidence } = advice;
  return [
    `### ${reason}`,
    escaped(filled(clusterText(summary))),
    steps
      .map(clusterText)
      .flatMap((step, at) => namedSteps(step, at === 0))
      .map((step, at) => `${at + 1}. ${stepOf(filled(step))}`)
      .join('\n'),
    `_(${evidence})_ [Page of the vendor](${advice.docs ?? docs})`,
  ];
}

/** The steps that depend on the check are words here. */
function namedSteps(step: string, isFirst: boolean): readonly string[] {
  const words: Readonly<Record<string, readonly string[]>> = {
    [WRITE_LOGIN]: [
      'Write the new login into the Secret of the check; its status shows the commands for this kind of Secret.',
    ],
    [WRITE_GIVEN_LOGIN]: [
      'Write the login into the Secret of the check; its status shows the commands for this kind of Secret.',
    ],
    [OTHER_SECRET]: OTHER_SECRET_STEPS,
    [TRY_LOGIN]: TRY_STEPS.docker,
    [RENEW_EXPIRY]: [
      'Where the Secret says itself when its login ends, by expiresAt or by its annotation, write the new end there.',
    ],
    [OTHER_REPOSITORY]: otherSteps(isFirst),
    [LET_CREATE]: CREATE_STEPS,
  };
  return words[step] ?? [step];
}

/** A step as Markdown of a list: its command in a block of its own. */
export function stepOf(step: string): string {
  const command = commandOf(step);
  if (command === undefined) return escaped(step);
  const sentence = step.slice(0, -command.length).trimEnd();
  return `${escaped(sentence)}\n\n   \`\`\`sh\n   ${command}\n   \`\`\`\n`;
}

const bullets = (all: readonly Statement[]): string => all.map((one) => `- ${statement(one)}`).join('\n');
const statement = ({ text, evidence }: Statement): string => `${escaped(text)} _(${evidence})_`;
const filled = (text: string): string =>
  text.replaceAll('{login}', 'Secret SECRET').replace(/\{([a-z]+)\}/g, (_, key: string) => key.toUpperCase());
const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

/** Plain text as Markdown. */
export function escaped(text: string): string {
  return text.replace(/[\\<*[\]|]|(?<!\w)_|_(?!\w)/g, (one) => `\\${one}`);
}
