import {
  API_VERSION,
  KIND,
  type Condition,
  type Metadata,
  type RegistryPushCheck,
  type RegistryPushCheckSpec,
  type RegistryPushCheckStatus,
} from '../../src/api/registrypushcheck.ts';
import type { CheckSpec } from '../../src/api/validate.ts';
import type { Credential } from '../../src/check/credential.ts';
import type { Diagnosis, StageVerdict } from '../../src/check/diagnose.ts';
import type { Answer, Observation, Probed } from '../../src/check/observation.ts';
import { REASONS } from '../../src/check/reason.ts';
import type { Visit } from '../../src/controller/status.ts';
import type { UsedLogin } from '../../src/controller/used-login.ts';
import { parseRegistryUrl, type Registry } from '../../src/registry/origin.ts';
import { Secret } from '../../src/registry/secret.ts';

/** When tests take place: 2026-01-01T12:00:00Z, in milliseconds since the epoch. */
export const NOW_MS = Date.UTC(2026, 0, 1, 12);

/** The timestamp of a moment, so many milliseconds after {@link NOW_MS}. */
export function at(afterMs: number): string {
  return new Date(NOW_MS + afterMs).toISOString().replace('.000Z', 'Z');
}

/** A check `team/mirror` of generation 3 that nobody has visited; parts of it as a test says. */
export function aCheck({
  metadata,
  spec,
  status,
}: {
  readonly metadata?: Partial<Metadata>;
  readonly spec?: Partial<RegistryPushCheckSpec>;
  readonly status?: RegistryPushCheckStatus;
} = {}): RegistryPushCheck {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: {
      name: 'mirror',
      namespace: 'team',
      uid: '6f1c3a52-0d5e-4a63-9d0c-2b8a6f0f4d11',
      resourceVersion: '100',
      generation: 3,
      ...metadata,
    },
    spec: { registryUrl: 'https://registry.example.com', pushTestRepository: 'team/app', ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** What `readSpec` makes of the spec of {@link aCheck}: every 10 minutes, retry after 1. */
export function aSpec(over: Partial<CheckSpec> = {}): CheckSpec {
  return {
    registryUrl: 'https://registry.example.com',
    repository: 'team/app',
    allowRepositoryCreation: false,
    existingSecret: undefined,
    intervalMs: 600_000,
    schedule: undefined,
    timeZone: undefined,
    timeoutMs: 30_000,
    retryIntervalMs: 60_000,
    failureThreshold: 3,
    suspend: false,
    historyLimit: 5,
    pull: undefined,
    ...over,
  };
}

/** A condition of generation 3 that has been so since {@link NOW_MS}. */
export function aCondition(over: Partial<Condition> & Pick<Condition, 'type'>): Condition {
  return {
    status: 'True',
    reason: 'PushAuthorized',
    message: 'so it is',
    observedGeneration: 3,
    lastTransitionTime: at(0),
    ...over,
  };
}

const PASSED: StageVerdict = { status: 'True', reason: 'RegistryResponded', message: 'it passed' };

/** A diagnosis whose course is that of its reason; a green one without arguments. */
export function aDiagnosis(over: Partial<Diagnosis> = {}): Diagnosis {
  const reason = over.reason ?? 'PushAuthorized';
  return {
    reason,
    course: REASONS[reason],
    message: `${reason} it is`,
    stages: { Reachable: PASSED, Authenticated: PASSED, PushAuthorized: PASSED },
    pull: undefined,
    findings: [],
    retryAfterMs: undefined,
    ...over,
  };
}

/** An answer with a status and no text. */
export function anAnswer(status: number, over: Partial<Answer> = {}): Answer {
  return {
    status,
    codes: [],
    html: false,
    tokenError: undefined,
    phrase: undefined,
    retryAfterMs: undefined,
    ...over,
  };
}

/** A green observation: the login is proven, the session cancelled. */
export const ACCEPTED: Observation = {
  kind: 'UploadAccepted',
  login: 'proven',
  location: { kind: 'here' },
  cleanup: 'Cancelled',
};

/** A probe of 40 ms with the four requests of a registry that uses tokens. */
export function aProbed(observation: Observation = ACCEPTED, over: Partial<Probed> = {}): Probed {
  return {
    observation,
    steps: [
      { step: 'ping', httpStatus: 401, errorCode: 'UNAUTHORIZED', durationMs: 10 },
      { step: 'token', httpStatus: 200, errorCode: undefined, durationMs: 10 },
      { step: 'upload', httpStatus: 202, errorCode: undefined, durationMs: 10 },
      { step: 'cancel', httpStatus: 204, errorCode: undefined, durationMs: 10 },
    ],
    pull: undefined,
    scheme: 'bearer',
    certificateEndsMs: undefined,
    durationMs: 40,
    ...over,
  };
}

/** A green visit of {@link aCheck} at {@link NOW_MS}. */
export function aVisit(over: Partial<Visit> = {}): Visit {
  return {
    check: aCheck(),
    spec: aSpec(),
    trigger: 'Scheduled',
    request: undefined,
    diagnosis: aDiagnosis(),
    probed: aProbed(),
    remediation: undefined,
    host: 'registry.example.com',
    secretVersion: undefined,
    login: undefined,
    nowMs: NOW_MS,
    ...over,
  };
}

/** A registry by its URL. Throws where that is none. */
export function aRegistry(url = 'https://registry.example.com'): Registry {
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  return registry;
}

/** A login of `ci`, found under the name of the registry. */
export function aCredential(password = 'hunter2', over: Partial<Credential> = {}): Credential {
  return {
    login: { kind: 'password', username: 'ci', password: new Secret(password) },
    isFor: () => true,
    matchedKey: 'registry.example.com',
    tls: undefined,
    tokenHosts: [],
    expiry: undefined,
    findings: [],
    ...over,
  };
}

/** What a visit keeps of the login of {@link aCredential}. */
export function aUsedLogin(over: Partial<UsedLogin> = {}): UsedLogin {
  return {
    matchedKey: 'registry.example.com',
    principal: undefined,
    expiry: undefined,
    findings: [],
    ...over,
  };
}
