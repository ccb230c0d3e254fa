import { expect } from 'chai';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { find, suspendedStatus } from '../../src/controller/status.ts';
import { aCheck, aCondition, aDiagnosis, aSpec, NOW_MS } from '../support/builders.ts';
import { kstatus } from '../support/kstatus.ts';
import { after, green, met, statusAfter } from './story.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A condition in short: `status/reason`. */
function short(check: RegistryPushCheck, type: string): string | undefined {
  const found = find(check.status?.conditions, type);
  return found && `${found.status}/${found.reason}`;
}

describe('nextStatus', () => {
  interface Row {
    readonly check: RegistryPushCheck;
    readonly ready?: string;
    readonly stalled?: string;
    readonly reconciling?: string;
    readonly suspended?: string;
    readonly observed: number;
    readonly kstatus: ReturnType<typeof kstatus>;
  }
  const retrying = 'True/ProgressingWithRetry';
  const verdicts: Readonly<Record<string, Row>> = {
    'created, not visited': {
      check: aCheck({ status: { observedGeneration: -1 } }),
      observed: -1,
      kstatus: 'InProgress',
    },
    'push authorized': {
      check: after([green()]),
      ready: 'True/PushAuthorized',
      observed: 3,
      kstatus: 'Current',
    },
    'Secret missing, first visit of a generation': {
      check: after([met('SecretNotFound')]),
      ready: 'False/SecretNotFound',
      reconciling: retrying,
      observed: -1,
      kstatus: 'InProgress',
    },
    'Secret not readable, first visit after a green generation': {
      check: after([green({ generation: 2 }), met('SecretForbidden', { generation: 3 })]),
      ready: 'False/SecretForbidden',
      reconciling: retrying,
      observed: 2,
      kstatus: 'InProgress',
    },
    'Secret missing for almost 2 minutes': {
      check: after([met('SecretNotFound'), met('SecretNotFound', { afterMs: 2 * MINUTE - SECOND })]),
      ready: 'False/SecretNotFound',
      reconciling: retrying,
      observed: -1,
      kstatus: 'InProgress',
    },
    'Secret missing for 2 minutes': {
      check: after([met('SecretNotFound'), met('SecretNotFound', { afterMs: 2 * MINUTE })]),
      ready: 'False/SecretNotFound',
      stalled: 'True/SecretNotFound',
      observed: 3,
      kstatus: 'Failed',
    },
    'Secret missing for 2 minutes, then not readable: no second grace': {
      check: after([
        met('SecretNotFound'),
        met('SecretNotFound', { afterMs: 2 * MINUTE }),
        met('SecretForbidden', { afterMs: 3 * MINUTE }),
      ]),
      ready: 'False/SecretForbidden',
      stalled: 'True/SecretForbidden',
      observed: 3,
      kstatus: 'Failed',
    },
    'Secret gone after a verdict with it: no grace': {
      check: after([green({ secretVersion: '7' }), met('SecretNotFound', { afterMs: MINUTE })]),
      ready: 'False/SecretNotFound',
      stalled: 'True/SecretNotFound',
      observed: 3,
      kstatus: 'Failed',
    },
    'Secret gone while the registry fails at the threshold: no grace': {
      check: after([
        green({ secretVersion: '7' }),
        met('RegistryUnavailable', { secretVersion: '7', spec: aSpec({ failureThreshold: 1 }) }),
        met('SecretNotFound', { afterMs: MINUTE }),
      ]),
      ready: 'False/SecretNotFound',
      stalled: 'True/SecretNotFound',
      observed: 3,
      kstatus: 'Failed',
    },
    'definite refusal': {
      check: after([met('PushDenied')]),
      ready: 'False/PushDenied',
      stalled: 'True/PushDenied',
      observed: 3,
      kstatus: 'Failed',
    },
    'a spec that cannot be run': {
      check: after([met('InvalidSpec', { spec: undefined })]),
      ready: 'False/InvalidSpec',
      stalled: 'True/InvalidSpec',
      observed: 3,
      kstatus: 'Failed',
    },
    'a question that a person has to decide first': {
      check: after([met('RepositoryWouldBeCreated')]),
      ready: 'Unknown/RepositoryWouldBeCreated',
      observed: 3,
      kstatus: 'InProgress',
    },
    'transient, below the threshold, green before': {
      check: after([green(), met('RegistryUnavailable')]),
      ready: 'True/PushAuthorized',
      observed: 3,
      kstatus: 'Current',
    },
    'transient, below the threshold, green before with this Secret': {
      check: after([green({ secretVersion: '7' }), met('RegistryUnavailable', { secretVersion: '7' })]),
      ready: 'True/PushAuthorized',
      observed: 3,
      kstatus: 'Current',
    },
    'transient, below the threshold, refused before': {
      check: after([met('PushDenied'), met('RegistryUnavailable')]),
      ready: 'False/PushDenied',
      stalled: 'True/PushDenied',
      observed: 3,
      kstatus: 'Failed',
    },
    'transient, below the threshold, nothing before': {
      check: after([met('RegistryUnavailable')]),
      ready: 'Unknown/RegistryUnavailable',
      reconciling: retrying,
      observed: -1,
      kstatus: 'InProgress',
    },
    'transient, below the threshold, green at another generation': {
      check: after([green({ generation: 2 }), met('RegistryUnavailable', { generation: 3 })]),
      ready: 'Unknown/RegistryUnavailable',
      reconciling: retrying,
      observed: 2,
      kstatus: 'InProgress',
    },
    'transient, below the threshold, green with another version of the Secret': {
      check: after([green({ secretVersion: '7' }), met('RegistryUnavailable', { secretVersion: '8' })]),
      ready: 'Unknown/RegistryUnavailable',
      reconciling: retrying,
      observed: 3,
      kstatus: 'InProgress',
    },
    'transient, below the threshold, the Secret was missing before': {
      check: after([
        met('SecretNotFound'),
        met('SecretNotFound', { afterMs: 2 * MINUTE }),
        met('RegistryUnavailable', { secretVersion: '7', afterMs: 3 * MINUTE }),
      ]),
      ready: 'Unknown/RegistryUnavailable',
      reconciling: retrying,
      observed: 3,
      kstatus: 'InProgress',
    },
    'transient, at the threshold': {
      check: after([green(), ...Array.from({ length: 3 }, () => met('RegistryUnavailable'))]),
      ready: 'False/RegistryUnavailable',
      reconciling: retrying,
      observed: 3,
      kstatus: 'InProgress',
    },
    'transient, once after ten refusals: ten answers are no silence': {
      check: after([...Array.from({ length: 10 }, () => met('PushDenied')), met('ConnectionRefused')]),
      ready: 'False/PushDenied',
      stalled: 'True/PushDenied',
      observed: 3,
      kstatus: 'Failed',
    },
    'transient, twice on each side of a success': {
      check: after([met('RateLimited'), met('RateLimited'), green(), met('RateLimited'), met('RateLimited')]),
      ready: 'True/PushAuthorized',
      observed: 3,
      kstatus: 'Current',
    },
    'nonsense, below the threshold, green before': {
      check: after([green(), met('UnexpectedResponse')]),
      ready: 'True/PushAuthorized',
      observed: 3,
      kstatus: 'Current',
    },
    'nonsense, at the threshold: a person has to look': {
      check: after([green(), ...Array.from({ length: 3 }, () => met('UnexpectedResponse'))]),
      ready: 'False/UnexpectedResponse',
      stalled: 'True/UnexpectedResponse',
      observed: 3,
      kstatus: 'Failed',
    },
    'suspended, never visited': {
      check: aCheck({ status: suspendedStatus(aCheck(), NOW_MS) }),
      suspended: 'True/Suspended',
      observed: 3,
      kstatus: 'Current',
    },
    'suspended after a refusal': {
      check: aCheck({ status: suspendedStatus(after([met('PushDenied')]), NOW_MS) }),
      suspended: 'True/Suspended',
      observed: 3,
      kstatus: 'Current',
    },
    'green after all that': {
      check: after([met('SecretNotFound'), met('RegistryUnavailable'), met('PushDenied'), green()]),
      ready: 'True/PushAuthorized',
      observed: 3,
      kstatus: 'Current',
    },
  };
  for (const [name, { check, ready, stalled, reconciling, suspended, observed, ...row }] of Object.entries(
    verdicts,
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
