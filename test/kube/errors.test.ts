import { expect } from 'chai';
import { codeOf, parseRetryAfterMs, statusError } from '../../src/kube/errors.ts';

describe('statusError', () => {
  const cases: readonly [
    string,
    number,
    unknown,
    { reason: string; message: string; retryAfterMs?: number },
  ][] = [
    [
      'a refusal by RBAC',
      403,
      { reason: 'Forbidden', message: 'things is forbidden: User "x" cannot list' },
      { reason: 'Forbidden', message: 'GET /x: 403 Forbidden: things is forbidden: User "x" cannot list' },
    ],
    [
      'a conflict',
      409,
      { reason: 'Conflict', message: 'modified' },
      { reason: 'Conflict', message: 'GET /x: 409 Conflict: modified' },
    ],
    [
      'validation, without the values it quotes',
      422,
      {
        reason: 'Invalid',
        message: 'spec.url: Invalid value: "canary"',
        details: {
          causes: [
            { field: 'spec.url', message: 'canary' },
            { field: 'spec.items[0]' },
            { field: 'can ary' },
            7,
          ],
        },
      },
      { reason: 'Invalid', message: 'GET /x: 422 Invalid: spec.url, spec.items[0]' },
    ],
    [
      'a body that cannot be decoded, without quoting it',
      400,
      { reason: 'BadRequest', message: 'cannot parse "canary"' },
      { reason: 'BadRequest', message: 'GET /x: 400 BadRequest' },
    ],
    [
      'details that ask to wait',
      429,
      { reason: 'TooManyRequests', message: 'busy', details: { retryAfterSeconds: 5 } },
      { reason: 'TooManyRequests', message: 'GET /x: 429 TooManyRequests: busy', retryAfterMs: 5000 },
    ],
    ['no body', 503, undefined, { reason: 'ServiceUnavailable', message: 'GET /x: 503 ServiceUnavailable' }],
    ['a list for a body', 502, [], { reason: 'Unknown', message: 'GET /x: 502 Unknown' }],
    [
      'a hostile reason',
      500,
      { reason: '\u001b[31m' },
      { reason: 'InternalError', message: 'GET /x: 500 InternalError' },
    ],
    [
      'hostile details',
      500,
      { details: { retryAfterSeconds: 'x', causes: null } },
      { reason: 'InternalError', message: 'GET /x: 500 InternalError' },
    ],
    [
      'several lines',
      404,
      { message: 'a\r\nb' },
      { reason: 'NotFound', message: 'GET /x: 404 NotFound: a b' },
    ],
  ];
  for (const [name, status, body, expected] of cases) {
    it(`reads ${name}`, () => {
      const { message, reason, retryAfterMs, status: kept } = statusError('GET /x', status, body);
      expect({ message, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }).to.deep.equal(
        expected,
      );
      expect(kept).to.equal(status);
    });
  }

  it('cuts a long message', () => {
    expect(statusError('GET /x', 500, { message: 'y'.repeat(5000) }).message).to.have.length(300);
  });
});

describe('parseRetryAfterMs', () => {
  const now = Date.UTC(2026, 0, 1);
  const cases: readonly [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['7', 7000],
    [' 7 ', 7000],
    ['0', 1000],
    ['99999999999', 3_600_000],
    ['9'.repeat(400), 3_600_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['NaN', undefined],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 1000],
    ['Fri, 01 Jan 2027 00:00:00 GMT', 3_600_000],
    ['Thu, nonsense', undefined],
    ['x'.repeat(40_000), undefined],
  ];
  for (const [header, expected] of cases) {
    it(`of ${JSON.stringify(header?.slice(0, 40))} is ${String(expected)}`, () => {
      expect(parseRetryAfterMs(header, now)).to.equal(expected);
    });
  }
});

describe('codeOf', () => {
  const cases: readonly [string, unknown, string][] = [
    ['a Node error', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['an error without code', new Error('x'), 'UNKNOWN'],
    ['a numeric code', Object.assign(new Error('x'), { code: 20 }), 'UNKNOWN'],
    ['a code that is a text', Object.assign(new Error('x'), { code: 'Bearer canary' }), 'UNKNOWN'],
    ['no error', { code: 'EPIPE' }, 'UNKNOWN'],
  ];
  for (const [name, error, expected] of cases) {
    it(`of ${name} is ${expected}`, () => expect(codeOf(error)).to.equal(expected));
  }
});
