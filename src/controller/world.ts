import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { SpecDefaults } from '../api/validate.ts';
import type { Observation } from '../check/observation.ts';
import type { ProbeJob } from '../check/probe.ts';
import type { Clock } from '../clock.ts';
import type { Identity } from '../kube/identity.ts';
import type { Answered, Busy } from '../probing/prober.ts';
import type { Registry } from '../registry/origin.ts';
import type { Announcement } from './events.ts';
import type { Recent } from './recent.ts';
import type { Reminders } from './reminders.ts';
import type { SecretRead } from './secrets.ts';
import type { Unwritten } from './unwritten.ts';
import type { Written } from './write.ts';

/** The world of a reconcile, as functions. */
export interface World {
  /** The check of a key, from the informer. */
  readonly get: (key: string) => RegistryPushCheck | undefined;
  /** The login of a check's Secret, read now. */
  readonly readSecret: (
    namespace: string,
    name: string,
    registry: Registry,
    repository: string,
    signal: AbortSignal,
  ) => Promise<SecretRead>;
  /** The version that a Secret has now; undefined where it cannot be read. */
  readonly secretVersion: (
    namespace: string,
    name: string,
    signal: AbortSignal,
  ) => Promise<string | undefined>;
  /** Who the operator is in the cluster. */
  readonly identity: Identity;
  readonly ask: (job: ProbeJob, signal: AbortSignal) => Promise<Answered | Busy>;
  /**
   * Writes the status that `rebase` computes; where somebody else wrote in between, it is computed anew. It goes on
   * through the beginning of a shutdown: what was found out is not lost.
   */
  readonly write: (
    check: RegistryPushCheck,
    rebase: (check: RegistryPushCheck) => RegistryPushCheckStatus,
  ) => Promise<Written>;
  /** Writes an event. Never rejects, and goes on like `write`. */
  readonly record: (check: RegistryPushCheck, announcement: Announcement) => Promise<void>;
  /** What the installation forbids; undefined where the registry may be asked. */
  readonly forbids: (registry: Registry) => Extract<Observation, { kind: 'NotAllowed' }> | undefined;
  /** Whether user names are shown in status. */
  readonly showPrincipal: boolean;
  /** Results that could not be written yet. */
  readonly unwritten: Unwritten;
  /** When each check last asked its registry. */
  readonly recent: Recent;
  /** Failures that last are told again. */
  readonly reminders: Reminders;
  readonly defaults: SpecDefaults;
  readonly clock: Clock;
}
