import { dirname } from 'node:path';
import type { Users } from '../../test/support/token-server.ts';
import type { UserName } from './scenario.ts';
import type { Stage } from '../stage.ts';

/** What the hint below the table is made of. */
export interface Hinted extends Pick<Stage, 'kubectl' | 'caFile' | 'tokenHost'> {
  readonly controlPlane: Pick<Stage['controlPlane'], 'kubeconfig'>;
  readonly registry: Pick<Stage['registry'], 'host'>;
  readonly users: Users;
  /** Name of the check that `kubectl describe` is shown for. */
  readonly described: string;
  readonly namespace: string;
}

/** The user that the registry is asked as. */
const ASKING: UserName = 'ci';

/** What to type in another terminal. The passwords are the demo's own, and good nowhere else. */
export function hint({
  controlPlane,
  kubectl,
  registry,
  caFile,
  tokenHost,
  users,
  ...shown
}: Hinted): string {
  const asked = `https://${registry.host} --repository team/app --username ${ASKING} --password-stdin`;
  const trusted = `--ca-file ${caFile} --token-host ${tokenHost}`;
  const logins = Object.entries(users).map(([name, { password }]) => `${name}/${password}`);
  return [
    'In another terminal, in this folder (Ctrl-C here stops everything):',
    `  export KUBECONFIG=${controlPlane.kubeconfig}`,
    `  export PATH=${dirname(kubectl)}:$PATH`,
    `  kubectl describe registrypushcheck ${shown.described} -n ${shown.namespace}`,
    `  echo ${users[ASKING]?.password ?? ''} | npm exec --no -- registry-push-check check ${asked} ${trusted}`,
    `Users and passwords of that registry: ${logins.join(', ')}`,
    '',
  ].join('\n');
}

/** Last line where there is no room for all. */
const MORE = '… (the window is too low for the rest)';

/** The lines of a text that the terminal has room for, long ones wrapped; each clears what it does not fill. */
export function fit(
  text: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): string {
  const lines = text.split('\n');
  const fitting: string[] = [];
  let room = rows - 1;
  for (const [at, line] of lines.entries()) {
    room -= Math.max(1, Math.ceil(line.length / columns));
    // The last line needs no row for a sign that there is more.
    if (room < (at < lines.length - 1 ? 1 : 0)) break;
    fitting.push(line);
  }
  const whole = fitting.length === lines.length ? fitting : [...fitting, MORE];
  return whole.map((line) => `${line}\u{1B}[K`).join('\r\n');
}
