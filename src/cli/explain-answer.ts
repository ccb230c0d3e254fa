import { EXPLANATIONS, FOUND, MEANINGS, stageOf } from '../check/explanations/all.ts';
import { PRODUCTS, type ProductId } from '../check/products/all.gen.ts';
import type { Product } from '../check/products/product.ts';
import {
  FINDINGS,
  needsFix,
  PULL_REASONS,
  PULL_STAGE,
  REASONS,
  UNREACHED,
  type Course,
  type Reason,
} from '../check/reason.ts';
import { hasFix, PLATFORM_NAMES, PLATFORMS, type Platform } from '../check/remediation/platforms.ts';
import type { Remediation } from '../check/remediation/remedy.ts';
import { fixOf, type Place } from './explain-fix.ts';
import { columns, type Paint } from './output.ts';
import { paragraphs, wrap } from './paragraphs.ts';

/** What time does to a reason, in words. */
export const COURSES: Readonly<Record<Course, string>> = {
  ok: 'nothing to do',
  definite: 'trying again will not help, a person has to act',
  transient: 'it may go away by itself',
  persistent: 'it may go away by itself; where it stays, a person has to act',
  open: 'no verdict before a person has decided',
};

/** Reasons of conditions that only the operator gives. */
const OF_OPERATOR = {
  Progressing: 'A first probe is under way: there is no verdict yet.',
  ProgressingWithRetry: 'A probe failed in a way that may pass: the operator tries again by itself.',
  Suspended: 'The check has spec.suspend: no probes, and the verdict is withdrawn.',
} as const;

type Word = keyof typeof MEANINGS | keyof typeof OF_OPERATOR | (typeof FINDINGS)[number];

/** A name that can be explained. */
export type Name = Reason | Word;

const WORDS: Readonly<Record<Word, string>> = { ...MEANINGS, ...OF_OPERATOR, ...FOUND };
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of our own table
const REASON_NAMES = Object.keys(REASONS) as Reason[];
const WORD_NAMES: readonly Word[] = [
  ...PULL_REASONS,
  ...Object.values(UNREACHED),
  'Progressing',
  'ProgressingWithRetry',
  'Suspended',
  ...FINDINGS,
];

/** Every name that can be explained: reasons first. */
export const NAMES: readonly Name[] = [...REASON_NAMES, ...WORD_NAMES];

/** One line of the list. */
export interface Listed {
  readonly name: Name;
  readonly stage: string | undefined;
  readonly course: Course | 'finding' | undefined;
  readonly meaning: string;
}

/** An explanation as data. */
export interface Explained extends Listed {
  readonly symptom?: string;
  readonly evidence?: string;
  readonly causes?: readonly string[];
  readonly product?: { readonly id: ProductId; readonly name: string; readonly permission: string };
  /** A host that was asked for and that no product is known by. */
  readonly unknownHost?: string;
  /** Why the product does not give this reason. */
  readonly impossible?: string;
  readonly fixes?: Readonly<Partial<Record<Platform, Remediation>>>;
}

/** What can be explained, in one line each. */
export function listed(name: Name): Listed {
  if (isReason(name)) {
    const meaning = needsFix(name) ? EXPLANATIONS[name].meaning : WORDS[name];
    return { name, stage: stageOf(name), course: REASONS[name], meaning };
  }
  const has = (names: readonly string[]): boolean => names.includes(name);
  const stage = has(PULL_REASONS) ? PULL_STAGE : undefined;
  return { name, stage, course: has(FINDINGS) ? 'finding' : undefined, meaning: WORDS[name] };
}

function isReason(name: Name): name is Reason {
  return Object.hasOwn(REASONS, name);
}

/** What a name means, and what to do about it on these platforms. */
export function explained(name: Name, place: Place, platforms: readonly Platform[]): Explained {
  const line = listed(name);
  if (!isReason(name) || !needsFix(name)) return line;
  const { symptom, evidence, causes } = EXPLANATIONS[name];
  const product: Product | undefined = place.product && PRODUCTS[place.product];
  const impossible = product?.impossible?.[name]?.text;
  // Of all platforms, those that have nothing to say say nothing.
  const isWorth = (one: Platform): boolean => platforms.length === 1 || hasFix(name, one);
  return {
    ...line,
    symptom,
    evidence,
    causes,
    ...(product === undefined || place.product === undefined
      ? {}
      : { product: { id: place.product, name: product.name, permission: product.permission.text } }),
    ...(product === undefined && place.registry !== undefined ? { unknownHost: place.registry.host } : {}),
    ...(impossible === undefined ? {} : { impossible }),
    fixes: Object.fromEntries(platforms.filter(isWorth).map((one) => [one, fixOf(name, one, place)])),
  };
}

/**
 * An explanation for people.
 * @param width of the terminal; undefined: a row is a line
 */
export function renderOne(one: Explained, paint: Paint, width?: number): string {
  const { name, stage, course, meaning, symptom, evidence, causes = [], product, impossible } = one;
  const rows: [string, string][] = [];
  if (stage !== undefined) rows.push(['Stage', stage]);
  if (course === 'finding') rows.push(['Finding', 'worth knowing; it does not decide the verdict']);
  else if (course !== undefined) rows.push(['Course', `${course}: ${COURSES[course]}`]);
  if (symptom !== undefined) rows.push(['Symptom', symptom]);
  if (evidence !== undefined) rows.push(['Evidence', evidence]);
  for (const [at, cause] of causes.entries()) rows.push([at === 0 ? 'Causes' : '', `- ${cause}`]);
  if (one.unknownHost !== undefined)
    rows.push([
      'Product',
      `not known by this host; name it, such as harbor: --registry harbor=${one.unknownHost}`,
    ]);
  if (product !== undefined) rows.push(['Product', product.name], ['Right', product.permission]);
  if (product !== undefined && impossible !== undefined)
    rows.push(['', `${product.name} does not give this reason: ${impossible}.`]);
  // The page of the vendor is that of all platforms.
  const more = Object.values(one.fixes ?? {})[0]?.docsUrl;
  if (more !== undefined) rows.push(['More', more]);
  const first =
    width === undefined ? meaning : wrap(`${name}: ${meaning}`, width).join('\n').slice(`${name}: `.length);
  const head = `${paint.strong(name)}: ${first}\n${rows.length === 0 ? '' : `\n${paragraphs(rows, WIDTH, width)}`}`;
  const fixes = PLATFORM_NAMES.flatMap((platform) => {
    const fix = one.fixes?.[platform];
    return fix === undefined ? [] : [fixRows(platform, fix, paint, width)];
  });
  return [head, ...fixes].join('\n');
}

/** Of the first column, so that all tables of one explanation stand alike. */
const WIDTH = 'Evidence'.length;

function fixRows(
  platform: Platform,
  { summary, steps }: Remediation,
  paint: Paint,
  width: number | undefined,
): string {
  const rows: [string, string][] = [
    ['Fix', summary],
    ...steps.map((step, at): [string, string] => ['', `${at + 1}. ${step}`]),
  ];
  return `${paint.strong(PLATFORMS[platform])}\n${paragraphs(rows, WIDTH, width)}`;
}

/** The list for people: reasons and other names, and the products. */
export function renderList(): string {
  const names = NAMES.map(listed).map(({ name, stage = '-', course = '-', meaning }) => [
    name,
    stage,
    course,
    meaning,
  ]);
  const products = Object.entries<Product>(PRODUCTS).map(([id, { name }]) => [id, name]);
  return `${columns([['REASON', 'STAGE', 'COURSE', 'MEANING'], ...names])}\n${columns([['PRODUCT', 'NAME'], ...products])}`;
}

/** The list as data. */
export function dataOfList(): unknown {
  const products = Object.entries<Product>(PRODUCTS).map(([id, { name, docs }]) => ({ id, name, docs }));
  return { reasons: NAMES.map(listed), products };
}
