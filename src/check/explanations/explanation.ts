/** What a reason means to the person who meets it. What to do about it is in `remediation/`. */
export interface Explanation {
  /** In one sentence. */
  readonly meaning: string;
  /** How it shows elsewhere, such as what `docker push` says. */
  readonly symptom: string;
  /** What the check saw: requests and their answers. */
  readonly evidence: string;
  /** What may be behind it, the likeliest first. */
  readonly causes: readonly string[];
}
