import { basename } from 'node:path';
import { quote } from '../check/remediation/remedy.ts';

const PROGRAM = 'registry-push-check';

/**
 * The words that started this program, for a shell.
 * @param script process.argv[1]
 * @param env of which npm_command says that npm started it
 */
export function programName(script: string | undefined, env: NodeJS.ProcessEnv): string {
  const name = basename(script ?? '');
  if (name === 'kubectl-registry_push_check') return `kubectl ${PROGRAM}`;
  // Where the shell does not find it; --no keeps npm from installing a stranger of that name.
  if (env['npm_command'] === 'exec') return `npm exec --no -- ${PROGRAM}`;
  return name === '' || /^cli\.[jt]s$/.test(name) ? PROGRAM : quote(name);
}
