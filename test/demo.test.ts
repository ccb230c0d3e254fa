import { expect } from 'chai';
import { runProcess, type Finished } from './support/processes.ts';

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

  it('explains how it is called', async () => {
    const { code, stderr } = await demo('--swap-rights', 'ci');
    expect({ code, stderr }).to.deep.include({ code: 2 });
    expect(stderr).to.include('usage: npm run demo');
  });
});
