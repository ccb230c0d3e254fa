/** One edit of the product that breaks one rule of docs/security.md; a test that names the rule has to notice. */
export interface Mutant {
  /** The rule that it breaks: `B1`, `E3`, `TLS`, …. */
  readonly rule: string;
  /** What the product would do then. */
  readonly what: string;
  /** The file that is edited, from the root of the repository. */
  readonly file: string;
  /** The text that is replaced: it occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The test files of which one must fail, in a test whose title names the rule. */
  readonly tests: readonly string[];
}
