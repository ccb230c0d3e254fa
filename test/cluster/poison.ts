import { parse, stringify } from 'yaml';
import { readFile } from 'node:fs/promises';
import { OWN_FIELDS } from '../../src/controller/stored-status.ts';
import { BAD_SAMPLES } from '../api/bad-samples.ts';
import { CRD_FILE } from '../api/crd.ts';
import { rowLabel } from '../api/rows.ts';

/** An object that an older CRD let in, and the verdict that its own status gets all the same. */
export interface Poison {
  /** What is special about it, with the rows of the table of bad input that it belongs to. */
  readonly what: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Absent: a good one. */
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly verdict: string;
  /** Nobody can write its status: rules of the API server cannot be evaluated on a value of another type than theirs. */
  readonly unwritable?: boolean;
}

/** The kind as an older version may have had it: it takes everything and forgets nothing. */
export async function laxCrd(): Promise<string> {
  interface Crd {
    readonly spec: { readonly versions: readonly [Readonly<Record<string, unknown>>] };
  }
  const crd = parse(await readFile(CRD_FILE, 'utf8')) as Crd;
  const [{ name, served, storage, subresources }] = crd.spec.versions;
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const properties = { spec: { 'x-kubernetes-preserve-unknown-fields': true }, status: open };
  const schema = { openAPIV3Schema: { ...open, properties } };
  return stringify({
    ...crd,
    spec: { ...crd.spec, versions: [{ name, served, storage, subresources, schema }] },
  });
}

const INVALID = 'False/InvalidSpec';
const GREEN = 'True/PushAuthorized';

/** `[[[…]]]`, so deep. */
function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? [value] : { next: value };
  return value;
}

/** Members whose names every object of the language has: only a parser of JSON makes them. */
const NAMES_OF_THE_LANGUAGE: unknown = JSON.parse(
  '{"__proto__": {"suspend": true}, "constructor": 1, "toString": 2, "valueOf": 3, "hasOwnProperty": 4, "toJSON": 5}',
);

/** Fields that no rule but their type is about. */
const WITHOUT_RULES = /^(?:allowRepositoryCreation|suspend|failureThreshold|historyLimit) /;

const specs: readonly Poison[] = [
  ...BAD_SAMPLES.filter(({ only }) => only?.by !== 'admission').map((sample) => ({
    what: `${rowLabel(sample.name)}${sample.name}`,
    spec: sample.spec,
    verdict: INVALID,
    unwritable: sample.says === 'must be of type' && !WITHOUT_RULES.test(sample.name),
  })),
  ...[5, -1.5, 1e300, true, [], ['10m'], {}, { toString: 1 }, nested(200), 'NaN', 'Infinity', 'null'].map(
    (interval) => ({
      what: `row 21, row 27: spec.interval is ${JSON.stringify(interval).slice(0, 40)}`,
      spec: { registryUrl: 'https://registry.example.com', interval },
      verdict: INVALID,
      unwritable: typeof interval !== 'string',
    }),
  ),
  ...['registryUrl', 'pushTestRepository', 'existingSecret', 'schedule', 'timeout'].map((field) => ({
    what: `spec.${field} of 300 kB`,
    spec: { registryUrl: 'https://registry.example.com', [field]: 'a'.repeat(300_000) },
    verdict: INVALID,
  })),
  ...[[], 'spec', 7, true].map((spec) => ({
    what: `spec is ${JSON.stringify(spec)}`,
    spec,
    verdict: INVALID,
    unwritable: true,
  })),
  { what: 'no spec', spec: undefined, verdict: INVALID },
  { what: 'a spec of null', spec: null, verdict: INVALID },
  { what: 'spec of names of the language', spec: NAMES_OF_THE_LANGUAGE, verdict: INVALID },
];

const metadata: readonly Poison[] = [
  {
    what: 'row 28: 200 kB of annotations',
    metadata: { annotations: { 'example.com/huge': 'x'.repeat(200_000) } },
    verdict: GREEN,
  },
  {
    what: 'row 28: 2,000 labels',
    metadata: { labels: Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`l${at}`, 'x'])) },
    verdict: GREEN,
  },
  {
    what: 'a request of 100 kB',
    metadata: { annotations: { 'doctor.stella-ops.org/requestedAt': 'x'.repeat(100_000) } },
    verdict: GREEN,
  },
  { what: 'row 34: a name of 253 characters', metadata: { name: 'n'.repeat(253) }, verdict: GREEN },
];

const GARBAGE: readonly unknown[] = [
  true,
  7,
  -1,
  1e300,
  '',
  'x',
  'y'.repeat(10_000),
  '2999-01-01T00:00:00Z',
  [],
  [null],
  ['x'],
  [{}],
  [{ type: {}, name: [], time: 1, ready: null }],
  {},
  NAMES_OF_THE_LANGUAGE,
  nested(200),
];

const NOW = '2026-01-01T00:00:00Z';

/** A condition of somebody else. */
function foreign(at: number): unknown {
  return { type: `Foreign${at}`, status: 'True', reason: 'R', message: '', lastTransitionTime: NOW };
}

/** Of the generation that a new object has: whoever reads this believes that it has been judged. */
function ready(over: Readonly<Record<string, unknown>>): unknown {
  const rest = { status: 'True', reason: 'PushAuthorized', message: 'm', lastTransitionTime: NOW };
  return { type: 'Ready', observedGeneration: 1, ...rest, ...over };
}

const NESTED: Readonly<Record<string, unknown>> = {
  'conditions without names': { conditions: [{}, { status: 'True' }, { type: 7 }] },
  'a verdict with garbage for its time': {
    conditions: [ready({ lastTransitionTime: { toString: 1 } })],
    nextProbeTime: NOW,
  },
  'a verdict with a word for its time': {
    conditions: [ready({ lastTransitionTime: 'yesterday' })],
    nextProbeTime: NOW,
  },
  'a verdict of garbage': {
    conditions: [ready({ status: [], reason: {}, message: 9 })],
    nextProbeTime: NOW,
  },
  'a verdict twice': { conditions: [ready({}), ready({ status: 'False' })], nextProbeTime: NOW },
  '32 conditions of others': { conditions: Array.from({ length: 32 }, (_, at) => foreign(at)) },
  '1,000 conditions of others': { conditions: Array.from({ length: 1000 }, (_, at) => foreign(at)) },
  'conditions of others, broken': {
    conditions: [{ type: 'A' }, { type: 'B', status: 1, reason: [], message: {}, lastTransitionTime: 'x' }],
  },
  'stages that are none': { lastProbe: { stages: 'x' } },
  'a stage of null': { lastProbe: { stages: [null, 7] } },
  'history of empty objects': { history: [{}, {}] },
  'history of other types': { history: [{ time: {}, ready: 1, reason: [] }] },
  'history of 1,000': {
    history: Array.from({ length: 1000 }, () => ({ time: NOW, ready: 'True', reason: 'R' })),
  },
  'credentials of other types': {
    credentials: { secretResourceVersion: 7, expiresAt: {}, firstSeenTime: [], expirySource: 1 },
  },
  'findings without type': { findings: [{ message: 'm' }, { type: {}, message: [] }] },
  'remediation of other types': { remediation: { summary: 1, steps: 'x', docsUrl: {} } },
};

const statuses: readonly Poison[] = [
  ...GARBAGE.map((value) => ({
    what: `every field of status is ${JSON.stringify(value).slice(0, 60)}`,
    status: Object.fromEntries(OWN_FIELDS.map((field) => [field, value])),
    verdict: GREEN,
  })),
  ...Object.entries(NESTED).map(([what, status]) => ({ what: `status: ${what}`, status, verdict: GREEN })),
  {
    what: 'row 33: a status that somebody made look green',
    spec: { registryUrl: 'ftp://registry.example.com' },
    status: { observedGeneration: 1, conditions: [ready({})], nextProbeTime: '2999-01-01T00:00:00Z' },
    verdict: INVALID,
  },
];

/** Poison in every place of an object. */
export const POISONS: readonly Poison[] = [...specs, ...metadata, ...statuses];
