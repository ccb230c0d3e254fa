import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { OpenRegistry } from '../security/echo-registry.ts';
import { createCanary, leaksIn } from '../support/canaries.ts';
import { lab } from '../support/lab.ts';
import { check, login } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import { answer, challenge, stall } from '../support/scripted-registry.ts';
import { setUpCanaries } from './canary-setup.ts';
import { apply, kubectl } from './fixture.ts';

const CRASHES = 'canary-ends';
const HOOK = pathToFileURL(join(import.meta.dirname, '..', 'support', 'crash-hook.ts')).href;

/** The text of every file in the folder of a process, by name. */
async function filesIn(dir: string): Promise<Readonly<Record<string, string>>> {
  const files = await readdir(dir, { recursive: true, withFileTypes: true });
  const texts = files
    // Whether the kernel leaves one, and where, is the machine's to say (docs/security.md).
    .filter((file) => file.isFile() && !/^core(?:\.|$)/.test(file.name))
    .map(async ({ parentPath, name }) => [name, await readFile(join(parentPath, name), 'latin1')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

describe('L1, L5: an operator that ends in the middle of a probe shows no login', function () {
  this.timeout(120_000);

  const canary = createCanary('password');
  const asked: string[] = [];
  let kubeconfig: string;
  let authorityFile: string;
  let hostile: OpenRegistry;
  before(async () => {
    ({ kubeconfig, authorityFile, hostile } = await setUpCanaries(CRASHES));
    hostile.answer(({ request, logins }) => {
      if (logins.length === 0) return challenge('Basic realm="x"');
      if (request.method === 'GET') return answer(200);
      if (request.method === 'POST') asked.push(request.url ?? '');
      return stall;
    });
    await apply(
      login(CRASHES, 'login', new URL(hostile.url).host, 'ci', canary.value),
      check(CRASHES, 'silent', {
        registryUrl: hostile.url,
        pushTestRepository: 'team/app',
        existingSecret: 'login',
        timeout: '2m',
      }),
    );
  });
  after(() => hostile.stop());

  /** Starts an operator, waits until its login is at the registry, and sends the signal: everything that it leaves. */
  const end = async (
    how: string,
    signal: NodeJS.Signals,
  ): Promise<{ exited: string; output: string; files: Readonly<Record<string, string>> }> => {
    const dir = join(lab().dir, `canary-${how.replaceAll(' ', '-')}`);
    const before = asked.length;
    const operator = await startOperator({
      dir,
      kubeconfig,
      config: {
        watchNamespaces: [CRASHES],
        egress: { allowCIDRs: ['127.0.0.0/8'] },
        caBundle: authorityFile,
        log: { level: 'debug', format: 'json' },
      },
      env: { NODE_OPTIONS: `--import=${HOOK}`, CRASH: how, CRASH_WITH: canary.value },
    });
    try {
      // Requested anew, as the check has been probed by the operators before this one.
      await kubectl([
        'annotate',
        '--overwrite',
        'rpc/silent',
        '-n',
        CRASHES,
        `doctor.stella-ops.org/requestedAt=${how.replaceAll(' ', '-')}`,
      ]);
      const deadline = performance.now() + 60_000;
      while (asked.length === before) {
        if (performance.now() > deadline) throw new Error(`not asked in time:\n${operator.output()}`);
        await sleep(20);
      }
      operator.kill(signal);
      if (how === 'tell') await sleep(500);
      const exited = how === 'tell' ? '' : await operator.exited;
      return { exited, output: operator.output(), files: await filesIn(dir) };
    } finally {
      await operator.stop();
    }
  };

  /** No file but its configuration, and that without the login. */
  const expectNothingIn = (files: Readonly<Record<string, string>>): void => {
    expect(Object.keys(files)).to.deep.equal(['config.yaml']);
    expect(leaksIn(Object.values(files).join('\n'), [canary])).to.deep.equal([]);
  };
  const ends: readonly (readonly [how: string, says: RegExp, exited: RegExp])[] = [
    ['throw', /uncaughtException: TypeError$/m, /^exit code 1$/],
    ['throw later', /uncaughtException: TypeError$/m, /^exit code 1$/],
    ['throw a text', /uncaughtException: a thrown string$/m, /^exit code 1$/],
    ['reject', /unhandledRejection: TypeError$/m, /^exit code 1$/],
    ['reject with several', /unhandledRejection: AggregateError$/m, /^exit code 1$/],
    ['exhaust', /JavaScript heap out of memory/, /^(?:SIGABRT|exit code 134)$/],
  ];
  for (const [how, says, exited] of ends) {
    it(`by an error that nobody caught, with the login in it: ${how}`, async () => {
      const left = await end(how, 'SIGUSR2');
      expect(left.exited).to.match(exited);
      expect(left.output).to.match(says);
      expect(leaksIn(left.output, [canary])).to.deep.equal([]);
      expectNothingIn(left.files);
    });
  }

  it('by SIGTERM', async () => {
    const left = await end('sigterm', 'SIGTERM');
    expect(left.exited).to.equal('exit code 0');
    expect(left.output).to.include('"stopped"');
    expect(leaksIn(left.output, [canary])).to.deep.equal([]);
    expectNothingIn(left.files);
  });

  it('and the search would find it in what an operator prints and in what it leaves', async () => {
    const { output, files } = await end('tell', 'SIGUSR2');
    expect(leaksIn(output, [canary])).to.deep.equal(['password (plain)', 'password (base64)']);
    expect(Object.keys(files).toSorted()).to.deep.equal(['config.yaml', 'report.json']);
    expect(leaksIn(files['report.json'] ?? '', [canary])).to.deep.equal(['password (hex)']);
    expect(leaksIn(files['config.yaml'] ?? '', [canary])).to.deep.equal([]);
  });
});
