import { dirname } from 'node:path';
import { expect } from 'chai';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { lab } from '../support/lab.ts';
import { runProcess } from '../support/processes.ts';

/** The command of the step of a remediation that holds these words. */
export function commandOf({ status }: RegistryPushCheck, words: string): string {
  return commandIn(status?.remediation?.steps ?? [], words);
}

/** The command of the step that holds these words. */
export function commandIn(steps: readonly string[], words: string): string {
  const step = steps.find((one) => one.includes(words)) ?? '';
  return /: ((?:kubectl|T=)[^]*)$/.exec(step)?.[1] ?? expect.fail(`no step with ${words}`);
}

/** Runs a command of a remediation as a person would, with the login of `ci` at hand, in this directory, and gives what it says. */
export async function paste(command: string, password = '', cwd?: string): Promise<string> {
  const { tools, controlPlane, dir } = lab();
  const env = {
    PATH: `${dirname(tools.kubectl)}:/usr/bin:/bin`,
    KUBECONFIG: controlPlane.kubeconfig,
    HOME: dir,
    REGISTRY_USER: 'ci',
    REGISTRY_PASSWORD: password,
  };
  const { code, stdout, stderr } = await runProcess({
    name: 'sh',
    file: '/bin/sh',
    args: ['-c', command],
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  return stdout;
}
