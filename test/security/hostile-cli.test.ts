import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority, LOOPBACK } from '../support/certificates.ts';
import { dripping, HOSTILE } from '../support/hostile-servers.ts';
import { runProcess, type Finished } from '../support/processes.ts';
import {
  answer,
  CANARY,
  leaksOf,
  startScriptedRegistry,
  type Reply,
  type ScriptedRegistry,
} from '../support/scripted-registry.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

/** Tells how much memory the process had at its peak, in KiB, whatever it ended with. */
const TELL_PEAK = `process.on('exit', () => process._rawDebug('peak ' + process.resourceUsage().maxRSS))`;

/** What a flood may add to that of an ordinary refusal, in KiB: what passes in a second is many times as much. */
const MARGIN_KIB = 96 * 1024;

/** The worst of all, with their reason. */
const WORST: readonly (readonly [name: string, reason: string])[] = [
  ['an endless body', 'RegistryProtocolError'],
  ['an endless body in chunks', 'RegistryProtocolError'],
  ['endless headers', 'RegistryProtocolError'],
  ['103 without an end', 'RegistryProtocolError'],
  ['a 101 that nobody asked for', 'RegistryProtocolError'],
  ['200 MB in 200 kB of gzip', 'RegistryProtocolError'],
  ['200 MB in a little brotli', 'RegistryUnavailable'],
  ['chunk extensions without an end', 'RegistryProtocolError'],
  ['empty lines without an end', 'RegistryTimeout'],
];

describe('M1, M2, M3: registry-push-check check of a hostile registry', function () {
  this.timeout(60_000);

  let dir: string;
  let ca: string;
  let registry: ScriptedRegistry;
  let ordinaryKib: number;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hostile-cli-'));
    ca = join(dir, 'authority.crt');
    const authority = await createAuthority('hostile registries');
    await writeFile(ca, authority.pem);
    const { certPem, keyPem } = await authority.issue({ commonName: 'registry', ...LOOPBACK });
    registry = await startScriptedRegistry({ cert: certPem, key: keyPem });
    ordinaryKib = peakOf(await ask(answer(503)));
  });
  after(async () => {
    await registry.stop();
    await rm(dir, { recursive: true });
  });

  const ask = async (reply: Reply): Promise<Finished> => {
    registry.play([['GET /v2/', reply]]);
    const args = ['--repository', 'team/app', '--ca-file', ca, '--username', 'ci', '--password-stdin'];
    const more = ['--timeout', '2s', '--output', 'json'];
    const finished = await runProcess(
      {
        name: 'check',
        file: process.execPath,
        args: ['--import', `data:text/javascript,${TELL_PEAK}`, CLI, 'check', registry.url, ...args, ...more],
        env: { HOME: '/nonexistent' },
      },
      `${CANARY}\n`,
    );
    expect(leaksOf(finished.stdout + finished.stderr)).to.deep.equal([]);
    expect(registry.conversation).to.deep.equal(['GET /v2/']);
    return finished;
  };

  const expectEnd = (finished: Finished, reason: string): void => {
    expect(finished.stdout).to.include(`"reason": "${reason}"`);
    // It could not be found out.
    expect(finished.code).to.equal(5);
    expect(peakOf(finished) - ordinaryKib).to.be.below(MARGIN_KIB);
  };

  for (const [name, reason] of WORST) {
    it(`ends with ${reason}, and neither crashes nor swells, at ${name}`, async () => {
      const hostile = HOSTILE.find((one) => one.name === name);
      if (hostile === undefined) throw new Error(`nothing hostile is called ${name}`);
      expectEnd(await ask(hostile.reply()), reason);
    });
  }

  it('ends with RegistryTimeout at an answer in drops', async () => {
    expectEnd(await ask(dripping('HTTP/1.1 200 OK\r\nX: '.padEnd(100_000, 'x'))), 'RegistryTimeout');
  });
});

function peakOf({ stderr }: Finished): number {
  return Number(/^peak (\d+)$/m.exec(stderr)?.[1]);
}
