import { expect } from 'chai';
import { programName } from '../../src/cli/program-name.ts';

describe('programName', () => {
  const rows: readonly (readonly [script: string | undefined, command: string | undefined, name: string])[] =
    [
      ['/usr/local/bin/registry-push-check', undefined, 'registry-push-check'],
      ['/usr/local/bin/push-check', undefined, 'push-check'],
      ['/opt/my tools/push check', undefined, "'push check'"],
      ['/usr/local/bin/kubectl-registry_push_check', undefined, 'kubectl registry-push-check'],
      ['/app/dist/cli.js', undefined, 'registry-push-check'],
      ['/src/cli.ts', undefined, 'registry-push-check'],
      [undefined, undefined, 'registry-push-check'],
      ['/x/node_modules/.bin/registry-push-check', 'exec', 'npm exec --no -- registry-push-check'],
      ['/x/node_modules/.bin/registry-push-check', 'run-script', 'registry-push-check'],
    ];
  for (const [script, command, name] of rows) {
    it(`is "${name}" for ${script ?? 'nothing'}${command === undefined ? '' : ` under npm ${command}`}`, () => {
      expect(programName(script, command === undefined ? {} : { npm_command: command })).to.equal(name);
    });
  }
});
