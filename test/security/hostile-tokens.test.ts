import { expect } from 'chai';
import { answer, type Turn } from '../support/scripted-registry.ts';
import { accepted, DELETE, openTable, PING, POST, TOKEN, type ProbeTable } from '../check/probe-table.ts';

/** Answers of a token service with status 200, and the token that is sent on; undefined where there is none. */
const ROWS: readonly (readonly [name: string, body: string, token: string | undefined])[] = [
  ['a token with a line break', JSON.stringify({ token: 'a\r\nX-Evil: 1' }), undefined],
  ['a token that ends with a line break', JSON.stringify({ token: 'a\n' }), undefined],
  ['a token with a NUL', JSON.stringify({ token: 'a\0b' }), undefined],
  ['a token with an escape character', JSON.stringify({ token: '\u001b[31mred' }), undefined],
  ['a token with a letter outside ASCII', JSON.stringify({ token: 'tökén' }), undefined],
  ['a token of 33 kB', JSON.stringify({ token: 'a'.repeat(33_000) }), undefined],
  ['a token of 17 kB', JSON.stringify({ token: 'a'.repeat(17_000) }), undefined],
  ['a number', '{"token":7}', undefined],
  ['a list', '{"token":["t1"]}', undefined],
  ['no token but behind __proto__', '{"__proto__":{"token":"t1"}}', undefined],
  ['no token but behind constructor', '{"constructor":{"prototype":{"token":"t1"}}}', undefined],
  ['60 kB of open brackets', '['.repeat(60_000), undefined],
  ['60 kB of open brackets beside no token', `{"a":${'['.repeat(29_000)}${']'.repeat(29_000)}}`, undefined],
  ['60 kB of open braces', '{"a":'.repeat(12_000), undefined],
  ['a lone surrogate', '{"token":"\\ud800"}', undefined],
  ['bytes that are no text', '\u{FFFD}\u{FFFD}\0', undefined],
  ['two tokens', '{"token":"t1","token":"t2"}', 't2'],
  ['a token beside __proto__', '{"__proto__":{"token":"t2"},"token":"t1"}', 't1'],
  ['a token beside deep nesting', `{"token":"t1","a":${'['.repeat(29_000)}${']'.repeat(29_000)}}`, 't1'],
  [
    'a token that has run out before it was issued',
    '{"token":"t1","expires_in":-1,"issued_at":"2090-01-01T00:00:00Z"}',
    't1',
  ],
];

describe('E1, M2: probe with a hostile token service', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  for (const [name, body, token] of ROWS) {
    it(`${token === undefined ? 'sends nothing on' : 'sends one line on'} of ${name}`, async () => {
      const asked: readonly Turn[] = [
        [PING, table.wantsBearer()],
        [TOKEN, answer(200, { 'Content-Type': 'application/json' }, body)],
      ];
      const pushed: readonly Turn[] = [
        [`${POST} as Bearer ${String(token)}`, accepted],
        [`${DELETE} as Bearer ${String(token)}`, answer(204)],
      ];
      const { observation } = await table.run(token === undefined ? asked : [...asked, ...pushed]);
      const { reason, message } = table.diagnose(observation);
      expect(reason).to.equal(token === undefined ? 'TokenServiceFailed' : 'PushAuthorized');
      expect(message).to.not.match(/[^ -~]/);
      expect(Object.keys(Object.prototype)).to.deep.equal([]);
      expect({}).to.not.have.property('token');
    });
  }
});
