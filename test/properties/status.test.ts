import { expect } from 'chai';
import * as fc from 'fast-check';
import { CONDITION, type RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import type { Reason } from '../../src/check/reason.ts';
import { announce } from '../../src/controller/events.ts';
import { readCheck } from '../../src/controller/object.ts';
import { clearingPatch, mergePatch, statusPatch } from '../../src/controller/patch.ts';
import { nextTurn } from '../../src/controller/schedule.ts';
import { nextStatus, suspendedStatus } from '../../src/controller/status.ts';
import { essentialsOf, isOwnField, OWN_FIELDS } from '../../src/controller/stored-status.ts';
import { visits } from '../support/arbitraries.ts';
import { aCheck, aDiagnosis, aSpec, aVisit, at, NOW_MS } from '../support/builders.ts';
import { hostile, properties, trees } from '../support/properties.ts';
import { statusProblems } from '../support/status-schema.ts';

const members = ['a', 'b', 'c', 'status', 'type'] as const;

/** RFC 7396, section 2, on JSON as it is sent. `__proto__` is a member like any other. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result = new Map(isMap(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

const values = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'True',
    'Unknown',
    'PushAuthorized',
    'Progressing',
    0,
    -1,
    3,
    1e300,
    2 ** 53,
    0.5,
    true,
    {},
    [],
    [{}],
    [[]],
    at(0),
    at(-1e9),
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00Z',
    'x'.repeat(40_000),
  ),
  hostile(20),
);
const names = [...OWN_FIELDS, 'type', 'status', 'reason', 'stages', 'newer'];

/** A status that this version wrote, with some of its values replaced by others. */
const spoiled = fc
  .tuple(visits(), fc.array(fc.tuple(fc.nat(200), values), { minLength: 1, maxLength: 4 }))
  .map(([visit, spoils]) => {
    let status = sent(nextStatus(visit));
    for (const [index, value] of spoils) status = replaced(status, index, value);
    return status;
  });
const stored = fc.oneof(
  { weight: 4, arbitrary: spoiled },
  trees(names, values),
  trees(names, values).map((tree) => ({
    conditions: [
      { type: 'Ready', status: 'False', reason: 'x', message: '', lastTransitionTime: at(0) },
      ...[tree].flat(),
    ],
    history: tree,
  })),
);
const reasons = fc.constantFrom<Reason>(
  'PushAuthorized',
  'PushDenied',
  'RateLimited',
  'SecretNotFound',
  'RegistryUnavailable',
  'InvalidSpec',
);

/** The tree with its value of that number (counted from the top, round and round) replaced. */
function replaced(tree: unknown, index: number, value: unknown): unknown {
  const places: (readonly (string | number)[])[] = [];
  const walk = (node: unknown, path: readonly (string | number)[]): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, inner] of Object.entries(node)) {
      places.push([...path, key]);
      walk(inner, [...path, key]);
    }
  };
  walk(tree, []);
  const path = places[index % Math.max(1, places.length)];
  if (path === undefined) return value;
  const copy = structuredClone(tree) as Record<string | number, unknown>;
  let node = copy;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
  node[path.at(-1) ?? ''] = value;
  return copy;
}

properties('status', (holds) => {
  holds(
    'becomes by its merge patch what it shall be, at every depth',
    fc.property(trees(members).map(withoutNulls), trees(members).map(withoutNulls), (from, to) => {
      if (!isMap(from) || !isMap(to)) return;
      const patch = sent(mergePatch(from as never, to as never) ?? {});
      expect(merged(from, patch)).to.deep.equal(to);
      // And sending it twice changes nothing.
      expect(merged(to, patch)).to.deep.equal(to);
    }),
    500,
  );

  holds(
    'keeps to the schema, whatever is found and however long the texts are',
    fc.property(fc.array(visits(), { minLength: 1, maxLength: 4 }), (story) => {
      let status: RegistryPushCheckStatus | undefined;
      for (const visit of story) {
        const check = aCheck({ metadata: visit.check.metadata, ...(status === undefined ? {} : { status }) });
        status = nextStatus({ ...visit, check });
        expect(statusProblems(status)).to.deep.equal([]);
        expect(statusProblems(essentialsOf(status))).to.deep.equal([]);
        expect(statusProblems(suspendedStatus({ ...check, status }, visit.nowMs))).to.deep.equal([]);
      }
    }),
    50,
  );

  holds(
    'row 33: is judged and written again whatever is stored there',
    fc.property(stored, reasons, (raw, reason) => {
      const check = readCheck({ ...aCheck(), status: raw });
      const turn = nextTurn(check, aSpec(), NOW_MS);
      if (turn.kind === 'wait') expect(turn.ms ?? 0).to.be.within(0, 168 * 3_600_000);
      const next = nextStatus(aVisit({ check, diagnosis: aDiagnosis({ reason }) }));
      for (const status of [next, suspendedStatus(check, NOW_MS)]) {
        announce(check.status, { ...check, status }, NOW_MS);
        expect(
          merged(
            sent(check.status ?? {}),
            (sent(statusPatch(check, status)) as { readonly status: unknown }).status,
          ),
        ).to.deep.include(sent(status));
      }
      // Our verdict is there, once.
      expect(next.conditions?.filter(({ type }) => type === CONDITION.ready)).to.have.length(1);
    }),
    300,
  );

  holds(
    'is reduced to what can be stored, where all of it cannot',
    fc.property(stored, reasons, (raw, reason) => {
      const object = { ...aCheck(), status: raw };
      const check = readCheck(object);
      const next = essentialsOf(nextStatus(aVisit({ check, diagnosis: aDiagnosis({ reason }) })));
      const { status: patch } = sent(clearingPatch(check, next)) as { readonly status: unknown };
      const after = merged(isMap(raw) ? sent(raw) : {}, patch) as RegistryPushCheckStatus;
      // What is left besides is not ours.
      const own = Object.fromEntries(Object.entries(after).filter(([name]) => isOwnField(name)));
      expect(statusProblems(own)).to.deep.equal([]);
    }),
    300,
  );
});

/** A member without a value is none: statuses have no null. */
function withoutNulls(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutNulls);
  if (!isMap(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, withoutNulls(value)]),
  );
}
