/** The oldest Node.js that runs this program, as in package.json. */
export const OLDEST_NODE = '24.12';

/**
 * What is wrong with the Node.js that runs this; undefined where nothing is. An older one does not even parse what commands load,
 * so this is asked first.
 * @param version as in process.version
 */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [least = 0, leastMinor = 0] = OLDEST_NODE.split('.').map(Number);
  if (major > least || (major === least && minor >= leastMinor)) return undefined;
  return `registry-push-check needs Node.js ${OLDEST_NODE} or newer, this is ${version}; in a checkout, "npm exec --no -- registry-push-check" brings its own`;
}
