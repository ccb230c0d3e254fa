import { expect } from 'chai';
import { ANNOTATION, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { metSilently } from '../../src/controller/meet.ts';
import type { Met } from '../../src/controller/met.ts';
import { createUnwritten } from '../../src/controller/unwritten.ts';
import { aCheck, NOW_MS } from '../support/builders.ts';

const MINUTE = 60_000;

/** A result of {@link NOW_MS}. */
function result(request?: string): Met {
  return metSilently({ kind: 'LoginWanted' }, { trigger: 'Scheduled', request }, NOW_MS);
}

/** The check, as its owner may have changed it. */
function check(metadata: Partial<RegistryPushCheck['metadata']> = {}, token?: string): RegistryPushCheck {
  const annotations = token === undefined ? {} : { annotations: { [ANNOTATION.requestedAt]: token } };
  return aCheck({ metadata: { ...annotations, ...metadata } });
}

describe('createUnwritten', () => {
  const rows: readonly (readonly [
    name: string,
    kept: Met,
    then: RegistryPushCheck,
    afterMs: number,
    taken: boolean,
  ])[] = [
    ['gives a result back', result(), check(), 0, true],
    [
      'gives it back where the object was written meanwhile',
      result(),
      check({ resourceVersion: '101' }),
      0,
      true,
    ],
    ['gives it back at the last moment', result(), check(), MINUTE, true],
    ['forgets one that is older than it may be', result(), check(), MINUTE + 1, false],
    ['forgets one about another generation', result(), check({ generation: 4 }), 0, false],
    ['has none for an object of the same name', result(), check({ uid: 'u-2' }), 0, false],
    ['gives back the answer to the request that is still open', result('1'), check({}, '1'), 0, true],
    ['gives it back where the request was taken back', result('1'), check(), 0, true],
    ['forgets the answer to an older request', result('1'), check({}, '2'), 0, false],
    [
      'forgets a result that nobody had asked for where somebody asks now',
      result(),
      check({}, '1'),
      0,
      false,
    ],
  ];
  for (const [name, kept, then, afterMs, taken] of rows) {
    it(name, () => {
      const unwritten = createUnwritten();
      unwritten.keep(check(), kept);
      expect(unwritten.take(then, MINUTE, NOW_MS + afterMs)).to.equal(taken ? kept : undefined);
    });
  }

  it('gives a result back once', () => {
    const unwritten = createUnwritten();
    unwritten.keep(check(), result());
    unwritten.take(check(), MINUTE, NOW_MS);
    expect(unwritten.take(check(), MINUTE, NOW_MS)).to.equal(undefined);
  });

  it('does not find again what it has forgotten', () => {
    const unwritten = createUnwritten();
    unwritten.keep(check(), result());
    unwritten.take(check({ generation: 4 }), MINUTE, NOW_MS);
    expect(unwritten.take(check(), MINUTE, NOW_MS)).to.equal(undefined);
    unwritten.keep(check(), result());
    unwritten.forget(`${check().metadata.namespace}/${check().metadata.name}`);
    expect(unwritten.take(check(), MINUTE, NOW_MS)).to.equal(undefined);
  });

  it('holds the newest result of each object', () => {
    const unwritten = createUnwritten();
    const [old, fresh, other] = [result(), result(), result()];
    unwritten.keep(check(), old);
    unwritten.keep(check({ uid: 'u-2', name: 'two' }), other);
    unwritten.keep(check(), fresh);
    expect(unwritten.take(check(), MINUTE, NOW_MS)).to.equal(fresh);
    expect(unwritten.take(check({ uid: 'u-2', name: 'two' }), MINUTE, NOW_MS)).to.equal(other);
  });
});
