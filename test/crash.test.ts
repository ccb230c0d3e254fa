import { join } from 'node:path';
import { expect } from 'chai';
import { describeCrash } from '../src/crash.ts';
import { runProcess, type Finished } from './support/processes.ts';

const CRASH = join(import.meta.dirname, '..', 'src', 'crash.ts');
const CANARY = 'hunter2';

/** What a program leaves that dies of some code. */
function die(code: string): Promise<Finished> {
  const program = `
    import { dieQuietly } from ${JSON.stringify(CRASH)};
    dieQuietly();
    class HttpError extends Error {}
    const error = Object.assign(new HttpError('GET with ${CANARY}', { cause: new Error('${CANARY}') }), {
      config: { headers: { authorization: 'Bearer ${CANARY}' } },
    });
    setTimeout(() => process.stdout.write('still alive'), 5_000);
    ${code}
  `;
  return runProcess({
    name: 'a program that dies',
    file: process.execPath,
    args: ['--input-type=module', '--eval', program],
  });
}

describe('L5: dieQuietly', () => {
  const deaths: readonly (readonly [name: string, code: string, event: string, line: string])[] = [
    ['an error that nobody caught', 'throw error;', 'uncaughtException', 'HttpError'],
    [
      'an error that nobody caught later',
      'setTimeout(() => { throw error; }, 0);',
      'uncaughtException',
      'HttpError',
    ],
    ['a rejection that nobody handled', 'void Promise.reject(error);', 'unhandledRejection', 'HttpError'],
    [
      'several errors in one',
      `void Promise.reject(new AggregateError([error], '${CANARY}'));`,
      'unhandledRejection',
      'AggregateError',
    ],
    ['a string that was thrown', `throw '${CANARY}';`, 'uncaughtException', 'a thrown string'],
    ['nothing that was rejected with', 'void Promise.reject();', 'unhandledRejection', 'a thrown undefined'],
    [
      'an object that was thrown',
      `setTimeout(() => { throw { toString: () => '${CANARY}' }; }, 0);`,
      'uncaughtException',
      'a thrown object',
    ],
  ];
  for (const [name, code, event, line] of deaths) {
    it(`ends the process on ${name}, without its text`, async () => {
      const finished = await die(code);
      expect([finished.code, finished.stdout]).to.deep.equal([1, '']);
      const [first, ...frames] = finished.stderr.trimEnd().split('\n');
      expect(first).to.equal(`registry-push-check: ${event}: ${line}`);
      for (const frame of frames) expect(frame).to.match(/^ {4}at /);
      expect(finished.stderr).to.not.include(CANARY);
    });
  }

  it('shows the places in the code', async () => {
    const { stderr } = await die('function guilty() { throw error; } setTimeout(() => guilty(), 0);');
    expect(stderr).to.match(/^ {4}at file:\/\/\S*:\d+:\d+$/m);
  });
});

describe('L5: describeCrash', () => {
  it('shows class and frames', () => {
    const lines = describeCrash(new RangeError(CANARY)).split('\n');
    expect(lines[0]).to.equal('RangeError');
    expect(lines[1]).to.match(/^ {4}at .*crash\.test\.ts:\d+:\d+\)?$/);
  });

  const hostile: Readonly<Record<string, () => unknown>> = {
    'lines that look like frames': () =>
      new Error(`x\n    at ${CANARY} (file:///a.ts:1:1)\n    at ${CANARY}`),
    'such lines alone': () => new Error(`\n    at ${CANARY} (/a.ts:1:1)`),
    'a message that was changed': () => Object.assign(new Error(`a\n    at ${CANARY}`), { message: 'b' }),
    'a name': () => Object.assign(new Error('x'), { name: CANARY }),
    'a stack that is none': () => Object.assign(new Error('x'), { stack: `${CANARY}\n  at ${CANARY}` }),
    'an empty message': () => Object.assign(new Error(), { cause: CANARY }),
    'no stack': () => Object.assign(new Error(CANARY), { stack: undefined }),
  };
  for (const [name, error] of Object.entries(hostile)) {
    it(`shows nothing of an error with ${name}`, () => expect(describeCrash(error())).to.not.include(CANARY));
  }

  it('shows twenty frames at most', () => {
    const deep = (depth: number): Error => (depth === 0 ? new Error('deep') : deep(depth - 1));
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 100;
    const lines = describeCrash(deep(50)).split('\n');
    Error.stackTraceLimit = limit;
    expect(lines).to.have.lengthOf(21);
  });
});
