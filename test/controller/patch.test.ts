import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { clearingPatch, mergePatch, statusPatch } from '../../src/controller/patch.ts';
import { visits } from '../support/arbitraries.ts';
import { aCheck, aUsedLogin, aVisit } from '../support/builders.ts';
import { nextStatus } from '../../src/controller/status.ts';
import { after, green, met } from './story.ts';

type Tree = string | number | boolean | readonly Tree[] | { readonly [key: string]: Tree };

/** Trees that have keys in common, as two statuses do. Keys are words: the schema has no free ones. */
function trees(): fc.Arbitrary<{ readonly [key: string]: Tree }> {
  const { root } = fc.letrec<{ root: { readonly [key: string]: Tree }; value: Tree }>((tie) => ({
    root: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('x', 'y', '', 0, 1, true, false),
      fc.array(tie('value'), { maxLength: 2 }),
      tie('root'),
    ),
  }));
  return root;
}

/** RFC 7386, section 2: MergePatch(Target, Patch), on what was sent as JSON. */
function apply(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = apply(result[key], value);
  }
  return result;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

describe('mergePatch', () => {
  const rows: readonly (readonly [name: string, from: Tree, to: Tree, patch: unknown])[] = [
    ['names what is new', {}, { a: 1 }, { a: 1 }],
    ['names what has changed', { a: 1, b: 2 }, { a: 3, b: 2 }, { a: 3 }],
    ['deletes by null what is missing', { a: 1, b: 2 }, { b: 2 }, { a: null }],
    [
      'does so at every depth',
      { a: { b: { c: 1, d: 2 } } },
      { a: { b: { d: 2 } } },
      { a: { b: { c: null } } },
    ],
    ['replaces lists as a whole', { a: [1, 2] }, { a: [2] }, { a: [2] }],
    ['replaces a value by a map', { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
    ['replaces a map by a value', { a: { b: 2 } }, { a: 1 }, { a: 1 }],
    ['empties a map', { a: { b: 2 } }, { a: {} }, { a: { b: null } }],
    ['is undefined where nothing has changed', { a: { b: [1] } }, { a: { b: [1] } }, undefined],
  ];
  for (const [name, from, to, patch] of rows) {
    it(name, () => expect(mergePatch(from, to)).to.deep.equal(patch));
  }

  it('takes a member that is undefined for one that is missing', () => {
    expect(mergePatch({ a: 1, b: undefined }, { a: 1 })).to.equal(undefined);
    expect(mergePatch({ a: 1 }, { a: undefined })).to.deep.equal({ a: null });
    expect(mergePatch({}, { a: undefined })).to.equal(undefined);
  });

  it('turns the old value into the new one, at every depth', () => {
    fc.assert(
      fc.property(trees(), trees(), (from, to) => {
        const patch = mergePatch(from, to);
        expect(apply(from, sent(patch ?? {}))).to.deep.equal(to);
        expect(patch === undefined).to.equal(isDeepStrictEqual(from, to));
      }),
      { numRuns: 500 },
    );
  });

  it('turns any status into any other', () => {
    const statuses = visits().map((visit) => sent(nextStatus(visit)) as RegistryPushCheckStatus);
    fc.assert(
      fc.property(statuses, statuses, (from, to) => {
        expect(apply(from, sent(mergePatch(from, to) ?? {}))).to.deep.equal(to);
      }),
    );
  });
});

describe('clearingPatch', () => {
  it('takes away what is stored in a form that was not seen, and leaves what another version wrote', () => {
    const stored = { findings: [null], remediation: 7, lastProbe: { stages: 'x' }, newer: 1 };
    const next = { observedGeneration: 3, lastProbe: { durationMillis: 1 } };
    const { status } = clearingPatch(aCheck({ status: {} }), next) as { readonly status: unknown };
    expect(apply(stored, sent(status))).to.deep.include({ observedGeneration: 3, newer: 1 });
    expect(apply(stored, sent(status))).not.to.have.any.keys('findings', 'remediation');
  });

  it('is the ordinary patch besides', () => {
    const red = after([met('CredentialsRejected', { secretVersion: '7', login: aUsedLogin() })]);
    const next = nextStatus(aVisit({ check: red }));
    const { status, ...rest } = clearingPatch(red, next) as { readonly status: object };
    const usual = statusPatch(red, next);
    expect(rest).to.deep.equal({ metadata: usual.metadata });
    expect(status).to.deep.include(usual.status);
    expect(apply(red.status, sent(status))).to.deep.equal(next);
  });
});

describe('statusPatch', () => {
  it('holds only for the object that it was computed from', () => {
    const check = aCheck({ metadata: { uid: 'u-1', resourceVersion: '17' } });
    expect(statusPatch(check, {})).to.deep.equal({
      metadata: { uid: 'u-1', resourceVersion: '17' },
      status: {},
    });
  });

  it('says nothing where nothing has changed', () => {
    const check = after([green()]);
    expect(statusPatch(check, check.status ?? {})).to.deep.include({ status: {} });
  });

  it('leaves nothing of a red check on a green one', () => {
    const red = after([met('CredentialsRejected', { secretVersion: '7', login: aUsedLogin() })]);
    const next = nextStatus(aVisit({ check: red }));
    const { status } = statusPatch(red, next) as { readonly status: unknown };
    expect(status).to.deep.include({ remediation: null, credentials: null });
    expect(apply(red.status, sent(status))).to.deep.equal(next);
  });

  it('takes the link to a vendor back where the next advice has none, and with the whole advice', () => {
    const docsUrl = 'https://goharbor.io/docs/';
    const remediation = { summary: 'about Harbor', steps: ['do something'], docsUrl };
    const red = after([met('PushDenied', { remediation })]);
    expect(red.status?.remediation).to.deep.equal(remediation);
    const other = nextStatus(aVisit({ check: red, ...met('CredentialsRejected') }));
    expect(statusPatch(red, other)).to.have.nested.property('status.remediation.docsUrl', null);
    for (const next of [other, nextStatus(aVisit({ check: red }))]) {
      const { status } = statusPatch(red, next) as { readonly status: unknown };
      expect(JSON.stringify(apply(red.status, sent(status)))).to.not.include(docsUrl);
    }
  });

  it('nulls no field that another version wrote, and still its own', () => {
    const old = after([met('PushDenied')]);
    const status = { ...old.status, newer: { a: 1 } } as RegistryPushCheckStatus;
    const body = statusPatch({ ...old, status }, nextStatus(aVisit({ check: { ...old, status } })));
    const { status: patch } = body as { readonly status: Readonly<Record<string, unknown>> };
    expect(patch).to.include({ remediation: null }).and.not.have.property('newer');
    expect(apply(status, sent(patch))).to.deep.include({ newer: { a: 1 } });
  });

  it('owns every field that a visit can write', () => {
    fc.assert(
      fc.property(visits(), (visit) => {
        const old = { ...visit.check, status: nextStatus(visit) };
        const { status: patch } = statusPatch(old, {}) as { readonly status: unknown };
        expect(apply(sent(old.status), sent(patch))).to.deep.equal({});
      }),
    );
  });
});
