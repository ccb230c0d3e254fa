import { expect } from 'chai';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { find } from '../../src/controller/conditions.ts';
import { aCondition, aDiagnosis } from '../support/builders.ts';
import { kstatus } from '../support/kstatus.ts';
import { after, green, met, statusAfter } from './story.ts';
import { VERDICTS } from './verdicts.ts';

/** A condition in short: `status/reason`. */
function short(check: RegistryPushCheck, type: string): string | undefined {
  const found = find(check.status?.conditions, type);
  return found && `${found.status}/${found.reason}`;
}

describe('nextStatus', () => {
  for (const [name, { check, ready, stalled, reconciling, suspended, observed, ...row }] of Object.entries(
    VERDICTS,
  )) {
    it(`says of a check ${name}: ${ready ?? 'no verdict'}, ${row.kstatus}`, () => {
      expect({
        ready: short(check, 'Ready'),
        stalled: short(check, 'Stalled'),
        reconciling: short(check, 'Reconciling'),
        suspended: short(check, 'Suspended'),
        observed: check.status?.observedGeneration,
        kstatus: kstatus(check),
      }).to.deep.equal({ ready, stalled, reconciling, suspended, observed, kstatus: row.kstatus });
    });
  }

  it('shows what the last probe met in the stages, whatever the verdict', () => {
    const stages = {
      Reachable: { status: 'False', reason: 'ConnectionReset', message: 'it was cut' },
      Authenticated: { status: 'Unknown', reason: 'PreviousStageFailed', message: 'Reachable comes first' },
      PushAuthorized: { status: 'Unknown', reason: 'PreviousStageFailed', message: 'Reachable comes first' },
    } as const;
    const check = after([
      green(),
      met('ConnectionReset', { diagnosis: aDiagnosis({ reason: 'ConnectionReset', stages }) }),
    ]);
    expect(
      check.status?.conditions?.map(({ type }) => `${type} ${String(short(check, type))}`),
    ).to.deep.equal([
      'Ready True/PushAuthorized',
      'Reachable False/ConnectionReset',
      'Authenticated Unknown/PreviousStageFailed',
      'PushAuthorized Unknown/PreviousStageFailed',
    ]);
  });

  it('leaves conditions of others as they are, behind its own', () => {
    const theirs = aCondition({ type: 'example.com/Audited', status: 'False', observedGeneration: 1 });
    const left = after([green()]);
    const conditions = [theirs, ...(left.status?.conditions ?? [])];
    const check = after([met('PushDenied')], { ...left, status: { ...left.status, conditions } });
    expect(check.status?.conditions?.at(-1)).to.deep.equal(theirs);
    expect(check.status?.conditions?.map(({ type }) => type)).to.deep.equal([
      'Ready',
      'Stalled',
      'Reachable',
      'Authenticated',
      'PushAuthorized',
      'example.com/Audited',
    ]);
  });

  it('gives every condition the generation that was visited, settled or not', () => {
    const { conditions = [] } = statusAfter(met('RegistryUnavailable'));
    expect(new Set(conditions.map(({ observedGeneration }) => observedGeneration))).to.deep.equal(
      new Set([3]),
    );
  });
});
