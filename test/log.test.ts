import { join } from 'node:path';
import { expect } from 'chai';
import type { Config } from '../src/config.ts';
import { runProcess } from './support/processes.ts';

const LOG = join(import.meta.dirname, '..', 'src', 'log.ts');

type Message = readonly [level: string, message: string, fields?: Readonly<Record<string, unknown>>];

/** What a program writes to its outputs that logs some messages. */
async function logged(config: Config['log'], ...messages: readonly Message[]): Promise<readonly string[]> {
  const program = `
    import { createLog } from ${JSON.stringify(LOG)};
    const log = createLog(${JSON.stringify(config)});
    for (const message of ${JSON.stringify(messages)}) log(...message);
  `;
  const { code, stdout, stderr } = await runProcess({
    name: 'a program that logs',
    file: process.execPath,
    args: ['--input-type=module', '--eval', program],
  });
  expect([code, stdout]).to.deep.equal([0, '']);
  return stderr.split('\n').slice(0, -1);
}

const json = { level: 'debug', format: 'json' } as const;
const text = { level: 'debug', format: 'text' } as const;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

function isLine(line: string): boolean {
  return TIME.test(line) && !/[\u0085\u2028\u2029\v\f\r]/.test(line);
}

function isObject(line: string): boolean {
  return typeof JSON.parse(line) === 'object';
}

describe('createLog', () => {
  it('writes one JSON object a message, with its fields, on stderr', async () => {
    const lines = await logged(
      json,
      ['info', 'started', { namespaces: ['a'], workers: 2 }],
      ['error', 'ended'],
    );
    const objects = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(objects.map(({ timestamp, ...rest }) => [TIME.test(String(timestamp)), rest])).to.deep.equal([
      [true, { level: 'info', message: 'started', namespaces: ['a'], workers: 2 }],
      [true, { level: 'error', message: 'ended' }],
    ]);
  });

  it('writes one line of text a message', async () => {
    const lines = await logged(text, ['info', 'started', { workers: 2 }], ['warn', 'slow']);
    expect(lines.map((line) => line.replace(TIME, 'TIME'))).to.deep.equal([
      'TIME info started {"workers":2}',
      'TIME warn slow',
    ]);
  });

  it('leaves out what is below its level', async () => {
    const all = (['debug', 'info', 'warn', 'error'] as const).map((level): Message => [level, `at ${level}`]);
    const levels: Readonly<Record<string, number>> = { debug: 4, info: 3, warn: 2, error: 1 };
    for (const [level, count] of Object.entries(levels)) {
      const lines = await logged({ level: level as Config['log']['level'], format: 'json' }, ...all);
      expect(lines, level).to.have.lengthOf(count);
    }
  });

  it('keeps the fields of a message with a percent sign', async () => {
    const [line = ''] = await logged(json, ['info', '100%d of %s', { key: 'a/b' }]);
    expect(JSON.parse(line)).to.include({ message: '100%d of %s', key: 'a/b' });
  });

  it('lets no field replace level or message', async () => {
    const [line = ''] = await logged(json, ['warn', 'true', { level: 'info', message: 'false' }]);
    expect(JSON.parse(line)).to.include({ level: 'warn', message: 'true' });
  });

  describe('lets nobody forge a line', () => {
    const breaks = ['\n', '\r', '\r\n', '\u0085', '\u2028', '\u2029', '\v', '\f'];
    const forged = breaks.map((end) => `a${end}2026-01-01T00:00:00.000Z error forged`);

    for (const [name, config] of [
      ['text', text],
      ['json', json],
    ] as const) {
      it(`in a message (${name})`, async () => {
        const lines = await logged(config, ...forged.map((message): Message => ['info', message]));
        expect(lines).to.have.lengthOf(breaks.length);
        for (const line of lines) expect(line).to.satisfy(config === text ? isLine : isObject);
      });

      it(`in a field or its name (${name})`, async () => {
        const lines = await logged(
          config,
          ...forged.map((value): Message => ['info', 'x', { [value]: { deep: [value] } }]),
        );
        expect(lines).to.have.lengthOf(breaks.length);
        for (const line of lines) expect(line).to.satisfy(config === text ? isLine : isObject);
      });
    }

    it('by moving the cursor or turning the direction of writing', async () => {
      const hostile = 'a\u001B[2Kb\u009B1Ac\u202Ed\u0000e\u0007f\bg';
      const [line = ''] = await logged(text, ['info', hostile, { field: hostile }]);
      expect(line).to.match(/^[\x20-\x7E]*$/);
    });
  });
});
