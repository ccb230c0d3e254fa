import { expect } from 'chai';
import { cut, lastProbeOf } from '../../src/controller/report.ts';
import { verifyCommand } from '../../src/controller/verify.ts';
import { aDiagnosis, aProbed } from '../support/builders.ts';

const { stages: passed } = aDiagnosis();
const refused = { status: 'False', reason: 'PushDenied', message: 'it may not' } as const;
const open = { status: 'Unknown', reason: 'RateLimited', message: 'it was too much' } as const;

describe('lastProbeOf', () => {
  it('shows the request that decided each stage, and what became of the session', () => {
    expect(lastProbeOf(aProbed(), passed, 'Requested')).to.deep.equal({
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
    const verdicts = { ...passed, Authenticated: open, PushAuthorized: refused };
    const { stages } = lastProbeOf(aProbed({ kind: 'LoginWanted' }, { steps }), verdicts, 'Scheduled');
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
    const { stages, cleanup } = lastProbeOf(probed, passed, 'Scheduled');
    expect(stages).to.deep.equal([
      { name: 'Authenticated', result: 'Passed', httpStatus: 200, durationMillis: 2 },
    ]);
    expect(cleanup).to.equal(undefined);
  });

  it('says of a request without an answer that it had none', () => {
    const steps = [
      { step: 'ping', httpStatus: undefined, errorCode: undefined, durationMs: 30_000 },
    ] as const;
    const verdicts = { ...passed, Reachable: refused };
    const { stages } = lastProbeOf(aProbed({ kind: 'LoginWanted' }, { steps }), verdicts, 'Scheduled');
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
        "kubectl wait rpc/mirror -n team --for=jsonpath='{.status.lastHandledReconcileAt}'=$T --timeout=90s && " +
        'kubectl get rpc/mirror -n team',
    );
  });
});
