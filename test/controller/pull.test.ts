import { expect } from 'chai';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import type { CheckSpec } from '../../src/api/validate.ts';
import type { Pulled } from '../../src/check/observation.ts';
import { find } from '../../src/controller/conditions.ts';
import type { Met } from '../../src/controller/met.ts';
import { mergePatch } from '../../src/controller/patch.ts';
import { statusAfter } from '../../src/controller/publish.ts';
import { suspendedStatus } from '../../src/controller/status.ts';
import { ACCEPTED, aCheck, anAnswer, aProbed, aRegistry, aSpec, NOW_MS } from '../support/builders.ts';
import { statusProblems } from '../support/status-schema.ts';

const manifest = { repository: 'team/base', reference: 'v1' };
const denied: Pulled = { kind: 'ManifestRefused', answer: anAnswer(403) };
const readable: Pulled = { kind: 'ManifestReadable' };

/** A green push at {@link NOW_MS}, and what came of asking for a manifest. */
function met(pulled: Pulled | undefined, nowMs = NOW_MS): Met {
  const probed = aProbed(ACCEPTED, { pull: pulled });
  return {
    kind: 'met',
    trigger: 'Scheduled',
    request: undefined,
    observation: probed.observation,
    probed,
    registry: aRegistry(),
    secretVersion: undefined,
    operator: undefined,
    login: undefined,
    secretForm: undefined,
    nowMs,
  };
}

/** The check after a visit. */
function visited(
  check: RegistryPushCheck,
  spec: CheckSpec,
  pulled?: Pulled,
  nowMs?: number,
): RegistryPushCheck {
  const status = statusAfter(check, spec, met(pulled, nowMs));
  expect(statusProblems(status)).to.deep.equal([]);
  return { ...check, status };
}

const types = ({ status }: RegistryPushCheck): readonly string[] =>
  (status?.conditions ?? []).map(({ type }) => type);

describe('statusAfter and spec.pull', () => {
  const spec = aSpec({ pull: manifest });

  it('shows the stage after the others, of the same generation', () => {
    const check = visited(aCheck(), spec, readable);
    expect(types(check)).to.deep.equal([
      'Ready',
      'Reachable',
      'Authenticated',
      'PushAuthorized',
      'PullAuthorized',
    ]);
    expect(find(check.status?.conditions, 'PullAuthorized')).to.deep.equal({
      type: 'PullAuthorized',
      status: 'True',
      reason: 'ManifestReadable',
      message: 'registry.example.com permits the pull of team/base:v1',
      observedGeneration: 3,
      lastTransitionTime: '2026-01-01T12:00:00Z',
    });
  });

  it('leaves everything else as it is without a pull, even where that is refused', () => {
    const { conditions = [], ...rest } = visited(aCheck(), spec, denied).status ?? {};
    const plain = visited(aCheck(), aSpec()).status ?? {};
    const stage = find(conditions, 'PullAuthorized');
    expect(stage).to.include({ status: 'False', reason: 'PullDenied' });
    expect({ ...rest, conditions: conditions.filter((one) => one !== stage) }).to.deep.equal(plain);
  });

  it('removes the condition with the field', () => {
    const before = visited(aCheck(), spec, denied);
    const edited = { ...before, metadata: { ...before.metadata, generation: 4 } };
    const after = visited(edited, aSpec());
    expect(types(before)).to.include('PullAuthorized');
    expect(types(after)).not.to.include('PullAuthorized');
    expect(JSON.stringify(mergePatch(before.status, after.status))).not.to.include('PullAuthorized');
  });

  it('keeps its own time of transition', () => {
    const first = visited(aCheck(), spec, denied);
    const second = visited(first, spec, denied, NOW_MS + 60_000);
    const third = visited(second, spec, readable, NOW_MS + 120_000);
    const times = [first, second, third].map(
      ({ status }) => find(status?.conditions, 'PullAuthorized')?.lastTransitionTime,
    );
    expect(times).to.deep.equal(['2026-01-01T12:00:00Z', '2026-01-01T12:00:00Z', '2026-01-01T12:02:00Z']);
  });

  it('says that nothing was asked where the Secret gives no login', () => {
    const observation = {
      kind: 'SecretUnusable',
      problem: { reason: 'SecretInvalid', detail: 'words of ours' },
    } as const;
    const { conditions } = statusAfter(aCheck(), spec, { ...met(undefined), observation, probed: undefined });
    expect(find(conditions, 'PullAuthorized')).to.include({
      status: 'Unknown',
      reason: 'PreviousStageFailed',
      message: 'Authenticated comes first',
    });
  });

  it('is withdrawn while the check is suspended', () => {
    const { conditions } = suspendedStatus(visited(aCheck(), spec, denied), NOW_MS);
    expect(find(conditions, 'PullAuthorized')).to.equal(undefined);
  });
});
