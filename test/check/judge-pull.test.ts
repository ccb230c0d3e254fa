import { expect } from 'chai';
import { diagnose, type StageVerdict } from '../../src/check/diagnose.ts';
import type { Observation, Pulled } from '../../src/check/observation.ts';
import { FINDINGS, PULL_REASONS, REASONS, UNREACHED } from '../../src/check/reason.ts';
import { accepted, anAnswer, CASES, failed, ping, subject } from './observations.ts';

const manifest = { repository: 'platform-team/images/base', reference: 'v1.2' };
const NAME = 'platform-team/images/base:v1.2';

function stageOf(
  pulled: Pulled | undefined,
  observation: Observation = accepted('proven'),
  who = subject,
): StageVerdict {
  return diagnose(observation, who, false, { manifest, pulled }).pull ?? expect.fail('no stage');
}

const refused = (status: number): Pulled => ({ kind: 'ManifestRefused', answer: anAnswer(status) });
const denied = (status: number): Pulled => ({ kind: 'PullTokenDenied', answer: anAnswer(status) });
const silent = (step: 'manifest' | 'pull-token', cause: 'refused' | 'deadline' | 'tls-expired'): Pulled => ({
  kind: 'NetworkFailed',
  step,
  failure: { kind: 'failed', cause },
});
const moved = (step: 'manifest' | 'pull-token', to?: string, within = false): Pulled => ({
  kind: 'Redirected',
  step,
  to,
  within,
});
const invalid: Pulled = {
  kind: 'ManifestRefused',
  answer: anAnswer(401, { tokenError: 'invalid_token' }),
};

const again = /; the next probe asks again$/;

/** What each kind of outcome means; the compiler refuses a missing kind. */
const CASES_OF_PULL: Readonly<
  Record<
    Pulled['kind'],
    readonly (readonly [
      name: string,
      pulled: Pulled,
      status: StageVerdict['status'],
      reason: string,
      says: RegExp,
    ])[]
  >
> = {
  ManifestReadable: [
    ['a success', { kind: 'ManifestReadable' }, 'True', 'ManifestReadable', /permits the pull of/],
  ],
  NoAccess: [['no access', { kind: 'NoAccess' }, 'Unknown', 'PreviousStageFailed', /^Authenticated comes/]],
  NotItsRepository: [
    [
      'a login for another path',
      { kind: 'NotItsRepository' },
      'Unknown',
      'CredentialsNotMatched',
      /^the path in the Secret keeps the login to other repositories of .*: name a manifest .* or change it$/,
    ],
  ],
  ManifestRefused: [
    ['a 404', refused(404), 'Unknown', 'ManifestNotFound', /\(404\): name a manifest in spec\.pull/],
    ['a 401', refused(401), 'False', 'PullDenied', /\(401\): allow the login to pull platform-team.*exists$/],
    ['a 403', refused(403), 'False', 'PullDenied', /\(403\): allow the login/],
    ['invalid_token', invalid, 'Unknown', 'TokenRefused', /invalid \(401\): compare keys/],
    ['a 429', refused(429), 'Unknown', 'RateLimited', again],
    ['a 503', refused(503), 'Unknown', 'RegistryUnavailable', again],
    ['a 400', refused(400), 'Unknown', 'UnexpectedResponse', /with 400: ask its administrator why$/],
  ],
  PullTokenDenied: [
    ['no token (401)', denied(401), 'False', 'PullDenied', /^the token service of .* refuses the pull/],
    ['no token (403)', denied(403), 'False', 'PullDenied', /^the token service of .* refuses the pull/],
    ['a 429 of the token service', denied(429), 'Unknown', 'RateLimited', again],
    ['a 500 of the token service', denied(500), 'Unknown', 'TokenServiceFailed', again],
    ['a 400 of the token service', denied(400), 'Unknown', 'TokenServiceFailed', /400 .*: ask its/],
  ],
  PullTokenUnusable: [
    [
      'no token in a success',
      { kind: 'PullTokenUnusable', problem: 'no-token' },
      'Unknown',
      'TokenServiceFailed',
      /\(no-token\); the next/,
    ],
  ],
  NetworkFailed: [
    [
      'a refused connection',
      silent('manifest', 'refused'),
      'Unknown',
      'ConnectionRefused',
      /\(during the manifest request\); the next/,
    ],
    ['the deadline', silent('manifest', 'deadline'), 'Unknown', 'RegistryTimeout', again],
    [
      'a bad certificate of the token service',
      silent('pull-token', 'tls-expired'),
      'Unknown',
      'TokenServiceFailed',
      /^the token service of \S+ has an expired certificate; the next/,
    ],
    ['the deadline of its token', silent('pull-token', 'deadline'), 'Unknown', 'RegistryTimeout', again],
  ],
  Redirected: [
    [
      'a redirect',
      moved('manifest', 'https://x.example'),
      'Unknown',
      'RedirectedElsewhere',
      /redirected the manifest request to https:..x\.example; the next/,
    ],
    ['a redirect within', moved('manifest', 'x', true), 'Unknown', 'RedirectedElsewhere', /another path of/],
    ['a redirect to nowhere', moved('manifest'), 'Unknown', 'RedirectedElsewhere', /cannot be read; the/],
    ['a redirect of its token', moved('pull-token'), 'Unknown', 'TokenServiceFailed', /^the token service/],
  ],
};
const ALL = Object.values(CASES_OF_PULL).flat();

describe('diagnose and a manifest', () => {
  for (const [name, pulled, status, reason, says] of ALL) {
    it(`makes ${status}/${reason} of ${name}`, () => {
      const stage = stageOf(pulled);
      expect(stage).to.include({ status, reason });
      expect(stage.message).to.match(says);
    });
  }

  it('speaks of its manifest and host, in one sentence without figures that change', () => {
    for (const [name, pulled] of ALL) {
      if (pulled.kind === 'NoAccess') continue;
      const { message } = stageOf(pulled);
      expect(message, name).to.include(subject.host);
      expect(message.length, name).to.be.within(10, 512);
      expect(message, name).not.to.match(/undefined|null|\[object|NaN|\d+ ?ms\b|[{}]/);
      if (pulled.kind === 'ManifestRefused' && (pulled.answer.status < 429 || invalid === pulled)) {
        expect(message, name).to.include(NAME);
      }
    }
  });

  it('uses every reason of the pull, and no word outside the vocabulary', () => {
    const found = new Set(ALL.map(([, pulled]) => stageOf(pulled).reason));
    expect([...found]).to.include.members([...PULL_REASONS]);
    const words = [...PULL_REASONS, ...Object.keys(REASONS), ...Object.values(UNREACHED)];
    expect(words).to.include.members([...found]);
    for (const reason of PULL_REASONS) expect([...Object.keys(REASONS), ...FINDINGS]).not.to.include(reason);
  });

  it('never decides the verdict, nor when to ask again', () => {
    for (const [name, observation] of Object.values(CASES).flat()) {
      const without = diagnose(observation, subject);
      expect(without.pull, name).to.equal(undefined);
      for (const [, pulled] of ALL) {
        const { pull, ...rest } = diagnose(observation, subject, false, { manifest, pulled });
        expect(pull).not.to.equal(undefined);
        expect({ ...rest, pull: undefined }, name).to.deep.equal(without);
      }
    }
  });

  it('wants a login where the check has none', () => {
    const nobody = { ...subject, secret: undefined };
    for (const pulled of [refused(401), denied(403)]) {
      expect(stageOf(pulled, accepted('none'), nobody).message).to.match(/: set existingSecret to a login/);
    }
  });

  it('says what kept the push from being reached, whatever came of the manifest', () => {
    for (const observation of [ping(503), failed('token', 'refused'), failed('ping', 'own-resources')]) {
      const { stages, pull } = diagnose(observation, subject, false, {
        manifest,
        pulled: { kind: 'NoAccess' },
      });
      expect(pull).to.deep.equal(stages.PushAuthorized);
      expect(pull?.status).to.equal('Unknown');
    }
  });

  it('says that nothing was asked where no probe took place', () => {
    expect(stageOf(undefined, { kind: 'InvalidSpec', field: 'spec.x', problem: 'x must be y' })).to.include({
      status: 'Unknown',
      reason: 'NotProbed',
      message: 'no request was sent',
    });
  });

  it('says that the probe was ended before', () => {
    expect(stageOf(undefined)).to.deep.equal({
      status: 'Unknown',
      reason: 'NotProbed',
      message: 'the probe was ended before it asked for the manifest',
    });
  });

  it('writes a digest after an @', () => {
    const reference = `sha256:${'0'.repeat(64)}`;
    const asked = { manifest: { repository: 'base', reference }, pulled: refused(404) };
    expect(diagnose(accepted('proven'), subject, false, asked).pull?.message).to.include(
      `base@${reference},`,
    );
  });
});
