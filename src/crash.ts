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

/** A frame of V8 ends with a place: a file or module, line and column. Only that is shown. */
const PLACE = /^ {4}at (?:.* \()?((?:file:\/\/|node:|\/)[^\s()]*:\d+:\d+)\)?$/;

/** Class and places of an error, without its message; whatever was thrown, this does not throw. */
export function describeCrash(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `a thrown ${typeof error}`;
    const { stack = '', message } = error;
    // The stack begins with the message, and that may hold lines that look like frames.
    const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
    const places = frames.flatMap((line) => PLACE.exec(line)?.[1] ?? []).slice(0, 20);
    return [error.constructor.name, ...places.map((place) => `    at ${place}`)].join('\n');
  } catch {
    return 'an error that cannot be described';
  }
}
