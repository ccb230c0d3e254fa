import { expect } from 'chai';
import { codeOf, statusError } from '../../src/kube/errors.ts';

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
    [
      'details that ask to wait too long',
      429,
      { details: { retryAfterSeconds: 1e12 } },
      { reason: 'TooManyRequests', message: 'GET /x: 429 TooManyRequests', retryAfterMs: 3_600_000 },
    ],
    [
      'details that ask for no wait',
      429,
      { details: { retryAfterSeconds: 0 } },
      { reason: 'TooManyRequests', message: 'GET /x: 429 TooManyRequests' },
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
