import type { CheckSpec } from '../api/validate.ts';

/** When a check last asked its registry, in this process: also where the result never reached its status. */
export interface Recent {
  /** The last time for the same registry and Secret, in milliseconds since the epoch; undefined where there was none. */
  lastAsked(key: string, spec: CheckSpec): number | undefined;
  /** The registry is being asked now. */
  asking(key: string, spec: CheckSpec, nowMs: number): void;
  /** Whether a result may be thrown away: once, then the next one has to be published. */
  mayDiscard(key: string): boolean;
  /** A result was published. */
  published(key: string): void;
  /** Whether a result was published since the process began. */
  hasPublished(key: string): boolean;
  /** The check of this key (`namespace/name`) is gone. */
  forget(key: string): void;
}

interface Entry {
  readonly target: string;
  readonly atMs: number;
}

/** Nothing asked yet. Holds a few words for each check. */
export function createRecent(): Recent {
  const asked = new Map<string, Entry>();
  const discarded = new Set<string>();
  const judged = new Set<string>();
  return {
    lastAsked: (key, spec) => {
      const entry = asked.get(key);
      return entry?.target === targetOf(spec) ? entry.atMs : undefined;
    },
    asking: (key, spec, atMs) => void asked.set(key, { target: targetOf(spec), atMs }),
    mayDiscard: (key) => {
      if (discarded.has(key)) return false;
      discarded.add(key);
      return true;
    },
    published: (key) => {
      discarded.delete(key);
      judged.add(key);
    },
    hasPublished: (key) => judged.has(key),
    forget: (key) => {
      asked.delete(key);
      discarded.delete(key);
      judged.delete(key);
    },
  };
}

/** What a login is sent to, and from where: another one is another account. */
function targetOf({ registryUrl, existingSecret = '' }: CheckSpec): string {
  return `${registryUrl} ${existingSecret}`;
}
