/** Flags by which Node writes its memory or the keys of its connections to files, or lets somebody look into it. */
const LOOKING_IN =
  /--(?:inspect|heapsnapshot|heap-prof|report|tls-keylog|trace-tls|abort-on-uncaught-exception|experimental-network-inspection|trace-event|experimental-config-file)[a-z-]*/g;

/**
 * What of an environment or of Node's flags would show the logins of others, whatever this program does: a sentence for each.
 * For the operator alone: at the command line, the login is that of the person who chose the environment.
 */
export function environmentProblems(
  env: Readonly<Record<string, string | undefined>>,
  execArgv: readonly string[],
): readonly string[] {
  const debug = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE'].filter((name) => env[name]);
  return [
    ...debug.map((name) => `${name} makes Node print requests with the logins in them: unset it`),
    ...flagsOf(env['NODE_OPTIONS'] ?? '').map((flag) => `NODE_OPTIONS has ${flag}, ${WHY}`),
    ...flagsOf(execArgv.join(' ')).map((flag) => `node was started with ${flag}, ${WHY}`),
  ];
}

const WHY = 'which opens the memory of the operator, with the logins in it: remove it';

/** Node takes an underscore for a hyphen, and quotes and backslashes off. The value of a flag is not repeated. */
function flagsOf(text: string): readonly string[] {
  return [...new Set(text.replaceAll('_', '-').replace(/["\\]/g, '').match(LOOKING_IN))];
}
