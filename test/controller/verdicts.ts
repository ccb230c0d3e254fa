import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { progressingStatus } from '../../src/controller/progress.ts';
import { suspendedStatus } from '../../src/controller/status.ts';
import { aCheck, aSpec, NOW_MS } from '../support/builders.ts';
import type { KStatus } from '../support/kstatus.ts';
import { after, green, met } from './story.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The check with another spec. */
function edited(check: RegistryPushCheck): RegistryPushCheck {
  return { ...check, metadata: { ...check.metadata, generation: check.metadata.generation + 1 } };
}

/** The check while its first probe of a generation takes long. */
function shown(check: RegistryPushCheck): RegistryPushCheck {
  return { ...check, status: progressingStatus(check, NOW_MS) };
}

/** A check after some visits, and what people and tools make of it. */
export interface Verdict {
  readonly check: RegistryPushCheck;
  readonly ready?: string;
  readonly stalled?: string;
  readonly reconciling?: string;
  readonly suspended?: string;
  readonly observed: number;
  /** What Flux and `helm --wait` make of it. */
  readonly kstatus: KStatus;
  /** What Argo CD makes of it, by deploy/argocd-health.lua. */
  readonly argo: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended';
}

const retrying = 'True/ProgressingWithRetry';

/** A verdict for each row of the table in docs/status.md, and for what lies between them, by what happened. */
export const VERDICTS: Readonly<Record<string, Verdict>> = {
  'created, not visited': {
    check: aCheck({ status: { observedGeneration: -1 } }),
    observed: -1,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'probing the first generation': {
    check: shown(aCheck({ status: { observedGeneration: -1 } })),
    ready: 'Unknown/Progressing',
    reconciling: 'True/Progressing',
    observed: -1,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'probing a new generation, green before': {
    check: shown(edited(after([green()]))),
    ready: 'Unknown/Progressing',
    reconciling: 'True/Progressing',
    observed: 3,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'probing a new generation, refused before': {
    check: shown(edited(after([met('PushDenied')]))),
    ready: 'Unknown/Progressing',
    reconciling: 'True/Progressing',
    observed: 3,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'push authorized': {
    check: after([green()]),
    ready: 'True/PushAuthorized',
    observed: 3,
    kstatus: 'Current',
    argo: 'Healthy',
  },
  'Secret missing, first visit of a generation': {
    check: after([met('SecretNotFound')]),
    ready: 'False/SecretNotFound',
    reconciling: retrying,
    observed: -1,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'Secret not readable, first visit after a green generation': {
    check: after([green({ generation: 2 }), met('SecretForbidden', { generation: 3 })]),
    ready: 'False/SecretForbidden',
    reconciling: retrying,
    observed: 2,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'Secret missing for almost 2 minutes': {
    check: after([met('SecretNotFound'), met('SecretNotFound', { afterMs: 2 * MINUTE - SECOND })]),
    ready: 'False/SecretNotFound',
    reconciling: retrying,
    observed: -1,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'Secret missing for 2 minutes': {
    check: after([met('SecretNotFound'), met('SecretNotFound', { afterMs: 2 * MINUTE })]),
    ready: 'False/SecretNotFound',
    stalled: 'True/SecretNotFound',
    observed: 3,
    kstatus: 'Failed',
    argo: 'Degraded',
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
    argo: 'Degraded',
  },
  'Secret gone after a verdict with it: no grace': {
    check: after([green({ secretVersion: '7' }), met('SecretNotFound', { afterMs: MINUTE })]),
    ready: 'False/SecretNotFound',
    stalled: 'True/SecretNotFound',
    observed: 3,
    kstatus: 'Failed',
    argo: 'Degraded',
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
    argo: 'Degraded',
  },
  'definite refusal': {
    check: after([met('PushDenied')]),
    ready: 'False/PushDenied',
    stalled: 'True/PushDenied',
    observed: 3,
    kstatus: 'Failed',
    argo: 'Degraded',
  },
  'a spec that cannot be run': {
    check: after([met('InvalidSpec', { spec: undefined })]),
    ready: 'False/InvalidSpec',
    stalled: 'True/InvalidSpec',
    observed: 3,
    kstatus: 'Failed',
    argo: 'Degraded',
  },
  'a question that a person has to decide first': {
    check: after([met('RepositoryWouldBeCreated')]),
    ready: 'Unknown/RepositoryWouldBeCreated',
    observed: 3,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'transient, below the threshold, green before': {
    check: after([green(), met('RegistryUnavailable')]),
    ready: 'True/PushAuthorized',
    observed: 3,
    kstatus: 'Current',
    argo: 'Healthy',
  },
  'transient, below the threshold, green before with this Secret': {
    check: after([green({ secretVersion: '7' }), met('RegistryUnavailable', { secretVersion: '7' })]),
    ready: 'True/PushAuthorized',
    observed: 3,
    kstatus: 'Current',
    argo: 'Healthy',
  },
  'transient, below the threshold, refused before': {
    check: after([met('PushDenied'), met('RegistryUnavailable')]),
    ready: 'False/PushDenied',
    stalled: 'True/PushDenied',
    observed: 3,
    kstatus: 'Failed',
    argo: 'Degraded',
  },
  'transient, below the threshold, nothing before': {
    check: after([met('RegistryUnavailable')]),
    ready: 'Unknown/RegistryUnavailable',
    reconciling: retrying,
    observed: -1,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'transient, below the threshold, green at another generation': {
    check: after([green({ generation: 2 }), met('RegistryUnavailable', { generation: 3 })]),
    ready: 'Unknown/RegistryUnavailable',
    reconciling: retrying,
    observed: 2,
    kstatus: 'InProgress',
    argo: 'Progressing',
  },
  'transient, below the threshold, green with another version of the Secret': {
    check: after([green({ secretVersion: '7' }), met('RegistryUnavailable', { secretVersion: '8' })]),
    ready: 'Unknown/RegistryUnavailable',
    reconciling: retrying,
    observed: 3,
    kstatus: 'InProgress',
    argo: 'Progressing',
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
    argo: 'Progressing',
  },
  'transient, at the threshold': {
    check: after([green(), ...Array.from({ length: 3 }, () => met('RegistryUnavailable'))]),
    ready: 'False/RegistryUnavailable',
    reconciling: retrying,
    observed: 3,
    kstatus: 'InProgress',
    argo: 'Degraded',
  },
  'transient, once after ten refusals: ten answers are no silence': {
    check: after([...Array.from({ length: 10 }, () => met('PushDenied')), met('ConnectionRefused')]),
    ready: 'False/PushDenied',
    stalled: 'True/PushDenied',
    observed: 3,
    kstatus: 'Failed',
    argo: 'Degraded',
  },
  'transient, twice on each side of a success': {
    check: after([met('RateLimited'), met('RateLimited'), green(), met('RateLimited'), met('RateLimited')]),
    ready: 'True/PushAuthorized',
    observed: 3,
    kstatus: 'Current',
    argo: 'Healthy',
  },
  'nonsense, below the threshold, green before': {
    check: after([green(), met('UnexpectedResponse')]),
    ready: 'True/PushAuthorized',
    observed: 3,
    kstatus: 'Current',
    argo: 'Healthy',
  },
  'nonsense, at the threshold: a person has to look': {
    check: after([green(), ...Array.from({ length: 3 }, () => met('UnexpectedResponse'))]),
    ready: 'False/UnexpectedResponse',
    stalled: 'True/UnexpectedResponse',
    observed: 3,
    kstatus: 'Failed',
    argo: 'Degraded',
  },
  'suspended, never visited': {
    check: aCheck({ spec: { suspend: true }, status: suspendedStatus(aCheck(), NOW_MS) }),
    suspended: 'True/Suspended',
    observed: 3,
    kstatus: 'Current',
    argo: 'Suspended',
  },
  'suspended after a refusal': {
    check: aCheck({ spec: { suspend: true }, status: suspendedStatus(after([met('PushDenied')]), NOW_MS) }),
    suspended: 'True/Suspended',
    observed: 3,
    kstatus: 'Current',
    argo: 'Suspended',
  },
  'green after all that': {
    check: after([met('SecretNotFound'), met('RegistryUnavailable'), met('PushDenied'), green()]),
    ready: 'True/PushAuthorized',
    observed: 3,
    kstatus: 'Current',
    argo: 'Healthy',
  },
};
