import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { PROGRAMS } from '../../src/check/remediation/command.ts';

export { commandOf } from '../../src/check/remediation/command.ts';

/** What runs nothing real: all programs of commands, and what hostile names try to run. */
const STUBS = [
  ...PROGRAMS.filter((name) => name !== 'printf'),
  'base64',
  'jq',
  'read',
  'stty',
  'rm',
  'id',
  'touch',
];

/**
 * Runs a command line in a shell where every program only says how it was called, and gives these calls. Nothing else can
 * run: the path is empty.
 */
export function wordsOf(command: string): readonly (readonly string[])[] {
  // Each call in one write, since the programs of a pipeline run at once; a line break in an argument becomes \2.
  const stubs = STUBS.map(
    (name) =>
      `${name}() { local call; printf -v call '%s\\1' ${name} "\${@//$'\\n'/$'\\2'}"; printf '%s\\n' "$call" >&3; }`,
  );
  const script = [...stubs, 'date() { echo 1700000000; }', 'eval "$COMMAND"'].join('\n');
  const { output, status } = spawnSync('/bin/bash', ['--noprofile', '--norc', '-c', script], {
    cwd: '/proc',
    env: { PATH: '/nonexistent', COMMAND: command, REGISTRY_USER: 'u', REGISTRY_PASSWORD: 'p' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  expect(status, command).to.equal(0);
  const calls = (output as readonly (string | null)[])[3] ?? '';
  return calls
    .split('\n')
    .filter((call) => call !== '')
    .map((call) => call.replaceAll('\u0002', '\n').split('\u0001').slice(0, -1));
}

/** Calls in an order of their own: that in which the programs of a pipeline start is no part of its meaning. */
export function sorted(calls: readonly (readonly string[])[]): string[] {
  return calls.map((call) => JSON.stringify(call)).toSorted();
}

/** Fails where bash cannot parse one of these commands; runs none. */
export function expectToParse(commands: readonly string[]): void {
  const { status, stderr } = spawnSync('/bin/bash', ['-n'], { input: commands.join('\n'), encoding: 'utf8' });
  expect([status, stderr]).to.deep.equal([0, '']);
}
