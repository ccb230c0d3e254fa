import { expect } from 'chai';
import { ANNOTATION, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { REMINDER_MS } from '../../src/controller/events.ts';
import type { Outcome } from '../../src/controller/reconcile.ts';
import { createReminders, type Reminders } from '../../src/controller/reminders.ts';
import type { SecretRead } from '../../src/controller/secrets.ts';
import { nextSlot, REQUEST_SPACING_MS } from '../../src/controller/schedule.ts';
import { suspendedStatus } from '../../src/controller/status.ts';
import { KubeNetworkError } from '../../src/kube/client.ts';
import { aCheck, aCondition, anAnswer, aSpec, at, NOW_MS } from '../support/builders.ts';
import { kubeError } from '../support/scripted-client.ts';
import { after, green } from './story.ts';
import { visit, type Scene } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const withSecret = aCheck({ spec: { existingSecret: 'push' } });
const READ = 'readSecret team/push for registry.example.com team/app';
const ASK = 'ask registry.example.com team/app as ci within 30000';
const ASK_ANONYMOUSLY = 'ask registry.example.com team/app as nobody within 30000';
const VERSION = 'secretVersion team/push';
const GREEN = ['write Ready=True PushAuthorized', 'record team/mirror Normal PushAuthorized'];

/** Stored times have whole seconds. */
const IN_SLOT: Outcome = {
  requeueAfterMs: Math.floor(nextSlot(aSpec(), aCheck().metadata.uid, NOW_MS) / SECOND) * SECOND - NOW_MS,
};

const REFUSED = {
  kind: 'UploadRefused',
  answer: anAnswer(403),
  login: 'proven',
  granted: undefined,
} as const;
const UNREACHABLE = {
  kind: 'NetworkFailed',
  step: 'ping',
  failure: { kind: 'failed', cause: 'refused' },
} as const;

/** The check after a write of somebody. */
function edited(over: Partial<RegistryPushCheck['metadata']>): RegistryPushCheck {
  return aCheck({ metadata: over, spec: { existingSecret: 'push' } });
}

function problem(
  reason: 'SecretForbidden' | 'SecretNotFound' | 'SecretInvalid',
  version?: string,
): SecretRead {
  return { kind: 'problem', problem: { reason, detail: 'it is not good' }, form: 'docker', version };
}

/** Reminders of an operator that has told of the failure of {@link aCheck} when it began. */
function toldBefore(): Reminders {
  const reminders = createReminders();
  const red = aCheck({
    status: { conditions: [aCondition({ type: 'Ready', status: 'False', reason: 'InvalidSpec' })] },
  });
  reminders.due(red, undefined, NOW_MS);
  return reminders;
}

describe('reconcile', () => {
  const rows: Readonly<Record<string, { scene: Scene; says: readonly string[]; outcome: Outcome | Error }>> =
    {
      'leaves alone a check that is gone': { scene: { check: undefined }, says: [], outcome: {} },
      'leaves alone a check that is being deleted': {
        scene: { check: aCheck({ metadata: { deletionTimestamp: at(0) } }) },
        says: [],
        outcome: {},
      },
      'leaves alone a check whose time has not come': {
        scene: {
          check: aCheck({
            status: { conditions: [aCondition({ type: 'Ready' })], nextProbeTime: at(MINUTE) },
          }),
        },
        says: [],
        outcome: { requeueAfterMs: MINUTE },
      },
      'leaves alone a spec that cannot be run, once it has said so': {
        scene: {
          check: aCheck({
            spec: { interval: 'often' },
            status: { conditions: [aCondition({ type: 'Ready', status: 'False', reason: 'InvalidSpec' })] },
          }),
          reminders: toldBefore(),
        },
        says: [],
        outcome: { requeueAfterMs: REMINDER_MS },
      },
      'tells again of a spec that cannot be run, though it is not visited again': {
        scene: {
          check: aCheck({
            spec: { interval: 'often' },
            status: {
              conditions: [aCondition({ type: 'Ready', status: 'False', reason: 'InvalidSpec' })],
            },
          }),
          afterMs: REMINDER_MS + MINUTE,
          reminders: toldBefore(),
        },
        says: ['record team/mirror Warning InvalidSpec'],
        outcome: { requeueAfterMs: REMINDER_MS - MINUTE },
      },
      'withdraws the verdict of a suspended check, without a probe': {
        scene: {
          check: { ...after([green()]), spec: { registryUrl: 'registry.example.com', suspend: true } },
        },
        says: ['write Suspended=True Suspended', 'record team/mirror Normal Suspended'],
        outcome: {},
      },
      'says nothing of a suspended check that it has visited before': {
        scene: {
          check: aCheck({
            spec: { suspend: true, existingSecret: 'push' },
            status: suspendedStatus(after([green()]), NOW_MS - MINUTE),
          }),
        },
        says: [],
        outcome: {},
      },
      'answers a request to a suspended check, without a probe': {
        scene: {
          check: aCheck({
            metadata: { annotations: { [ANNOTATION.requestedAt]: '1' } },
            spec: { suspend: true },
            status: suspendedStatus(aCheck(), NOW_MS - MINUTE),
          }),
        },
        says: ['write Suspended=True Suspended'],
        outcome: {},
      },
      'probes without a Secret as nobody': {
        scene: { check: aCheck() },
        says: [ASK_ANONYMOUSLY, ...GREEN],
        outcome: IN_SLOT,
      },
      'probes with the login of the Secret, whose version a success need not read again': {
        scene: { check: withSecret },
        says: [READ, ASK, ...GREEN],
        outcome: IN_SLOT,
      },
      'says nothing of a success that is repeated, but its times': {
        scene: { check: aCheck({ status: { ...after([green()]).status, nextProbeTime: at(0) } }) },
        says: [ASK_ANONYMOUSLY, 'write Ready=True PushAuthorized'],
        outcome: IN_SLOT,
      },
      'writes a refusal once it knows that the Secret is still the same': {
        scene: { check: withSecret, meets: REFUSED, versionThen: '7' },
        says: [READ, ASK, VERSION, 'write Ready=False PushDenied', 'record team/mirror Warning PushDenied'],
        outcome: IN_SLOT,
      },
      'writes a refusal where the Secret cannot be read any more': {
        scene: { check: withSecret, meets: REFUSED },
        says: [READ, ASK, VERSION, 'write Ready=False PushDenied', 'record team/mirror Warning PushDenied'],
        outcome: IN_SLOT,
      },
      'has no Secret to read again where there was none': {
        scene: { check: aCheck(), meets: REFUSED },
        says: [ASK_ANONYMOUSLY, 'write Ready=False PushDenied', 'record team/mirror Warning PushDenied'],
        outcome: IN_SLOT,
      },
      'retries a failure that may go away, without an event': {
        scene: { check: withSecret, meets: UNREACHABLE, versionThen: '7' },
        says: [READ, ASK, 'write Ready=Unknown ConnectionRefused'],
        outcome: { requeueAfterMs: MINUTE },
      },
      'comes again where no slot is free': {
        scene: { check: withSecret, meets: 'busy' },
        says: [READ, ASK],
        outcome: { requeueAfterMs: 250 },
      },
      'asks nobody where the Secret is missing, and looks again soon': {
        scene: { check: withSecret, secret: problem('SecretNotFound') },
        says: [READ, 'write Ready=False SecretNotFound', 'record team/mirror Warning SecretNotFound'],
        outcome: { requeueAfterMs: 2 * SECOND },
      },
      'asks the API server who it is where it may not read the Secret': {
        scene: { check: withSecret, secret: problem('SecretForbidden') },
        says: [
          READ,
          'identity',
          'write Ready=False SecretForbidden',
          'record team/mirror Warning SecretForbidden',
        ],
        outcome: { requeueAfterMs: 2 * SECOND },
      },
      'asks nobody where the Secret is malformed': {
        scene: { check: withSecret, secret: problem('SecretInvalid', '7') },
        says: [READ, 'write Ready=False SecretInvalid', 'record team/mirror Warning SecretInvalid'],
        outcome: IN_SLOT,
      },
      'reads no Secret and asks nobody where the installation forbids the registry': {
        scene: { check: withSecret, forbids: { kind: 'NotAllowed', rule: 'registry-not-listed' } },
        says: ['write Ready=False RegistryNotAllowed', 'record team/mirror Warning RegistryNotAllowed'],
        outcome: IN_SLOT,
      },
      'reads no Secret and asks nobody for a spec that cannot be run': {
        scene: { check: aCheck({ spec: { existingSecret: 'push', interval: 'often' } }) },
        says: ['write Ready=False InvalidSpec', 'record team/mirror Warning InvalidSpec'],
        outcome: { requeueAfterMs: REMINDER_MS },
      },
      'throws away the result for a check that was edited meanwhile': {
        scene: { check: withSecret, meets: REFUSED, checkThen: edited({ generation: 4 }) },
        says: [READ, ASK],
        outcome: { requeueAfterMs: 0 },
      },
      'throws away a success, too, for a check that was edited meanwhile': {
        scene: { check: withSecret, checkThen: edited({ generation: 4 }) },
        says: [READ, ASK],
        outcome: { requeueAfterMs: 0 },
      },
      'throws away the result for a check that was replaced meanwhile': {
        scene: { check: withSecret, checkThen: edited({ uid: 'u-2' }) },
        says: [READ, ASK],
        outcome: { requeueAfterMs: 0 },
      },
      'throws away the result for a check that is being deleted by now': {
        scene: { check: withSecret, checkThen: edited({ deletionTimestamp: at(0) }) },
        says: [READ, ASK],
        outcome: { requeueAfterMs: 0 },
      },
      'throws away the result for a check that is gone by now': {
        scene: { check: withSecret, checkThen: 'gone' },
        says: [READ, ASK],
        outcome: { requeueAfterMs: 0 },
      },
      'throws away a failure with a Secret that was changed meanwhile': {
        scene: { check: withSecret, meets: REFUSED, versionThen: '8' },
        says: [READ, ASK, VERSION],
        outcome: { requeueAfterMs: REQUEST_SPACING_MS },
      },
      'comes again soon, without an event, where the write was too late': {
        scene: { check: withSecret, write: 'superseded' },
        says: [READ, ASK, 'write Ready=True PushAuthorized'],
        outcome: { requeueAfterMs: SECOND },
      },
      'does not come again, and tells nobody, where the object was gone at the write': {
        scene: { check: withSecret, write: 'gone' },
        says: [READ, ASK, 'write Ready=True PushAuthorized'],
        outcome: {},
      },
      'throws where the Secret cannot be asked for: nobody knows': {
        scene: { check: withSecret, secret: kubeError(500) },
        says: [READ],
        outcome: kubeError(500),
      },
      'throws what the probe throws': {
        scene: { check: withSecret, meets: new Error('shutdown') },
        says: [READ, ASK],
        outcome: new Error('shutdown'),
      },
      'throws where the version of the Secret cannot be asked for': {
        scene: { check: withSecret, meets: REFUSED, versionThen: new KubeNetworkError('ECONNRESET', 'cut') },
        says: [READ, ASK, VERSION],
        outcome: new KubeNetworkError('ECONNRESET', 'cut'),
      },
      'throws, without an event, where the status cannot be written': {
        scene: { check: aCheck(), write: kubeError(422) },
        says: [ASK_ANONYMOUSLY],
        outcome: kubeError(422),
      },
      'judges a check without a spec': {
        scene: { check: { ...aCheck(), spec: undefined as never } },
        says: ['write Ready=False InvalidSpec', 'record team/mirror Warning InvalidSpec'],
        outcome: { requeueAfterMs: REMINDER_MS },
      },
      'throws, and tells a failure by an event, where the status is refused: nobody could read it otherwise':
        {
          scene: { check: aCheck({ spec: { registryUrl: 'ftp://x' } }), write: kubeError(422) },
          says: ['record team/mirror Warning InvalidSpec'],
          outcome: kubeError(422),
        },
    };
  for (const [name, { scene, says, outcome }] of Object.entries(rows)) {
    it(name, async () => {
      const told = await visit(scene);
      expect(told.said).to.deep.equal(says);
      if (outcome instanceof Error)
        expect(told.outcome).to.be.an('error').with.property('message', outcome.message);
      else expect(told.outcome).to.deep.equal(outcome);
    });
  }
});
