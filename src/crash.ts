/**
 * Ends the process on an error that nobody caught. An error of an HTTP client shows its request with the
 * Authorization header when it is printed, so only its class and the places in the code are.
 */
export function dieQuietly(): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      process.stderr.write(`registry-push-check: ${event}: ${describeCrash(error)}\n`);
      process.exit(1);
    });
  }
}

/** A frame of V8 ends with a place: a file or module, line and column. */
const FRAME = /^ {4}at (?:.* \()?(?:file:\/\/|node:|\/)[^\s()]*:\d+:\d+\)?$/;

/** Class and stack frames of an error, without its message. */
export function describeCrash(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { stack = '', message } = error;
  // The stack begins with the message, and that may hold lines that look like frames.
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
  return [error.constructor.name, ...frames.filter((line) => FRAME.test(line)).slice(0, 20)].join('\n');
}
