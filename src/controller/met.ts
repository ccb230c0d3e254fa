import type { Observation, Probed } from '../check/observation.ts';
import type { Registry } from '../registry/origin.ts';
import type { Trigger } from './schedule.ts';

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
  readonly matchedKey: string | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** How a visit came about. */
export type Cause = Pick<Met, 'trigger' | 'request'>;
