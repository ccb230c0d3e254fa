import { expect } from 'chai';
import { runProcess, startReadyProcess, type Finished } from './support/processes.ts';

function demo(...args: readonly string[]): Promise<Finished> {
  return runProcess({ name: 'demo', file: process.execPath, args: ['scripts/demo.ts', ...args] });
}

describe('npm run demo', () => {
  it('prints the table with --once and finds every verdict as expected', async () => {
    const { code, stdout, stderr } = await demo('--once');
    expect({ code, stderr: code === 0 ? '' : stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^NAME +READY +REASON +REGISTRY +REPOSITORY/m);
    expect(stdout).to.match(/^puller +False +PushDenied +https:\/\/localhost:\d+ +team\/app/m);
    expect(stdout).to.match(/^admin +True +PushAuthorized/m);
    expect(stdout).to.match(/Warning +PushDenied/);
    expect(stdout).to.match(/^all 12 verdicts are as expected$/m);
  }).timeout(120_000);

  it('fails with --once when two users have swapped their rights', async () => {
    const { code, stdout } = await demo('--once', '--swap-rights', 'ci,puller');
    expect(code).to.equal(1);
    expect(stdout).to.include('MISMATCH ci: expected True/PushAuthorized, got False/PushDenied');
    expect(stdout).to.include('MISMATCH puller: expected False/PushDenied, got True/PushAuthorized');
    expect(stdout).to.match(/^2 of 12 verdicts differ$/m);
  }).timeout(120_000);

  it('shows what to type, which works, and stops on Ctrl-C', async () => {
    const args = ['scripts/demo.ts'];
    const shown = 'Users and passwords of that registry: ';
    const running = await startReadyProcess({ name: 'demo', file: process.execPath, args }, (said) =>
      Promise.resolve(said.includes(shown)),
    );
    try {
      const said = running.output();
      expect(said).to.include(`${shown}admin/admin-password, ci/ci-password, puller/puller-password, `);
      const typed = said.split('\n').filter((line) => /^ {2}(?:export|kubectl|echo) /.test(line));
      expect(typed).to.have.length(4);
      const { code, stdout, stderr } = await runProcess({
        name: 'sh',
        file: 'sh',
        args: ['-ec', typed.join('\n')],
      });
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(/^Name: +puller$/m);
      expect(stdout).to.match(/^Push to team\/app at https:\/\/localhost:\d+: permitted/m);
      running.kill('SIGINT');
      expect(await running.exited).to.equal('exit code 0');
      expect(running.output().trimEnd()).to.match(/^demo: stopping…$/m);
    } finally {
      await running.stop();
    }
  }).timeout(120_000);

  it('explains how it is called', async () => {
    const { code, stderr } = await demo('--swap-rights', 'ci');
    expect({ code, stderr }).to.deep.include({ code: 2 });
    expect(stderr).to.include('usage: npm run demo');
  });
});
