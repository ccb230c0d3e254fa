/** A version, as far as its precedence goes (semver.org 2.0.0). */
export interface Version {
  /** Major, minor and patch. */
  readonly numbers: readonly bigint[];
  /** Identifiers of a pre-release; empty for a release. */
  readonly preRelease: readonly string[];
}

const NUMBER = '(0|[1-9]\\d*)';
const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const SEMVER = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const LONGEST = 255;

/** Reads `1.2.3`, `1.2.3-rc.1` or `1.2.3+build`; undefined for anything else, a leading `v` included. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > LONGEST ? null : SEMVER.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', preRelease] = match;
  return {
    numbers: [major, minor, patch].map((number) => BigInt(number)),
    preRelease: preRelease === undefined ? [] : preRelease.split('.'),
  };
}

/** Negative where `a` comes before `b`, positive where it comes after, 0 for the same precedence (semver.org 2.0.0, 11). */
export function compareVersions(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) {
    const other = b.numbers[at] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  // A pre-release comes before its release.
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Number(a.preRelease.length === 0) - Number(b.preRelease.length === 0);
  }
  for (const [at, identifier] of a.preRelease.entries()) {
    const other = b.preRelease[at];
    if (other === undefined) return 1;
    if (identifier !== other) return compareIdentifiers(identifier, other);
  }
  return a.preRelease.length - b.preRelease.length;
}

/** Numbers by value and before words, words in ASCII order. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : 1;
}
