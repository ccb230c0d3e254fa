import { expect } from 'chai';
import { phraseOf } from '../../src/check/phrases.ts';

describe('phraseOf', () => {
  const rows: readonly [status: number, body: string, phrase: string | undefined][] = [
    [403, 'Your Authorization Token HAS EXPIRED.', 'expired'],
    [429, 'toomanyrequests: too many failed login attempts', 'locked'],
    [429, '{"errors":[{"code":"TOOMANYREQUESTS"}]}', 'rate-limited'],
    [403, 'Permission "x" denied on resource "y" (or it may not exist)', 'missing-or-denied'],
    [403, 'Permission "x" denied on resource "y"', 'denied'],
    [401, '{"message":"project x not found: project x not found"}', 'missing'],
    [404, '{"message":"manifest of a project was not found"}', undefined],
    [401, 'it was not found in this "project x"', undefined],
    [401, 'permission', undefined],
    [401, 'unauthorized to access repository: team/app, action: push', undefined],
    [401, '', undefined],
    [500, 'is not authorized to perform: s3:PutObject', undefined],
    [500, 'the provided token is expired', undefined],
    [500, 'will exceed the configured upper limit', 'quota'],
    [503, 'the system is in read only mode', 'read-only'],
    [503, '{"Code":"SlowDown","Message":"Rate exceeded"}', 'rate-limited'],
    [403, 'You have exceeded its image storage quota', 'quota'],
    [403, 'You must access this account over the private network.', 'blocked'],
    [400, 'token is expired', 'expired'],
    [399, 'token is expired', undefined],
    [202, 'permission_denied', undefined],
  ];
  for (const [status, body, phrase] of rows) {
    it(`makes ${phrase ?? 'nothing'} of ${status} with ${body === '' ? 'no words' : body}`, () =>
      expect(phraseOf(status, body)).to.equal(phrase));
  }

  it('reads the largest body in a time that its length bounds, whatever is in it', () => {
    const bodies = ['project ', '"project ', 'the repository with name', 'a', 'registry contains', 'İ'].map(
      (word) => word.repeat(64 * 1024).slice(0, 64 * 1024),
    );
    for (const body of bodies) expect(phraseOf(401, body)).to.equal(undefined);
  });
});
