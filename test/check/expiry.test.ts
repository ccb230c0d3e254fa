import { expect } from 'chai';
import fc from 'fast-check';
import { expiryOf, parseTime } from '../../src/check/expiry.ts';
import { judge } from '../../src/check/judge.ts';
import type { LoginState, Observation } from '../../src/check/observation.ts';
import { Secret } from '../../src/registry/secret.ts';
import { ACCEPTED, anAnswer } from '../support/builders.ts';

const encode = (value: unknown, encoding: 'base64' | 'base64url' = 'base64url'): string =>
  Buffer.from(JSON.stringify(value)).toString(encoding);
const jwt = (claims: unknown, header: unknown = { alg: 'RS256', typ: 'JWT' }): string =>
  `${encode(header)}.${encode(claims)}.c2lnbmF0dXJl`;
const ecr = (over: Readonly<Record<string, unknown>> = {}): string =>
  encode(
    { payload: 'x', datakey: 'y', version: '2', type: 'DATA_KEY', expiration: 1_800_000_000, ...over },
    'base64',
  );

describe('expiryOf', () => {
  const rows: readonly (readonly [name: string, text: string, found: string | undefined])[] = [
    ['a JWT', jwt({ exp: 1_800_000_000, sub: 'c4nary' }), 'JWT'],
    ['a JWT with a broken second', jwt({ exp: 1_800_000_000.5 }), 'JWT'],
    ['a JWT without a signature', `${jwt({ exp: 1_800_000_000 }).split('.', 2).join('.')}.`, 'JWT'],
    ['a password of ECR', ecr(), 'ECRPassword'],
    ['a JWT without exp', jwt({ sub: 'x' }), undefined],
    ['a JWT whose exp is a text', jwt({ exp: '1800000000' }), undefined],
    ['a JWT whose exp is in milliseconds', jwt({ exp: 1_800_000_000_000 }), undefined],
    ['a JWT whose exp is negative', jwt({ exp: -1 }), undefined],
    [
      'a JWT whose exp is endless',
      `${encode({})}.${Buffer.from('{"exp":1e999}').toString('base64url')}.x`,
      undefined,
    ],
    ['a JWT whose claims are a list', jwt([{ exp: 1_800_000_000 }]), undefined],
    ['a JWT whose header is none', `x.${encode({ exp: 1_800_000_000 })}.x`, undefined],
    ['two parts', `${encode({})}.${encode({ exp: 1_800_000_000 })}`, undefined],
    ['base64 of another object', encode({ expiration: 1_800_000_000 }, 'base64'), undefined],
    ['ECR without an end', ecr({ expiration: undefined }), undefined],
    ['a password', 'hunter2', undefined],
    ['a password with dots', 'a.b.c', undefined],
    ['nothing', '', undefined],
    ['a very long JWT', `${jwt({ exp: 1_800_000_000 })}${'x'.repeat(70_000)}`, undefined],
  ];
  for (const [name, text, source] of rows) {
    it(`${source === undefined ? 'finds no end in' : 'finds the end of'} ${name}`, () => {
      const expected = source === undefined ? undefined : { source };
      for (const found of [
        expiryOf({ kind: 'password', username: 'ci', password: new Secret(text) }),
        expiryOf({ kind: 'token', token: new Secret(text) }),
      ]) {
        if (expected === undefined) expect(found).to.equal(undefined);
        else
          expect(found)
            .to.include(expected)
            .and.to.have.property('atMs')
            .that.is.within(1_800_000_000_000, 1_800_000_000_500);
      }
    });
  }

  it('never throws, whatever the text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json().map((text) => jwt(text)),
      fc.jsonValue().map((value) => jwt(value, value)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const found = expiryOf({ kind: 'token', token: new Secret(text) });
        if (found !== undefined) expect(new Date(found.atMs).toISOString()).to.match(/^\d{4}-/);
      }),
    );
  });
});

describe('judge', () => {
  const expiredAt = '2026-01-01T00:00:00Z';
  const names = { host: 'reg.example', repository: 'team/app', secret: 'push' };
  const upload = (status: number, login: LoginState): Observation => ({
    kind: 'UploadRefused',
    answer: anAnswer(status),
    login,
    granted: undefined,
  });
  type Row = readonly [name: string, observation: Observation, reason: string, before: string];
  const rows: readonly Row[] = [
    [
      'a login by Basic',
      { kind: 'LoginRefused', answer: anAnswer(401) },
      'CredentialsExpired',
      'CredentialsRejected',
    ],
    [
      'a login by Basic, with 403',
      { kind: 'LoginRefused', answer: anAnswer(403) },
      'CredentialsExpired',
      'CredentialsRejected',
    ],
    [
      'a token',
      { kind: 'TokenDenied', answer: anAnswer(401), login: 'disproven' },
      'CredentialsExpired',
      'CredentialsRejected',
    ],
    [
      'an upload, and the login is disproven',
      upload(401, 'disproven'),
      'CredentialsExpired',
      'CredentialsRejected',
    ],
    [
      'an upload, and nothing is known of the login',
      upload(401, 'unknown'),
      'CredentialsExpired',
      'PushUnauthorized',
    ],
    [
      'an upload with 403, and nothing is known',
      upload(403, 'unknown'),
      'PushUnauthorized',
      'PushUnauthorized',
    ],
    ['an upload, and the login is good', upload(403, 'proven'), 'PushDenied', 'PushDenied'],
    ['nothing', ACCEPTED, 'PushAuthorized', 'PushAuthorized'],
  ];
  for (const [name, observation, reason, before] of rows) {
    it(`says ${reason} where a login that has run out is refused ${name}`, () => {
      const found = judge(observation, { ...names, expiredAt });
      expect(found.reason).to.equal(reason);
      if (reason === 'CredentialsExpired') expect(found.message).to.include(`has expired at ${expiredAt}`);
      expect(judge(observation, names).reason).to.equal(before);
    });
  }
});

describe('parseTime', () => {
  const rows: readonly (readonly [text: string, time: string | undefined])[] = [
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31T12:00:00.123456789Z', '2026-01-31T12:00:00.123Z'],
    ['1769860800', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31', undefined],
    ['2026-01-31 12:00:00Z', undefined],
    ['2026-01-31T12:00:00', undefined],
    ['2026-13-31T12:00:00Z', undefined],
    ['1969-01-31T12:00:00Z', undefined],
    ['31 January 2026', undefined],
    ['2026-01-31T12:00:00Z\n', undefined],
    ['1769860800000', undefined],
    ['-1', undefined],
    ['0', undefined],
    ['', undefined],
  ];
  for (const [text, time] of rows) {
    it(`reads ${JSON.stringify(text)} as ${time ?? 'no time'}`, () => {
      const ms = parseTime(text);
      expect(ms === undefined ? undefined : new Date(ms).toISOString()).to.equal(time);
    });
  }
});
