import { expect } from 'chai';
import { diagnose, type Diagnosis, type StageVerdict } from '../../src/check/diagnose.ts';
import type { Observation } from '../../src/check/observation.ts';
import { FINDINGS, REASONS, STAGES } from '../../src/check/reason.ts';
import { accepted, anAnswer, CASES, denied, failed, ping, subject } from './observations.ts';

const ALL = Object.values(CASES).flat();

/** What a character of {@link CASES} stands for. */
function stageOf(character: string, reason: string): Pick<StageVerdict, 'status' | 'reason'> {
  const stages: Readonly<Record<string, Pick<StageVerdict, 'status' | 'reason'>>> = {
    '+': { status: 'True', reason },
    '-': { status: 'False', reason },
    '?': { status: 'Unknown', reason },
    '.': { status: 'Unknown', reason: 'PreviousStageFailed' },
    n: { status: 'Unknown', reason: 'NotProbed' },
    r: { status: 'True', reason: 'RegistryResponded' },
    p: { status: 'True', reason: 'CredentialsAccepted' },
    a: { status: 'True', reason: 'AnonymousAccepted' },
    o: { status: 'Unknown', reason: 'CredentialsNotChecked' },
  };
  return stages[character] ?? expect.fail(`no stage is meant by ${character}`);
}

describe('diagnose', () => {
  for (const [name, observation, reason, stages, says] of ALL) {
    it(`makes ${reason} of ${name}`, () => {
      const diagnosis = diagnose(observation, subject);
      expect(diagnosis.reason).to.equal(reason);
      expect(diagnosis.message).to.match(says);
      const found = STAGES.map((stage) => ({
        status: diagnosis.stages[stage].status,
        reason: diagnosis.stages[stage].reason,
      }));
      expect(found).to.deep.equal([...stages].map((character) => stageOf(character, reason)));
    });
  }

  it('says the same of the same observation, in at most 512 characters, with the host in it', () => {
    for (const [name, observation] of ALL) {
      const diagnosis = diagnose(observation, subject);
      expect(diagnose(structuredClone(observation), { ...subject }), name).to.deep.equal(diagnosis);
      // What is wrong with the check itself is not about the host.
      if (observation.kind !== 'InvalidSpec' && observation.kind !== 'SecretUnusable') {
        expect(diagnosis.message, name).to.include(subject.host);
      }
      for (const text of messagesOf(diagnosis)) {
        expect(text.length, text).to.be.within(10, 512);
        expect(text, text).to.not.match(/undefined|null|\[object|NaN|\d+ ?ms\b|[{}]/);
      }
    }
  });

  it('gives every reason the course of the glossary, except what the token service may outgrow', () => {
    for (const [name, observation] of ALL) {
      const { reason, course } = diagnose(observation, subject);
      if (reason !== 'TokenServiceFailed') expect(course, name).to.equal(REASONS[reason]);
    }
    const courseOf = (observation: Observation): string => diagnose(observation, subject).course;
    expect(courseOf(denied(500))).to.equal('transient');
    expect(courseOf(denied(404))).to.equal('persistent');
    expect(courseOf(failed('token', 'refused'))).to.equal('transient');
    expect(courseOf(failed('token', 'tls-expired'))).to.equal('persistent');
    expect(courseOf({ kind: 'TokenUnusable', problem: 'no-token' })).to.equal('persistent');
    expect(courseOf({ kind: 'Redirected', step: 'token', to: undefined, within: false })).to.equal(
      'persistent',
    );
  });

  it('calls a push authorized for a 202 alone', () => {
    for (const [name, observation] of ALL) {
      const { stages, course } = diagnose(observation, subject);
      const found = [stages.PushAuthorized.status === 'True', course === 'ok'];
      const authorized = observation.kind === 'UploadAccepted';
      expect(found, name).to.deep.equal([authorized, authorized]);
    }
  });

  it('speaks of "the Secret" and "the login" where the Secret has no name', () => {
    const unnamed = { ...subject, secret: undefined };
    const [, unusable] = CASES.SecretUnusable[0] ?? expect.fail();
    expect(diagnose(unusable, unnamed).message).to.equal('the Secret: words of ours');
    const refused = diagnose({ kind: 'LoginRefused', answer: anAnswer(401) }, unnamed);
    expect(refused.message).to.match(/refused the login \(401\): wrong/);
  });

  for (const host of ['169.254.169.254', '10.0.0.1:5000', '[fd00:ec2::254]', '[::1]:5000']) {
    it(`says that ${host} is an address, and not that it has one`, () =>
      expect(diagnose(failed('ping', 'address-denied'), { ...subject, host }).message).to.equal(
        `${host} is an address that checks must not reach`,
      ));
  }

  it('passes on how long the registry wants to be left alone, and says it in no message', () => {
    const limited = (retryAfterMs?: number): Diagnosis => diagnose(ping(429, { retryAfterMs }), subject);
    expect(limited(7000).retryAfterMs).to.equal(7000);
    expect(limited().retryAfterMs).to.equal(undefined);
    expect(diagnose({ kind: 'LoginWanted' }, subject).retryAfterMs).to.equal(undefined);
    expect(messagesOf(limited(7000))).to.deep.equal(messagesOf(limited(60_000)));
  });
});

function messagesOf(diagnosis: Diagnosis): string[] {
  return [diagnosis, ...Object.values(diagnosis.stages), ...diagnosis.findings].map(({ message }) => message);
}

describe('diagnose and its findings', () => {
  type More = Partial<ReturnType<typeof accepted>>;
  const findings = (more: More, insecure = false): Diagnosis['findings'] =>
    diagnose({ ...accepted('proven'), ...more }, subject, insecure).findings;
  const elsewhere = { kind: 'elsewhere', host: 's3.example' } as const;
  const insecure = { kind: 'insecure' } as const;

  const rows: readonly [name: string, more: More, types: readonly string[], says: RegExp][] = [
    ['nothing for a clean push', {}, [], /^$/],
    ['that the login may not cancel', { cleanup: 'NotPermitted' }, ['UploadNotCancelled'], /delete right/],
    ['that the registry cannot', { cleanup: 'Unsupported' }, ['UploadNotCancelled'], /does not support/],
    ['that the cancel failed', { cleanup: 'Failed' }, ['UploadNotCancelled'], /failed; .*expires by itself/],
    [
      'that uploads go to another host',
      { cleanup: 'Failed', location: elsewhere },
      ['UploadLocationElsewhere'],
      /to s3\.example:/,
    ],
    [
      'that uploads go over http',
      { cleanup: 'Failed', location: insecure },
      ['UploadLocationInsecure'],
      /plain http/,
    ],
    ['that anybody may push', { login: 'none' }, ['AnonymousPushAccepted'], /anybody/],
    [
      'that anybody may push and nobody cancel',
      { login: 'none', cleanup: 'Unsupported' },
      ['UploadNotCancelled', 'AnonymousPushAccepted'],
      /anybody/,
    ],
  ];
  for (const [name, more, types, says] of rows) {
    it(`finds ${name}`, () => {
      const found = findings(more);
      expect(found.map(({ type }) => type)).to.deep.equal(types);
      expect(FINDINGS).to.include.members(found.map(({ type }) => type));
      expect(found.map(({ message }) => message).join('\n')).to.match(says);
      for (const { message } of found) expect(message.length).to.be.at.most(512);
    });
  }

  it('finds plain http, whatever came of the check', () => {
    expect(findings({}, true).map(({ type }) => type)).to.deep.equal(['InsecureTransport']);
    const wanted = diagnose({ kind: 'LoginWanted' }, subject, true);
    expect(wanted.findings.map(({ type }) => type)).to.deep.equal(['InsecureTransport']);
  });

  it('finds nothing where the upload was not accepted', () => {
    for (const [name, observation] of ALL) {
      if (observation.kind === 'UploadAccepted') continue;
      expect(diagnose(observation, subject).findings, name).to.deep.equal([]);
    }
  });
});
