import { expect } from 'chai';
import type { Condition, Metadata, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { aCheck, aCondition, at } from './builders.ts';
import { kstatus, type KStatus } from './kstatus.ts';

/** Conditions by type and status, in this order. */
function conditions(...list: readonly (readonly [type: string, status: string])[]): readonly Condition[] {
  return list.map(([type, status]) => aCondition({ type, status }));
}

describe('kstatus', () => {
  interface Row {
    readonly status?: RegistryPushCheckStatus;
    readonly metadata?: Partial<Metadata>;
    readonly is: KStatus;
  }
  const rows: Readonly<Record<string, Row>> = {
    'an object without a status: it may be one that needs none': { is: 'Current' },
    'an object that is being deleted, whatever else it says': {
      metadata: { deletionTimestamp: at(0) },
      status: { observedGeneration: 1, conditions: conditions(['Stalled', 'True']) },
      is: 'Terminating',
    },
    'a generation that was not observed, whatever the conditions say': {
      status: { observedGeneration: 2, conditions: conditions(['Ready', 'True'], ['Stalled', 'True']) },
      is: 'InProgress',
    },
    'the generation -1 of an object that nobody has looked at': {
      status: { observedGeneration: -1 },
      is: 'InProgress',
    },
    'no observed generation: the conditions decide': {
      status: { conditions: conditions(['Ready', 'False']) },
      is: 'InProgress',
    },
    'Ready True': {
      status: { observedGeneration: 3, conditions: conditions(['Ready', 'True']) },
      is: 'Current',
    },
    'Ready False alone: still under way': {
      status: { observedGeneration: 3, conditions: conditions(['Ready', 'False']) },
      is: 'InProgress',
    },
    'Ready Unknown': {
      status: { observedGeneration: 3, conditions: conditions(['Ready', 'Unknown']) },
      is: 'InProgress',
    },
    'a Ready that is none of the three': {
      status: { observedGeneration: 3, conditions: conditions(['Ready', 'Perhaps']) },
      is: 'Current',
    },
    'Stalled beside Ready True': {
      status: { observedGeneration: 3, conditions: conditions(['Ready', 'True'], ['Stalled', 'True']) },
      is: 'Failed',
    },
    'Reconciling beside Ready True': {
      status: { observedGeneration: 3, conditions: conditions(['Ready', 'True'], ['Reconciling', 'True']) },
      is: 'InProgress',
    },
    'Reconciling before Stalled: the first one counts': {
      status: { observedGeneration: 3, conditions: conditions(['Reconciling', 'True'], ['Stalled', 'True']) },
      is: 'InProgress',
    },
    'Stalled before Reconciling': {
      status: { observedGeneration: 3, conditions: conditions(['Stalled', 'True'], ['Reconciling', 'True']) },
      is: 'Failed',
    },
    'Stalled and Reconciling that are not True': {
      status: {
        observedGeneration: 3,
        conditions: conditions(['Stalled', 'False'], ['Reconciling', 'Unknown'], ['Ready', 'True']),
      },
      is: 'Current',
    },
    'no condition that it knows': {
      status: { observedGeneration: 3, conditions: conditions(['Suspended', 'True']) },
      is: 'Current',
    },
  };
  for (const [name, { is, ...over }] of Object.entries(rows)) {
    it(`makes ${is} of ${name}`, () => expect(kstatus(aCheck(over))).to.equal(is));
  }
});
