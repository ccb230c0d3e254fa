import type { RegistryPushCheck as Generated } from './v1alpha1.gen.ts';

/** API group of the kind. */
export const GROUP = 'doctor.stella-ops.org';
/** The one version that is served and stored. */
export const VERSION = 'v1alpha1';
/** `apiVersion` of every object of the kind. */
export const API_VERSION = `${GROUP}/${VERSION}`;
/** Name of the kind. */
export const KIND = 'RegistryPushCheck';
/** Name of the resource in URLs and roles. */
export const PLURAL = 'registrypushchecks';
/** Name of the CustomResourceDefinition. */
export const CRD_NAME = `${PLURAL}.${GROUP}`;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** What a user writes. The API server has set the defaults, but an object stored under another CRD may break any rule. */
export type RegistryPushCheckSpec = DeepReadonly<Generated['spec']>;
/** What the operator writes. */
export type RegistryPushCheckStatus = DeepReadonly<NonNullable<Generated['status']>>;
/** One entry of `status.conditions`. */
export type Condition = NonNullable<RegistryPushCheckStatus['conditions']>[number];
/** One entry of `status.findings`. */
export type Finding = NonNullable<RegistryPushCheckStatus['findings']>[number];
/** One entry of `status.lastProbe.stages`. */
export type Stage = NonNullable<NonNullable<RegistryPushCheckStatus['lastProbe']>['stages']>[number];
/** `status.remediation`. */
export type Remediation = NonNullable<RegistryPushCheckStatus['remediation']>;

/** The part of an object's metadata that the operator reads (Kubernetes API, ObjectMeta). */
export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A check as the API server hands it out. */
export interface RegistryPushCheck {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec: RegistryPushCheckSpec;
  readonly status?: RegistryPushCheckStatus;
}

/** Repository that is probed where `spec.pushTestRepository` is not set (the CRD has the same default). */
export const DEFAULT_REPOSITORY = 'stellaops/doctor-test';
/** Tag that is asked for where `spec.pull` has no reference (the CRD has the same default). */
export const DEFAULT_REFERENCE = 'latest';
/** Deadline of a probe where `spec.timeout` is not set (the CRD has the same default). */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** Transient failures before Ready turns False where `spec.failureThreshold` is not set (the CRD has the same default). */
export const DEFAULT_FAILURE_THRESHOLD = 3;
/** Transitions kept where `spec.historyLimit` is not set (the CRD has the same default). */
export const DEFAULT_HISTORY_LIMIT = 5;
/** Time between probes where neither the check nor the installation says otherwise. */
export const DEFAULT_INTERVAL_MS = 600_000;
/** First retry after a transient failure where neither the check nor the installation says otherwise. */
export const DEFAULT_RETRY_INTERVAL_MS = 60_000;

/** Types of `status.conditions`; Ready, Stalled and Reconciling have the meaning that kstatus gives them. */
export const CONDITION = {
  ready: 'Ready',
  stalled: 'Stalled',
  reconciling: 'Reconciling',
  suspended: 'Suspended',
  reachable: 'Reachable',
  authenticated: 'Authenticated',
  pushAuthorized: 'PushAuthorized',
  pullAuthorized: 'PullAuthorized',
} as const;
/** Type of one condition. */
export type ConditionType = (typeof CONDITION)[keyof typeof CONDITION];

/** Annotations that the operator reads on a check. */
export const ANNOTATION = {
  /** Any new value asks for a probe now; the value that was answered is in `status.lastHandledReconcileAt`. */
  requestedAt: `${GROUP}/requestedAt`,
} as const;

/** URL path of all checks, or of those in one namespace: for list and watch. */
export function listPath(namespace?: string): string {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${API_VERSION}${scope}/${PLURAL}`;
}

/** URL path of one check. */
export function objectPath(namespace: string, name: string): string {
  return `${listPath(namespace)}/${encodeURIComponent(name)}`;
}

/** URL path of the status of one check. */
export function statusPath(namespace: string, name: string): string {
  return `${objectPath(namespace, name)}/status`;
}
