import { expect } from 'chai';
import { SERVERS, SITUATIONS, type Asked } from '../../scripts/bench/agreement/causes.ts';
import {
  agrees,
  compare,
  mismatchOf,
  tableOf,
  totalsOf,
  type Outcome,
} from '../../scripts/bench/agreement/table.ts';

const asked: Asked = { who: 'puller', reason: 'PushDenied', why: 'may only pull' };

function anOutcome(over: Partial<Outcome> = {}): Outcome {
  return {
    server: 'distribution 3 tokens',
    situation: 'pull only',
    asked,
    crane: false,
    reason: 'PushDenied',
    message: 'no push right',
    left: { added: [], session: 'none' },
    conversation: ['GET https://localhost/v2/ → 401'],
    ...over,
  };
}

const green = {
  asked: { ...asked, reason: 'PushAuthorized' },
  crane: true,
  reason: 'PushAuthorized',
} as const;
const leavingSession = { ...green, asked: { ...green.asked, leaves: 'session' } } as const;
const oneUpload = { added: ['upload:1'], session: 'readable' } as const;

describe('compare', () => {
  const good = { verdict: true, cause: true, leaves: true };
  const rows: readonly { name: string; over: Partial<Outcome>; expected: object }[] = [
    { name: 'agrees with a refusal of the expected cause', over: {}, expected: good },
    { name: 'agrees with a push', over: { ...green, left: { added: [], session: 'gone' } }, expected: good },
    {
      name: 'sees a green check where crane is refused',
      over: { ...green, crane: false },
      expected: { ...good, verdict: false },
    },
    {
      name: 'sees a red check where crane pushes, although the cause is the expected one',
      over: { crane: true },
      expected: { ...good, verdict: false },
    },
    {
      name: 'sees another cause, although the verdict is right',
      over: { reason: 'CredentialsRejected' },
      expected: { ...good, cause: false },
    },
    {
      name: 'sees a repository in the catalogue',
      over: { left: { added: ['catalogue:team/app'], session: 'none' } },
      expected: { ...good, leaves: false },
    },
    {
      name: 'sees a session that can still be read',
      over: { ...green, left: { added: [], session: 'readable' } },
      expected: { ...good, leaves: false },
    },
    {
      name: 'permits the session of a login that may not cancel',
      over: { ...leavingSession, left: oneUpload },
      expected: good,
    },
    {
      name: 'sees that such a session is gone after all: the expectation is wrong then',
      over: { ...leavingSession, left: { added: [], session: 'gone' } },
      expected: { ...good, leaves: false },
    },
    {
      name: 'sees what is there besides that session',
      over: { ...leavingSession, left: { ...oneUpload, added: ['upload:1', 'catalogue:team/app'] } },
      expected: { ...good, leaves: false },
    },
  ];
  for (const { name, over, expected } of rows) {
    it(name, () => {
      expect(compare(anOutcome(over))).to.deep.equal(expected);
      expect(agrees(anOutcome(over))).to.equal(Object.values(expected).every(Boolean));
    });
  }
});

describe('tableOf', () => {
  it('has a row for each check, and one that says why there is none', () => {
    const outcomes = [
      anOutcome({ reason: 'CredentialsRejected', asked: { ...asked, variant: 'team' } }),
      anOutcome({ situation: 'push without delete', ...leavingSession, left: oneUpload }),
    ];
    const cells = [
      ['push without delete', []],
      ['pull only', []],
      ['read-only mode', { cannot: 'there is none' }],
    ] as const;
    const text = tableOf(outcomes, [{ server: 'distribution 3 tokens', cells }]);
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).to.deep.equal([
      ['server', 'situation', 'crane', 'ours', 'expected cause', 'our cause', 'left behind'],
      [
        'distribution 3 tokens',
        'push without delete',
        'yes',
        'yes',
        'PushAuthorized',
        'PushAuthorized',
        '✓',
        '1 upload, session still readable',
      ],
      [
        'distribution 3 tokens',
        'pull only (team)',
        'no',
        'no',
        'PushDenied',
        'CredentialsRejected',
        '✗',
        'nothing',
      ],
      ['distribution 3 tokens', 'read-only mode', '–', '–', '–', '–', '–', 'cannot be: there is none'],
      [''],
    ]);
  });
});

describe('totalsOf', () => {
  it('counts verdicts, causes and leavings apart', () => {
    const outcomes = [
      anOutcome(),
      anOutcome({ reason: 'CredentialsRejected' }),
      anOutcome({ crane: true, left: oneUpload }),
    ];
    expect(totalsOf(outcomes).map((line) => line.slice(line.indexOf(': ') + 2))).to.deep.equal([
      '2 of 3',
      '2 of 3',
      '2 of 3',
    ]);
  });
});

describe('mismatchOf', () => {
  it('says what was expected and why, what came and how', () => {
    const text = mismatchOf(anOutcome({ crane: true, reason: 'CredentialsRejected', left: oneUpload }));
    for (const part of [
      'crane pushes',
      'expected PushDenied: may only pull',
      'left behind: 1 upload',
      'ours: CredentialsRejected: no push right',
      'GET https://localhost/v2/ → 401',
    ])
      expect(text).to.include(part);
  });
});

describe('the causes of the agreement', () => {
  for (const [server, { column }] of Object.entries(SERVERS)) {
    it(`have something to say of every situation at ${server}, with a name for each way`, () => {
      for (const situation of SITUATIONS) {
        const cell = column[situation];
        if ('cannot' in cell) {
          expect(cell.cannot).not.to.equal('');
          continue;
        }
        expect(cell, situation).not.to.deep.equal([]);
        const variants = cell.map(({ variant }) => variant);
        expect(new Set(variants).size, situation).to.equal(variants.length);
        if (variants.length > 1) expect(variants, situation).not.to.include(undefined);
      }
    });
  }
});
