import { expect } from 'chai';
import { CANCEL_BUDGET_MS } from '../../src/check/cancel.ts';
import { patientWithUploads } from '../../src/check/patience.ts';
import { DeadlineExceeded } from '../../src/clock.ts';
import type { Refresh, Response, Send } from '../../src/registry/http.ts';
import { Secret } from '../../src/registry/secret.ts';
import { createFakeClock, settle, type FakeClock } from '../support/fake-clock.ts';

const ACCEPTED: Response = {
  kind: 'response',
  status: 202,
  challenges: [],
  location: '/v2/team/app/blobs/uploads/1',
  contentType: undefined,
  retryAfter: undefined,
  marks: {},
  body: '',
};

interface Scene {
  readonly clock: FakeClock;
  /** What the caller gets: the answer, or what was thrown. */
  readonly got: Promise<unknown>;
  readonly answer: () => void;
  readonly abort: (reason: Error) => void;
}

/** One request under way to a registry that answers when a test says so. */
function start(method: 'GET' | 'POST', refresh?: Refresh): Scene {
  const clock = createFakeClock();
  const caller = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const send: Send = (_, signal) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    return promise;
  };
  const request = { method, url: new URL('https://reg.example/'), refresh };
  const got = patientWithUploads(send, clock)(request, caller.signal).catch((error: unknown) => error);
  return { clock, got, answer: () => resolve(ACCEPTED), abort: (reason) => caller.abort(reason) };
}

describe('patientWithUploads', () => {
  const reason = new Error('shutdown');

  it('waits for the answer to an upload whose caller aborts', async () => {
    const { clock, got, answer, abort } = start('POST');
    abort(reason);
    await clock.advance(CANCEL_BUDGET_MS - 1);
    answer();
    expect(await got).to.equal(ACCEPTED);
    await settle();
    expect(clock.sleeps).to.deep.equal([]);
  });

  it('gives it up when the time of a cancel is over', async () => {
    const { clock, got, abort } = start('POST');
    abort(reason);
    await clock.advance(CANCEL_BUDGET_MS);
    expect(await got).to.equal(reason);
  });

  it('lets the caller end an exchange of an identity token at once: there is nothing to cancel', async () => {
    const { got, abort } = start('POST', { token: new Secret('t'), service: undefined, scope: undefined });
    abort(reason);
    expect(await got).to.equal(reason);
  });

  it('lets a deadline end an upload at once', async () => {
    const { clock, got, abort } = start('POST');
    const over = new DeadlineExceeded();
    abort(over);
    expect(await got).to.equal(over);
    expect(clock.sleeps).to.deep.equal([]);
  });

  it('lets the caller end any other request at once', async () => {
    const { got, abort } = start('GET');
    abort(reason);
    expect(await got).to.equal(reason);
  });
});
