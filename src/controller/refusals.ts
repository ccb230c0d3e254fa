/** The checks whose status the API server does not store as a whole: each is told of once, until it does again. */
export interface Refusals {
  /** Whether this is to be told: the whole status of the check of this key (`namespace/name`) is refused, and was not before. */
  isNews(key: string, refused: boolean): boolean;
  /** The check of this key is gone. */
  forget(key: string): void;
}

/** Nothing refused yet. Holds the keys of checks that are there. */
export function createRefusals(): Refusals {
  const told = new Set<string>();
  return {
    isNews: (key, refused) => {
      const before = told.has(key);
      if (refused) told.add(key);
      else told.delete(key);
      return refused && !before;
    },
    forget: (key) => void told.delete(key),
  };
}
