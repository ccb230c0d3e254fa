import { expect } from 'chai';
import { ANNOTATION, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import type { Observation } from '../../src/check/observation.ts';
import type { Outcome } from '../../src/controller/reconcile.ts';
import type { SecretRead } from '../../src/controller/secrets.ts';
import { nextSlot } from '../../src/controller/schedule.ts';
import { aCheck, aCredential, anAnswer, aSpec, at, NOW_MS } from '../support/builders.ts';
import { after, green } from './story.ts';
import { LOGIN, visit } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const withSecret = aCheck({ spec: { existingSecret: 'push' } });

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

/** A check whose owner asks for a probe. */
function asked(token: string, status?: RegistryPushCheck['status']): RegistryPushCheck {
  return aCheck({
    metadata: { annotations: { [ANNOTATION.requestedAt]: token } },
    ...(status === undefined ? {} : { status }),
  });
}

describe('reconcile and the status that it writes', () => {
  describe('writes', () => {
    it('host, repository, Secret and the command that verifies, nothing of the login', async () => {
      const { status } = await visit({ check: withSecret, meets: REFUSED, versionThen: '7' });
      expect(status?.remediation?.steps?.at(-1)).to.match(
        /^Check again[^:]*: T=\$\(date \+%s\); kubectl annotate .* rpc\/mirror -n team /,
      );
      expect(status?.registry).to.deep.equal({ host: 'registry.example.com', authScheme: 'bearer' });
      expect(status?.credentials).to.deep.equal({
        secretResourceVersion: '7',
        firstSeenTime: at(0),
        matchedKey: 'registry.example.com',
      });
      expect(JSON.stringify(status)).to.not.include('hunter2');
    });

    it('the commands that let the operator read the Secret', async () => {
      const { status } = await visit({
        check: withSecret,
        identity: 'system:serviceaccount:rpc:operator',
        secret: {
          kind: 'problem',
          problem: { reason: 'SecretForbidden', detail: 'it is not good' },
          form: undefined,
          version: undefined,
        },
      });
      expect(status?.remediation?.steps?.[1]).to.match(
        /: kubectl create rolebinding get-secret-push-by-rpc\.operator -n team .* --serviceaccount=rpc:operator /,
      );
    });

    it('the step that renews the stated end of a login that has run out', async () => {
      const expired = aCredential('hunter2', { expiry: { atMs: NOW_MS - 1, source: 'Annotation' } });
      const { status } = await visit({
        check: withSecret,
        secret: { ...LOGIN, credential: expired } as SecretRead,
        meets: { kind: 'LoginRefused', answer: anAnswer(401) },
        versionThen: '7',
      });
      expect(status?.conditions?.[0]?.reason).to.equal('CredentialsExpired');
      expect(status?.remediation?.steps?.at(-2)).to.match(/: kubectl annotate secret push -n team \S+-$/);
    });

    it('the author’s mistake in a spec, in words that name the field once', async () => {
      const { status } = await visit({ check: aCheck({ spec: { interval: 'often' } }) });
      expect(status?.conditions?.[0]?.message).to.equal(
        'interval must be a duration from 1m to 168h, for example 10m, 1h30m or 24h',
      );
    });

    it('that a registry was asked over plain http, and not where it was not', async () => {
      const check = aCheck({ spec: { registryUrl: 'http://registry.example.com' } });
      const { status } = await visit({ check });
      expect(status?.findings?.map(({ type }) => type)).to.deep.equal(['InsecureTransport']);
      const forbidden = await visit({ check, forbids: { kind: 'NotAllowed', rule: 'insecure-transport' } });
      expect(forbidden.status).to.not.have.property('findings');
    });

    it('commands with the address and the Secret of the check', async () => {
      const steps = async (registryUrl: string): Promise<string> => {
        const check = aCheck({ spec: { registryUrl, existingSecret: 'push' } });
        const wrong = { kind: 'LoginRefused', answer: anAnswer(401) } as const;
        const silent = { kind: 'PingRefused', answer: anAnswer(404) } as const;
        const told = [
          await visit({ check, meets: wrong, versionThen: '7' }),
          await visit({ check, meets: silent, versionThen: '7' }),
        ];
        return told.flatMap(({ status }) => status?.remediation?.steps ?? []).join('\n');
      };
      expect(await steps('http://registry.example.com:5000/a'))
        .to.include('--docker-server=registry.example.com:5000 ')
        .and.include('curl -sSik -m 20 http://registry.example.com:5000/a/v2/');
      expect(await steps('docker.io'))
        .to.include('--docker-server=https://index.docker.io/v1/ ')
        .and.include('curl -sSik -m 20 https://registry-1.docker.io/v2/');
    });

    it('why the probe ran', async () => {
      const { status } = await visit({ check: aCheck() });
      expect(status?.lastProbe?.trigger).to.equal('FirstProbe');
    });
  });

  describe('answers a request', () => {
    const fresh = after([green({ afterMs: -MINUTE })]).status;

    it('in the same write as the verdict', async () => {
      const { status } = await visit({ check: asked('1', fresh) });
      expect(status?.lastHandledReconcileAt).to.equal('1');
      expect(status?.lastProbe?.trigger).to.equal('Requested');
    });

    it('by a refusal that sent nothing', async () => {
      const { status } = await visit({
        check: asked('1', fresh),
        forbids: { kind: 'NotAllowed', rule: 'insecure-transport' },
      });
      expect(status?.lastHandledReconcileAt).to.equal('1');
    });

    it('that came during the probe not by that probe', async () => {
      const { status } = await visit({ check: asked('1', fresh), write: asked('2', fresh) });
      expect(status?.lastHandledReconcileAt).to.equal('1');
      const first = await visit({ check: aCheck(), write: asked('2') });
      expect(first.status).to.not.have.property('lastHandledReconcileAt');
    });
  });

  it('computes the status anew on what another writer left', async () => {
    const counts = { consecutiveFailures: 4, transientFailures: 2 };
    const left = aCheck({ status: { ...after([green()]).status, ...counts } });
    const { status } = await visit({ check: aCheck(), meets: UNREACHABLE, write: left });
    expect(status).to.include({ consecutiveFailures: 5, transientFailures: 3 });
  });

  describe('after a 429', () => {
    const limited = anAnswer(429, { retryAfterMs: SECOND });
    const limits: Readonly<Record<string, readonly [meets: Observation, outcome: Outcome]>> = {
      'waits for the slot where the login gets a 429: it may be a lock': [
        { kind: 'LoginRefused', answer: limited },
        IN_SLOT,
      ],
      'waits for the slot where the token service answers 429': [
        { kind: 'TokenDenied', answer: limited, login: 'unknown' },
        IN_SLOT,
      ],
      'retries a 429 before any login': [
        { kind: 'PingRefused', answer: limited },
        { requeueAfterMs: MINUTE },
      ],
    };
    for (const [name, [meets, outcome]] of Object.entries(limits)) {
      it(name, async () => {
        const told = await visit({ check: withSecret, meets, versionThen: '7' });
        expect(told.said).to.include('write Ready=Unknown RateLimited');
        expect(told.outcome).to.deep.equal(outcome);
      });
    }
  });
});
