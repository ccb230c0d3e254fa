/**
 * Exit codes other than 0 (done; of `check`: the push is permitted); those of signals are 128 + their number. `refused`, `findings`
 * (a permitted push under --strict) and `unknown` (it may pass: the one that is worth a retry) are of `check`.
 */
export const EXIT = {
  error: 1,
  usage: 2,
  refused: 3,
  findings: 4,
  unknown: 5,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** The signals that end a command. */
export const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A line for the person who runs a command, on stderr. */
export function tell(line: string): void {
  process.stderr.write(`registry-push-check: ${line}\n`);
}

/** Says what is wrong, a line each, and ends the process. */
export function fail(lines: readonly string[], code: number): never {
  for (const line of lines) tell(line);
  process.exit(code);
}

/** Ends the process at once on a signal: process 1 of a container has no default for it. */
export function exitOnSignal(): void {
  for (const name of SIGNALS) process.once(name, () => process.exit(EXIT[name]));
}

/**
 * Ends the process where the environment switches off the verification of certificates. Nothing here obeys it, but who has set it
 * expects that, and what is loaded besides might.
 * @param instead what to do for a private authority
 */
export function demandVerification(instead: string): void {
  if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  const why = 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the verification of certificates';
  fail([`${why}: unset it, and ${instead} for a private authority`], EXIT.usage);
}
