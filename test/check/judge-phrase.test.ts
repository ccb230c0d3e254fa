import { expect } from 'chai';
import { diagnose, type Diagnosis } from '../../src/check/diagnose.ts';
import type { Answer, LoginState, Observation } from '../../src/check/observation.ts';
import type { Phrase } from '../../src/check/phrases.ts';
import type { Reason } from '../../src/check/reason.ts';
import { anAnswer, subject } from './observations.ts';

/** What each phrase comes to at an upload with a good login; the compiler refuses a missing one. */
const REASON_OF: Readonly<Record<Phrase, Reason>> = {
  expired: 'CredentialsExpired',
  rejected: 'CredentialsRejected',
  locked: 'LoginLocked',
  blocked: 'AccessBlocked',
  'read-only': 'RegistryReadOnly',
  group: 'RegistryReadOnly',
  quota: 'QuotaExceeded',
  missing: 'RepositoryNotFound',
  'missing-or-denied': 'PushDenied',
  denied: 'PushDenied',
  'rate-limited': 'RateLimited',
  'name-invalid': 'RepositoryInvalid',
};
const PHRASES = Object.keys(REASON_OF) as readonly Phrase[];
const LOGINS: readonly LoginState[] = ['proven', 'disproven', 'unknown', 'unchecked', 'none'];
const STATUSES = [400, 401, 403, 404, 405, 413, 429, 500, 503];

type StepName = 'ping' | 'login' | 'token' | 'upload';

function observed(step: StepName, answer: Answer, login: LoginState): Observation {
  switch (step) {
    case 'ping':
      return { kind: 'PingRefused', answer };
    case 'login':
      return { kind: 'LoginRefused', answer };
    case 'token':
      return { kind: 'TokenDenied', answer, login, realm: undefined };
    case 'upload':
      return { kind: 'UploadRefused', answer, login, granted: undefined };
  }
}

function say(
  phrase: Phrase | undefined,
  step: StepName,
  login: LoginState = 'proven',
  status = 403,
): Diagnosis {
  return diagnose(observed(step, anAnswer(status, { phrase }), login), subject);
}

describe('a phrase in a refusal', () => {
  for (const phrase of PHRASES) {
    it(`that says "${phrase}" is ${REASON_OF[phrase]} at the upload, and beats the status`, () => {
      for (const status of STATUSES)
        expect(say(phrase, 'upload', 'proven', status).reason).to.equal(REASON_OF[phrase]);
    });
  }

  it('never makes a success of it, whatever is said where and of whom', () => {
    for (const phrase of PHRASES)
      for (const step of ['ping', 'login', 'token', 'upload'] as const)
        for (const login of LOGINS)
          for (const status of STATUSES) {
            const { course, stages, message } = say(phrase, step, login, status);
            expect(course).to.not.equal('ok');
            expect(stages.PushAuthorized.status).to.not.equal('True');
            expect(message)
              .to.include(subject.host)
              .and.not.match(/undefined/);
          }
  });

  it('says before any login only what can be known there', () => {
    const heard = PHRASES.filter((phrase) => say(phrase, 'ping').message !== say(undefined, 'ping').message);
    expect(heard).to.have.members(['blocked', 'rate-limited']);
  });

  it('says to a login nothing about repositories', () => {
    const heard = PHRASES.filter(
      (phrase) => say(phrase, 'login').message !== say(undefined, 'login').message,
    );
    expect(heard).to.have.members(['expired', 'rejected', 'locked', 'blocked', 'denied', 'rate-limited']);
  });

  it('says nothing of a login that there is not', () => {
    for (const phrase of ['expired', 'rejected', 'locked', 'denied', 'missing-or-denied'] as const)
      for (const step of ['token', 'upload'] as const)
        expect(say(phrase, step, 'none', 401).reason, phrase).to.equal('CredentialsRequired');
  });

  it('gives no right to a login that was refused', () => {
    for (const phrase of ['denied', 'missing-or-denied'] as const)
      expect(say(phrase, 'upload', 'disproven', 401).reason).to.equal('CredentialsRejected');
  });

  it('cannot make a login that is refused be tried again sooner', () => {
    for (const step of ['login', 'token', 'upload'] as const) {
      const { stages, course } = say('rate-limited', step, 'unknown', 401);
      expect([stages.Authenticated.reason, course]).to.deep.equal(['RateLimited', 'transient']);
      expect(say('locked', step, 'unknown', 401).course).to.equal('definite');
    }
    expect(say('rate-limited', 'upload', 'proven', 429).stages.PushAuthorized.reason).to.equal('RateLimited');
  });

  it('calls a token of a moment ago no expired login', () => {
    expect(say('expired', 'upload', 'unknown', 401).reason).to.equal('TokenRefused');
    expect(say('expired', 'upload', 'disproven', 401).reason).to.equal('CredentialsExpired');
  });

  it('waits as long as the registry wants where a login is locked', () => {
    const answer = anAnswer(429, { phrase: 'locked', retryAfterMs: 60_000 });
    expect(diagnose(observed('token', answer, 'unknown'), subject)).to.include({
      reason: 'LoginLocked',
      retryAfterMs: 60_000,
    });
  });

  it('names both causes where the registry does not tell them apart', () =>
    expect(say('missing-or-denied', 'token', 'unknown').message).to.match(
      /either the login has no push right or there is no such repository/,
    ));

  it('says since when where the Secret knows it', () => {
    const answer = anAnswer(401, { phrase: 'expired' });
    const known = { ...subject, expiredAt: '2025-12-31T23:59:59Z' };
    expect(diagnose({ kind: 'LoginRefused', answer }, known).message).to.match(
      /it has expired at 2025-12-31T23:59:59Z$/,
    );
  });
});
