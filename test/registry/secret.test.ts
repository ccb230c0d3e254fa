import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { expect } from 'chai';
import { Secret } from '../../src/registry/secret.ts';
import { CANARY, leaksOf } from '../support/scripted-registry.ts';

function consoleShows(write: (to: Console) => void): string {
  let shown = '';
  const stdout = new Writable({
    write: (chunk, _, done) => {
      shown += String(chunk);
      done();
    },
  });
  write(new Console({ stdout, stderr: stdout }));
  return shown;
}

describe('L2: Secret', () => {
  const secret = new Secret(CANARY);
  // What the compiler would refuse, and what a plain JavaScript library may do.
  const asText = secret as unknown as string;

  it('gives its value to who reveals it', () => {
    expect(secret.reveal()).to.equal(CANARY);
  });

  const sinks: readonly [name: string, show: () => string][] = [
    ['String()', () => String(secret)],
    ['a template', () => `<${asText}>`],
    ['+', () => '<'.concat(asText)],
    ['JSON.stringify', () => JSON.stringify(secret)],
    ['JSON.stringify of an object', () => JSON.stringify({ deep: [{ secret }] })],
    ['util.inspect', () => inspect(secret)],
    [
      'util.inspect that shows everything',
      () => inspect({ secret }, { showHidden: true, depth: 9, getters: true }),
    ],
    ['util.inspect without customs', () => inspect({ secret }, { customInspect: false, showHidden: true })],
    ['util.format', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
    ['console.log', () => consoleShows((to) => to.log(secret, { secret }))],
    ['console.dir', () => consoleShows((to) => to.dir({ secret }, { showHidden: true }))],
    ['console.table', () => consoleShows((to) => to.table([{ secret }]))],
    ['an error', () => inspect(new Error('words', { cause: { secret } }))],
    ['its keys and values', () => inspect([Object.entries(secret), Reflect.ownKeys(secret), { ...secret }])],
    ['a structured clone', () => inspect(structuredClone(secret))],
    ['serialization', () => serialize(secret).toString('latin1')],
  ];
  for (const [name, show] of sinks) {
    it(`does not print by ${name}`, () => expect(leaksOf(show())).to.deep.equal([]));
  }

  it('says instead that it is one', () => {
    expect([String(secret), JSON.stringify([secret]), inspect(secret)]).to.deep.equal([
      '[secret]',
      '["[secret]"]',
      '[secret]',
    ]);
  });
});
