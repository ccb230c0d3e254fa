import type { RegistryPushCheck } from '../api/registrypushcheck.ts';
import type { Met } from './met.ts';
import { pendingRequest } from './schedule.ts';

/**
 * Results whose status could not be written. The next visits write them again instead of probing again: a status that cannot be
 * written must not become a storm of logins.
 */
export interface Unwritten {
  /** The result for the same question, where it is younger than `maxAgeMs`; any other one is forgotten. */
  take(check: RegistryPushCheck, maxAgeMs: number, nowMs: number): Met | undefined;
  keep(check: RegistryPushCheck, met: Met): void;
  /** The check of this key (`namespace/name`) is gone, or wants no result. */
  forget(key: string): void;
}

interface Kept {
  readonly uid: string;
  readonly generation: number;
  readonly met: Met;
}

/** Nothing kept yet. Holds at most one result for each check. */
export function createUnwritten(): Unwritten {
  const kept = new Map<string, Kept>();
  return {
    take: (check, maxAgeMs, nowMs) => {
      const { uid, generation } = check.metadata;
      const found = kept.get(keyOf(check));
      kept.delete(keyOf(check));
      if (found?.uid !== uid || found.generation !== generation) return undefined;
      if (nowMs - found.met.nowMs > maxAgeMs) return undefined;
      const request = pendingRequest(check);
      return request === undefined || request === found.met.request ? found.met : undefined;
    },
    keep: (check, met) => {
      const { uid, generation } = check.metadata;
      kept.set(keyOf(check), { uid, generation, met });
    },
    forget: (key) => void kept.delete(key),
  };
}

function keyOf({ metadata: { namespace, name } }: RegistryPushCheck): string {
  return `${namespace}/${name}`;
}
