import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort, runProcess, startProcess, startReadyProcess, type Command } from './processes.ts';

describe('startProcess', () => {
  it('collects what the process says on both streams', async () => {
    const child = await startProcess(shell('echo one; sleep 0; echo two >&2; exit 3'));
    expect(await child.exited).to.equal('exit code 3');
    expect(child.output().trim().split('\n').toSorted()).to.deep.equal(['one', 'two']);
  });

  it('keeps the end of a long output', async () => {
    const child = await startProcess(shell('head -c 1000000 /dev/zero | tr "\\0" x; echo end'));
    await child.exited;
    expect(child.output()).to.have.lengthOf(256 * 1024);
    expect(child.output().endsWith('xend\n')).to.equal(true);
  });

  it('throws a sentence about a file that is not there', async () => {
    const failure = await failureOf(startProcess({ name: 'etcd', file: '/no/such/file', args: [] }));
    expect(failure).to.match(/^etcd \(\/no\/such\/file\) cannot be run: /);
  });

  it('stops by SIGTERM', async () => {
    const child = await startProcess(shell('exec sleep 1000'));
    await child.stop();
    expect(await child.exited).to.equal('SIGTERM');
    await child.stop();
  });

  it('stops by SIGKILL what does not listen to SIGTERM', async () => {
    const child = await startReadyProcess(
      shell('trap "" TERM; echo deaf; while :; do sleep 0.05; done'),
      (output) => Promise.resolve(output.includes('deaf')),
    );
    await child.stop(50);
    expect(await child.exited).to.equal('SIGKILL');
  });

  let survivor: number | undefined;
  afterEach(() => {
    if (survivor !== undefined) process.kill(survivor, 'SIGKILL');
    survivor = undefined;
  });
  for (const end of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    it(`leaves nothing running when its parent ends by ${end}`, async () => {
      const dir = await mkdtemp(join(tmpdir(), 'processes-test-'));
      const pipe = join(dir, 'pipe');
      await runProcess({ name: 'mkfifo', file: 'mkfifo', args: [pipe] });
      // Reads until the child, which holds the other end, is gone. Its process id may stay in the table for a
      // while, until somebody has collected the exit code.
      const gone = readFile(pipe, 'utf8');
      const script = `
        const { startReadyProcess } = await import(${JSON.stringify(join(import.meta.dirname, 'processes.ts'))});
        const args = ['-c', 'exec 3>${pipe}; echo started; exec sleep 1000'];
        const isReady = async (output) => output.includes('started');
        const { pid } = await startReadyProcess({ name: 'sleep', file: '/bin/sh', args }, isReady);
        console.log('child ' + pid + '.');`;
      const args = ['--input-type=module', '--eval', script];
      const parent = await startReadyProcess({ name: 'parent', file: process.execPath, args }, (output) =>
        Promise.resolve(output.includes('.\n')),
      );
      survivor = Number(/child (\d+)/.exec(parent.output())?.[1]);
      parent.kill(end);
      expect(await parent.exited).to.equal(end);
      await gone;
      survivor = undefined;
      await rm(dir, { recursive: true });
    });
  }
});

describe('startReadyProcess', () => {
  it('throws what a process said that ended instead of becoming ready', async () => {
    const failure = await failureOf(
      startReadyProcess(shell('echo "bad flag"; exit 2'), () => Promise.resolve(false)),
    );
    expect(failure).to.equal('shell ended with exit code 2:\nbad flag\n');
  });

  it('takes a probe that throws for one that says not yet', async () => {
    let asked = 0;
    const child = await startReadyProcess(shell('exec sleep 1000'), () => {
      asked += 1;
      return asked < 3 ? Promise.reject(new Error('connection refused')) : Promise.resolve(true);
    });
    await child.stop();
    expect(asked).to.equal(3);
  });

  it('leaves nothing running when the signal aborts, and throws its reason', async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const waiting = startReadyProcess(
      shell('echo $$; exec sleep 1000'),
      (output) => {
        if (output !== '') {
          pids.push(Number(output));
          controller.abort(new Error('changed my mind'));
        }
        return Promise.resolve(false);
      },
      controller.signal,
    );
    expect(await failureOf(waiting)).to.equal('changed my mind');
    expect(isRunning(pids[0] ?? 0)).to.equal(false);
  });
});

describe('runProcess', () => {
  it('gives input and takes exit code and both outputs apart', async () => {
    const result = await runProcess(shell('cat; echo problem >&2; exit 4'), 'hello\n');
    expect(result).to.deep.equal({ code: 4, stdout: 'hello\n', stderr: 'problem\n' });
  });

  it('does not mind a program that does not read its input', async () => {
    expect(await runProcess(shell('exit 0'), 'x'.repeat(1_000_000))).to.include({ code: 0 });
  });

  it('gives the program the environment named and no other', async () => {
    const command = { ...shell('echo $HOME $MINE'), env: { MINE: 'mine' } };
    expect((await runProcess(command)).stdout.trim()).to.equal('mine');
  });
});

describe('freePort', () => {
  it('names a port that can be listened on', async () => {
    expect(await freePort()).to.be.within(1024, 65_535);
  });
});

function shell(script: string): Command {
  return { name: 'shell', file: '/bin/sh', args: ['-c', script] };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
