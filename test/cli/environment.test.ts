import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentProblems } from '../../src/cli/environment.ts';
import { NODE_FLAGS } from '../support/operator.ts';
import { runProcess, type Finished } from '../support/processes.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

/** The operator in an environment; it does not get as far as a kubeconfig. */
function start(env: Readonly<Record<string, string>>, flags: readonly string[] = []): Promise<Finished> {
  const args = [...flags, CLI, 'controller', '--kubeconfig', '/nonexistent'];
  return runProcess({
    name: 'controller',
    file: process.execPath,
    args,
    env: { HOME: '/nonexistent', ...env },
  });
}

describe('L5: environmentProblems', () => {
  const ALLOWED: readonly string[] = [
    '',
    '--max-old-space-size=96',
    '--enable-source-maps --import=./x.mjs',
    '--no-warnings --dns-result-order=ipv4first',
  ];
  for (const options of ALLOWED) {
    it(`has nothing against NODE_OPTIONS=${options}`, () =>
      expect(environmentProblems({ NODE_OPTIONS: options }, NODE_FLAGS)).to.deep.equal([]));
  }

  const REFUSED: readonly string[] = [
    '--inspect',
    '--inspect=0.0.0.0:9229',
    '--inspect-brk',
    '--inspect-wait',
    '--inspect-port=1',
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot_signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=3',
    '--heap-prof',
    '--report-uncaught-exception',
    '--report-on-fatalerror',
    '--report-on-signal',
    '--tls-keylog=/tmp/keys',
    '--trace-tls',
    '--abort-on-uncaught-exception',
    '--experimental-network-inspection',
  ];
  for (const flag of REFUSED) {
    it(`refuses ${flag}, in NODE_OPTIONS and on the command line, without its value`, () => {
      const problems = [
        ...environmentProblems({ NODE_OPTIONS: `--no-warnings "${flag}"` }, []),
        ...environmentProblems({}, ['--no-warnings', flag]),
      ];
      expect(problems).to.have.lengthOf(2);
      for (const problem of problems) {
        expect(problem).to.include(flag.replaceAll('_', '-').split('=')[0]).and.include('remove it');
        if (flag.includes('=')) expect(problem).to.not.include(flag.slice(flag.indexOf('=')));
      }
    });
  }

  for (const name of ['NODE_DEBUG', 'NODE_DEBUG_NATIVE']) {
    it(`refuses ${name}, by which Node prints headers`, () => {
      expect(environmentProblems({ [name]: 'net' }, [])).to.have.lengthOf(1);
      expect(environmentProblems({ [name]: '' }, [])).to.deep.equal([]);
    });
  }

  it('names each problem once', () =>
    expect(
      environmentProblems({ NODE_OPTIONS: '--inspect --inspect', NODE_DEBUG: '*' }, ['--trace-tls']),
    ).to.have.lengthOf(3));
});

describe('L5: the operator', function () {
  this.timeout(30_000);

  const rows: readonly (readonly [Readonly<Record<string, string>>, flags?: readonly string[]])[] = [
    [{ NODE_DEBUG: 'net' }],
    [{ NODE_OPTIONS: '--report-on-fatalerror' }],
    [{}, ['--heapsnapshot-signal=SIGUSR2']],
  ];
  for (const [env, flags] of rows) {
    it(`does not start with ${JSON.stringify(env)} ${flags?.join(' ') ?? ''}`, async () => {
      const { code, stderr } = await start(env, flags);
      expect(code).to.equal(2);
      expect(stderr.trimEnd().split('\n').at(-1)).to.match(/^registry-push-check: .*(?:unset|remove) it$/);
    });
  }

  it('starts with the flags of the image', async () =>
    expect((await start({}, NODE_FLAGS)).stderr).to.include('Cannot read /nonexistent'));

  it('is started by the flags of the image wherever it is installed: nothing replaces its entry point', async () => {
    const templates = await readdir('charts', { recursive: true });
    const files = templates.filter((file) => /templates\/.*\.(?:yaml|tpl)$/.test(file));
    expect(files.length).to.be.greaterThan(3);
    const texts = [...files.map((file) => join('charts', file)), 'deploy/install.yaml'];
    for (const file of texts) {
      const text = await readFile(file, 'utf8');
      expect(text, file).to.not.match(/^\s*-?\s*command:/m);
      expect(text, file).to.not.match(/NODE_(?:OPTIONS|DEBUG)/);
    }
  });
});
