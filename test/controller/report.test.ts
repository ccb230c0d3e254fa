import { expect } from 'chai';
import { diagnose } from '../../src/check/diagnose.ts';
import type { Observation, StepTrace } from '../../src/check/observation.ts';
import { cut, lastProbeOf } from '../../src/controller/report.ts';
import { verifyCommand } from '../../src/controller/verify.ts';
import { failed } from '../check/observations.ts';
import { aDiagnosis, anAnswer, aProbed } from '../support/builders.ts';

const green = aDiagnosis();
const { stages: passed } = green;
const refused = { status: 'False', reason: 'PushDenied', message: 'it may not' } as const;
const open = { status: 'Unknown', reason: 'RateLimited', message: 'it was too much' } as const;

describe('lastProbeOf', () => {
  it('shows the request that decided each stage, and what became of the session', () => {
    expect(lastProbeOf(aProbed(), green, 'Requested')).to.deep.equal({
      trigger: 'Requested',
      durationMillis: 40,
      cleanup: 'Cancelled',
      stages: [
        { name: 'Reachable', result: 'Passed', httpStatus: 401, durationMillis: 10 },
        { name: 'Authenticated', result: 'Passed', httpStatus: 200, durationMillis: 10 },
        { name: 'PushAuthorized', result: 'Passed', httpStatus: 202, durationMillis: 10 },
      ],
    });
  });

  it('shows what the stages made of the answers, and the error code where it was one', () => {
    const steps = [
      { step: 'ping', httpStatus: 401, errorCode: 'UNAUTHORIZED', durationMs: 1 },
      { step: 'token', httpStatus: 429, errorCode: 'TOOMANYREQUESTS', durationMs: 2 },
      { step: 'upload', httpStatus: 403, errorCode: 'DENIED', durationMs: 3 },
    ] as const;
    const diagnosis = aDiagnosis({
      stages: { ...passed, Authenticated: open, PushAuthorized: refused },
    });
    const { stages } = lastProbeOf(aProbed({ kind: 'LoginWanted' }, { steps }), diagnosis, 'Scheduled');
    expect(stages).to.deep.equal([
      { name: 'Reachable', result: 'Passed', httpStatus: 401, durationMillis: 1 },
      {
        name: 'Authenticated',
        result: 'Unknown',
        httpStatus: 429,
        errorCode: 'TOOMANYREQUESTS',
        durationMillis: 2,
      },
      { name: 'PushAuthorized', result: 'Refused', httpStatus: 403, errorCode: 'DENIED', durationMillis: 3 },
    ]);
  });

  it('shows the last of several requests of a stage, and none of a stage that was not reached', () => {
    const steps = [
      { step: 'token', httpStatus: 401, errorCode: undefined, durationMs: 1 },
      { step: 'token', httpStatus: 200, errorCode: undefined, durationMs: 2 },
    ] as const;
    const probed = aProbed({ kind: 'LoginWanted' }, { steps });
    const { stages, cleanup } = lastProbeOf(probed, green, 'Scheduled');
    expect(stages).to.deep.equal([
      { name: 'Authenticated', result: 'Passed', httpStatus: 200, durationMillis: 2 },
    ]);
    expect(cleanup).to.equal(undefined);
  });

  const upload401: Observation = {
    kind: 'UploadRefused',
    answer: anAnswer(401),
    login: 'unknown',
    granted: undefined,
  };
  const invalidToken: Observation = { ...upload401, answer: anAnswer(401, { tokenError: 'invalid_token' }) };
  const deciding: readonly (readonly [
    name: string,
    observation: Observation,
    asked: readonly (readonly [step: StepTrace['step'], httpStatus: number | undefined])[],
    shown: readonly string[],
  ])[] = [
    [
      'a token that the registry refuses',
      invalidToken,
      [
        ['ping', 401],
        ['token', 200],
        ['upload', 401],
      ],
      ['Reachable Passed 401 by request 1', 'Authenticated Refused 401 by request 3'],
    ],
    [
      'a push that nobody may do',
      { ...upload401, login: 'none' },
      [
        ['ping', 200],
        ['upload', 401],
      ],
      ['Reachable Passed 200 by request 1', 'Authenticated Refused 401 by request 2'],
    ],
    [
      'a login that the proof after the push disproves',
      { ...upload401, login: 'disproven' },
      [
        ['ping', 401],
        ['token', 200],
        ['upload', 401],
        ['token', 401],
      ],
      ['Reachable Passed 401 by request 1', 'Authenticated Refused 401 by request 4'],
    ],
    [
      'a push that is refused to a good login',
      { ...upload401, login: 'proven' },
      [
        ['ping', 401],
        ['token', 200],
        ['upload', 401],
        ['token', 200],
      ],
      [
        'Reachable Passed 401 by request 1',
        'Authenticated Passed 200 by request 4',
        'PushAuthorized Refused 401 by request 3',
      ],
    ],
    [
      'a push that the token service refuses to a good login',
      { kind: 'TokenDenied', answer: anAnswer(401), login: 'proven' },
      [
        ['ping', 401],
        ['token', 401],
        ['token', 200],
      ],
      [
        'Reachable Passed 401 by request 1',
        'Authenticated Passed 200 by request 3',
        'PushAuthorized Refused 401 by request 2',
      ],
    ],
    [
      'a push and a login that stay open',
      { ...upload401, answer: anAnswer(403) },
      [
        ['ping', 401],
        ['token', 200],
        ['upload', 403],
        ['token', 403],
      ],
      [
        'Reachable Passed 401 by request 1',
        'Authenticated Unknown 403 by request 4',
        'PushAuthorized Refused 403 by request 3',
      ],
    ],
    [
      'a realm that comes with the push',
      { kind: 'RealmNotTrusted', why: 'other-host', realm: undefined },
      [
        ['ping', 200],
        ['upload', 401],
      ],
      ['Reachable Passed 200 by request 1', 'Authenticated Refused 401 by request 2'],
    ],
    [
      'a token service that does not answer',
      failed('token', 'refused'),
      [
        ['ping', 401],
        ['token', undefined],
      ],
      ['Reachable Passed 401 by request 1', 'Authenticated NoAnswer undefined by request 2'],
    ],
    [
      'a registry that does not answer',
      failed('ping', 'refused'),
      [['ping', undefined]],
      ['Reachable NoAnswer undefined by request 1'],
    ],
  ];
  for (const [name, observation, asked, shown] of deciding) {
    it(`shows numbers that fit the verdict for ${name}`, () => {
      const steps = asked.map(([step, httpStatus], at) => ({
        step,
        httpStatus,
        errorCode: undefined,
        durationMs: at + 1,
      }));
      const diagnosis = diagnose(observation, { host: 'reg.example', repository: 'a', secret: 'login' });
      const { stages } = lastProbeOf(aProbed(observation, { steps }), diagnosis, 'Scheduled');
      const seen = stages?.map(
        (one) =>
          `${one.name} ${one.result} ${String(one.httpStatus)} by request ${String(one.durationMillis)}`,
      );
      expect(seen).to.deep.equal(shown);
    });
  }

  it('shows what came of asking for a manifest, apart from the login of the push', () => {
    const steps = [
      { step: 'token', httpStatus: 200, errorCode: undefined, durationMs: 1 },
      { step: 'pull-token', httpStatus: 200, errorCode: undefined, durationMs: 2 },
      { step: 'manifest', httpStatus: 404, errorCode: undefined, durationMs: 3 },
    ] as const;
    const diagnosis = aDiagnosis({ pull: { ...open, reason: 'ManifestNotFound' } });
    const { stages } = lastProbeOf(aProbed(undefined, { steps }), diagnosis, 'Scheduled');
    expect(stages).to.deep.equal([
      { name: 'Authenticated', result: 'Passed', httpStatus: 200, durationMillis: 1 },
      { name: 'PullAuthorized', result: 'Unknown', httpStatus: 404, durationMillis: 3 },
    ]);
  });

  it('says of a request without an answer that it had none', () => {
    const steps = [
      { step: 'ping', httpStatus: undefined, errorCode: undefined, durationMs: 30_000 },
    ] as const;
    const diagnosis = aDiagnosis({ stages: { ...passed, Reachable: refused } });
    const { stages } = lastProbeOf(aProbed({ kind: 'LoginWanted' }, { steps }), diagnosis, 'Scheduled');
    expect(stages).to.deep.equal([{ name: 'Reachable', result: 'NoAnswer', durationMillis: 30_000 }]);
  });
});

describe('cut', () => {
  const rows: readonly (readonly [name: string, text: string, cutText: string])[] = [
    ['leaves what fits', '12345', '12345'],
    ['ends what does not with an ellipsis', '123456', '1234…'],
    ['leaves no half of a character', '123💥6', '123\uFFFD…'],
  ];
  for (const [name, text, expected] of rows) it(name, () => expect(cut(text, 5)).to.equal(expected));
});

describe('verifyCommand', () => {
  it('asks, waits for the answer to just this request, and shows it', () => {
    expect(verifyCommand('team', 'mirror')).to.equal(
      'T=$(date +%s); ' +
        'kubectl annotate --overwrite rpc/mirror -n team doctor.stella-ops.org/requestedAt=$T && ' +
        "kubectl wait rpc/mirror -n team --for=jsonpath='{.status.lastHandledReconcileAt}'=$T --timeout=90s; " +
        'kubectl get rpc/mirror -n team',
    );
  });
});
