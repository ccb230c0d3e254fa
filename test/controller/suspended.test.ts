import { expect } from 'chai';
import { find } from '../../src/controller/conditions.ts';
import { suspendedStatus } from '../../src/controller/status.ts';
import { aCheck, aCondition, aDiagnosis, at, NOW_MS } from '../support/builders.ts';
import { statusProblems } from '../support/status-schema.ts';
import { after, green, met } from './story.ts';

const MINUTE = 60_000;

describe('suspendedStatus', () => {
  const before = after([
    met('PushDenied', { secretVersion: '7', afterMs: -MINUTE }),
    green({
      secretVersion: '7',
      diagnosis: aDiagnosis({ findings: [{ type: 'InsecureTransport', message: 'http' }] }),
    }),
  ]);

  it('withdraws the verdict and keeps the record', () => {
    const status = suspendedStatus(before, NOW_MS + MINUTE);
    const { lastProbeTime, lastSuccessTime, lastFailureTime, lastProbe, history } = before.status ?? {};
    expect(status).to.deep.equal({
      observedGeneration: 3,
      conditions: [
        aCondition({
          type: 'Suspended',
          reason: 'Suspended',
          message: 'spec.suspend is true: no probes',
          lastTransitionTime: at(MINUTE),
        }),
      ],
      lastProbeTime,
      lastSuccessTime,
      lastFailureTime,
      lastProbe,
      history,
    });
    expect(statusProblems(status)).to.deep.equal([]);
  });

  it('leaves conditions of others as they are', () => {
    const theirs = aCondition({ type: 'example.com/Audited' });
    const conditions = [...(before.status?.conditions ?? []), theirs];
    const status = suspendedStatus({ ...before, status: { ...before.status, conditions } }, NOW_MS);
    expect(status.conditions?.map(({ type }) => type)).to.deep.equal(['Suspended', 'example.com/Audited']);
    expect(status.conditions?.at(-1)).to.deep.equal(theirs);
  });

  it('is the same at the next visit', () => {
    const status = suspendedStatus(before, NOW_MS);
    expect(suspendedStatus({ ...before, status }, NOW_MS + MINUTE)).to.deep.equal(status);
  });

  it('answers a request, though without a probe: nobody waits for one in vain', () => {
    const annotations = { 'doctor.stella-ops.org/requestedAt': 'one' };
    const check = aCheck({ metadata: { annotations } });
    expect(suspendedStatus(check, NOW_MS).lastHandledReconcileAt).to.equal('one');
  });

  it('starts with nothing once it is over', () => {
    const check = { ...before, status: suspendedStatus(before, NOW_MS) };
    const { conditions, consecutiveFailures } =
      after([met('RegistryUnavailable', { generation: 4 })], check).status ?? {};
    expect(find(conditions, 'Suspended')).to.equal(undefined);
    expect(find(conditions, 'Ready')?.status).to.equal('Unknown');
    expect(consecutiveFailures).to.equal(1);
  });
});
