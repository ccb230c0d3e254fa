import { expect } from 'chai';
import * as fc from 'fast-check';
import { nextStatus } from '../../src/controller/status.ts';
import { isOwnField, readStatus } from '../../src/controller/stored-status.ts';
import { visits } from '../support/arbitraries.ts';

describe('readStatus', () => {
  it('reads every status that this version writes as it is', () => {
    fc.assert(
      fc.property(visits(), (visit) => {
        const status = nextStatus(visit);
        expect(readStatus(status)).to.deep.equal(status);
        expect(Object.keys(status).filter((name) => !isOwnField(name))).to.deep.equal([]);
      }),
    );
  });

  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'R',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const rows: readonly (readonly [name: string, field: string, value: unknown, kept: boolean])[] = [
    ['keeps a number', 'consecutiveFailures', 3, true],
    ['drops a number that is a string', 'consecutiveFailures', '3', false],
    ['drops a time that is a number', 'lastProbeTime', 1, false],
    ['drops a number with a fraction', 'transientFailures', 1.5, false],
    ['drops a number that cannot be counted on', 'transientFailures', 1e300, false],
    ['keeps a time with an offset', 'lastProbeTime', '2026-01-01T00:00:00.5+01:00', true],
    ['drops a time that is a word', 'lastProbeTime', 'yesterday', false],
    ['drops a time that does not exist', 'lastProbeTime', '2026-13-01T00:00:00Z', false],
    ['keeps a list of objects', 'conditions', [ready], true],
    ['keeps a condition of others', 'conditions', [{ ...ready, type: 'Foreign', more: {} }], true],
    ['drops a condition without a type', 'conditions', [ready, { ...ready, type: undefined }], false],
    ['drops a condition that inherits its type', 'conditions', [Object.create(ready)], false],
    [
      'drops a condition whose time is an object',
      'conditions',
      [{ ...ready, lastTransitionTime: {} }],
      false,
    ],
    ['drops stages that are no list', 'lastProbe', { stages: 'x' }, false],
    ['drops a stage of null', 'lastProbe', { stages: [null] }, false],
    ['drops history without a time', 'history', [{ ready: 'True', reason: 'R' }], false],
    ['drops a login whose end is a number', 'credentials', { expiresAt: 5 }, false],
    ['drops steps that are no text', 'remediation', { steps: [{ toString: 1 }] }, false],
    ['keeps an empty list', 'conditions', [], true],
    ['drops a list that holds something else', 'conditions', [ready, 'Stalled'], false],
    ['drops a list that holds null', 'history', [null], false],
    ['drops a list that is an object', 'findings', { type: 'x' }, false],
    ['keeps an object', 'lastProbe', {}, true],
    ['drops an object that is a list', 'lastProbe', [], false],
    ['drops null', 'remediation', null, false],
    ['keeps a field that it does not know', 'newer', null, true],
    ['takes a name that every object has for one that it does not know', 'constructor', 'x', true],
  ];
  for (const [name, field, value, kept] of rows) {
    it(name, () => {
      const other = { observedGeneration: 3 };
      const expected = kept ? { ...other, [field]: value } : other;
      expect(readStatus({ ...other, [field]: value })).to.deep.equal(expected);
    });
  }

  it('is none where there is no object', () => {
    for (const raw of [undefined, null, 'status', 7, [], [{}]]) expect(readStatus(raw)).to.equal(undefined);
  });
});
