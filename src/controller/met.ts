import type { Observation, Probed } from '../check/observation.ts';
import type { SecretForm } from '../check/secret-content.ts';
import type { Registry } from '../registry/origin.ts';
import type { Trigger } from './schedule.ts';
import type { UsedLogin } from './used-login.ts';

/** What a visit of a check met, and under which names. */
export interface Met {
  readonly kind: 'met';
  readonly trigger: Trigger;
  /** The token that had asked for a probe when the visit began. */
  readonly request: string | undefined;
  readonly observation: Observation;
  /** Undefined where no request was sent. */
  readonly probed: Probed | undefined;
  /** Undefined where the spec names none that can be read. */
  readonly registry: Registry | undefined;
  readonly secretVersion: string | undefined;
  /** How the Secret holds its login; undefined where it could not be read, or is of another type. */
  readonly secretForm: SecretForm | undefined;
  /** The operator's user name in the cluster, where it has to be allowed something; undefined where it is not known. */
  readonly operator: string | undefined;
  /** Undefined where no login was used. */
  readonly login: UsedLogin | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** How a visit came about. */
export type Cause = Pick<Met, 'trigger' | 'request'>;
