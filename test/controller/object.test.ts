import { expect } from 'chai';
import { ANNOTATION, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { isAnotherQuestion, matters, readCheck } from '../../src/controller/object.ts';
import { aCheck } from '../support/builders.ts';
import { after, green } from './story.ts';

/** An object as the API server sends it. */
function raw(metadata: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const check = aCheck();
  return {
    ...check,
    metadata: {
      ...check.metadata,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { app: 'x' },
      ownerReferences: [{ kind: 'Owner' }],
      finalizers: ['a/b'],
      managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }],
      ...metadata,
    },
  };
}

describe('readCheck', () => {
  it('keeps what the operator works with and drops the rest', () => {
    expect(readCheck(raw())).to.deep.equal(aCheck());
  });

  it('keeps spec and status as they are, bad ones too', () => {
    const { status } = after([green()]);
    expect(readCheck({ ...raw(), spec: { registryUrl: 7 }, status })).to.deep.include({
      spec: { registryUrl: 7 },
      status,
    });
  });

  it('keeps the mark of deletion', () => {
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(readCheck(raw({ deletionTimestamp })).metadata.deletionTimestamp).to.equal(deletionTimestamp);
  });

  const annotations: readonly (readonly [name: string, given: unknown, kept: unknown])[] = [
    ['that asks for a probe', { [ANNOTATION.requestedAt]: '1' }, { [ANNOTATION.requestedAt]: '1' }],
    [
      'that asks, of several',
      { [ANNOTATION.requestedAt]: '1', other: '2' },
      { [ANNOTATION.requestedAt]: '1' },
    ],
  ];
  for (const [name, given, kept] of annotations) {
    it(`keeps the annotation ${name}`, () =>
      expect(readCheck(raw({ annotations: given })).metadata.annotations).to.deep.equal(kept));
  }

  const dropped: readonly (readonly [name: string, given: unknown])[] = [
    ['others', { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }],
    ['a token that is no string', { [ANNOTATION.requestedAt]: 7 }],
    ['an empty token', { [ANNOTATION.requestedAt]: '' }],
    ['M2: a token that does not fit into status', { [ANNOTATION.requestedAt]: 'x'.repeat(257) }],
    ['a token with a line break', { [ANNOTATION.requestedAt]: 'now\n' }],
    ['a token with a lone surrogate', { [ANNOTATION.requestedAt]: 'now\ud800' }],
    ['what is no map', 'x'],
    ['null', null],
    ['an inherited word', { toString: 'x' }],
  ];
  for (const [name, given] of dropped) {
    it(`drops annotations: ${name}`, () =>
      expect(readCheck(raw({ annotations: given })).metadata).to.not.have.property('annotations'));
  }

  it('reads a null status as none', () => {
    expect(readCheck({ ...raw(), status: null })).to.not.have.property('status');
  });

  const bad: Readonly<Record<string, unknown>> = {
    'without metadata': { spec: {} },
    'with null metadata': { metadata: null },
    'without a name': raw({ name: undefined }),
    'without a namespace': raw({ namespace: undefined }),
    'with a uid that is no string': raw({ uid: 7 }),
  };
  for (const [name, object] of Object.entries(bad)) {
    it(`throws on an object ${name}`, () =>
      expect(() => readCheck(object)).to.throw('an object without name, namespace or uid'));
  }

  it('throws on what is no object', () => expect(() => readCheck(null)).to.throw(Error));
});

/** The check as it is after a write. */
function changed(metadata: Partial<RegistryPushCheck['metadata']>): RegistryPushCheck {
  return aCheck({ metadata: { resourceVersion: '101', ...metadata } });
}

describe('a change of a check', () => {
  const before = aCheck();
  const request = { annotations: { [ANNOTATION.requestedAt]: '1' } };

  const rows: Readonly<
    Record<
      string,
      { before?: RegistryPushCheck; after?: RegistryPushCheck; matters: boolean; other: boolean }
    >
  > = {
    'of nothing': { after: changed({}), matters: false, other: false },
    'of its status': { after: after([green()]), matters: false, other: false },
    'of its spec': { after: changed({ generation: 4 }), matters: true, other: true },
    'into one of the same name': { after: changed({ uid: 'u-2' }), matters: true, other: true },
    'into one that is being deleted': {
      after: changed({ deletionTimestamp: '2026-01-01T00:00:00Z' }),
      matters: true,
      other: true,
    },
    'by a request': { after: changed(request), matters: true, other: false },
    'by another request': {
      before: changed(request),
      after: changed({ annotations: { [ANNOTATION.requestedAt]: '2' } }),
      matters: true,
      other: false,
    },
    'with the request that it had': {
      before: changed(request),
      after: changed(request),
      matters: false,
      other: false,
    },
  };
  for (const [name, row] of Object.entries(rows)) {
    it(`${name} ${row.matters ? 'asks for' : 'needs no'} visit and ${row.other ? 'ends' : 'leaves'} the probe`, () => {
      const was = row.before ?? before;
      expect(matters(was, row.after ?? was)).to.equal(row.matters);
      expect(isAnotherQuestion(was, row.after)).to.equal(row.other);
    });
  }

  it('that is its creation asks for a visit', () => expect(matters(undefined, before)).to.equal(true));
  it('that is its end ends the probe', () => expect(isAnotherQuestion(before, undefined)).to.equal(true));
});
