import { expect } from 'chai';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { writeStatus, type Written } from '../../src/controller/write.ts';
import { KubeNetworkError } from '../../src/kube/client.ts';
import { aCheck, at } from '../support/builders.ts';
import { kubeError, scriptedClient, type ScriptedClient } from '../support/scripted-client.ts';

const { signal } = new AbortController();
const PATH = '/apis/doctor.stella-ops.org/v1alpha1/namespaces/team/registrypushchecks/mirror';

/** The check as another writer left it. */
function newer(over: Parameters<typeof aCheck>[0] = {}): RegistryPushCheck {
  return aCheck({ ...over, metadata: { resourceVersion: '101', ...over.metadata } });
}

/** A result of now, which counts the failures of the object that it is based on. */
function rebase({ status }: RegistryPushCheck): RegistryPushCheckStatus {
  return { lastProbeTime: at(0), consecutiveFailures: (status?.consecutiveFailures ?? 0) + 1 };
}

const write = ({ client }: ScriptedClient): Promise<Written> =>
  writeStatus(client, aCheck({ status: { consecutiveFailures: 4 } }), rebase, signal);

/** The conversation in short. */
function said({ requests }: ScriptedClient): readonly string[] {
  return requests.map(({ method, path }) => `${method} ${path.replace(PATH, '')}`);
}

describe('writeStatus', () => {
  it('patches the status alone, for the object that it was computed from', async () => {
    const script = scriptedClient(aCheck());
    await write(script);
    expect(script.requests).to.deep.equal([
      {
        method: 'PATCH',
        path: `${PATH}/status`,
        contentType: 'application/merge-patch+json',
        query: { fieldManager: 'registry-push-check' },
        body: {
          metadata: { uid: aCheck().metadata.uid, resourceVersion: '100' },
          status: { lastProbeTime: at(0), consecutiveFailures: 5 },
        },
      },
    ]);
  });

  it('answers the object that was written, reduced to what is needed', async () => {
    const written = newer({ status: { consecutiveFailures: 5 } });
    const answer = { ...written, metadata: { ...written.metadata, managedFields: [{}] } };
    expect(await write(scriptedClient(answer))).to.deep.equal({ kind: 'written', check: written });
  });

  it('row 66: computes the status anew on what another writer left', async () => {
    const fresh = newer({ status: { consecutiveFailures: 7, lastProbeTime: at(-1_000) } });
    const script = scriptedClient(kubeError(409), fresh, newer());
    expect(await write(script)).to.deep.equal({ kind: 'written', check: newer() });
    expect(said(script)).to.deep.equal(['PATCH /status', 'GET ', 'PATCH /status']);
    expect(script.requests[2]?.body).to.deep.equal({
      metadata: { uid: aCheck().metadata.uid, resourceVersion: '101' },
      status: { lastProbeTime: at(0), consecutiveFailures: 8 },
    });
  });

  const superseded: Readonly<Record<string, readonly unknown[]>> = {
    'is gone': [kubeError(404), kubeError(404)],
    'was replaced after it was gone': [kubeError(404), newer({ metadata: { uid: 'u-2' } })],
    'has a newer result, though its status was not found': [
      kubeError(404),
      newer({ status: { lastProbeTime: at(1_000) } }),
    ],
    'is gone by the time it is read again': [kubeError(409), kubeError(404)],
    'was replaced by one of the same name': [kubeError(409), newer({ metadata: { uid: 'u-2' } })],
    'was edited': [kubeError(409), newer({ metadata: { generation: 4 } })],
    'is being deleted': [kubeError(409), newer({ metadata: { deletionTimestamp: at(0) } })],
    'has a newer result': [kubeError(409), newer({ status: { lastProbeTime: at(1_000) } })],
    'has a newer result at the second look': [
      kubeError(409),
      newer({ status: { lastProbeTime: at(-1_000) } }),
      kubeError(409),
      newer({ status: { lastProbeTime: at(1_000) } }),
    ],
  };
  for (const [name, answers] of Object.entries(superseded)) {
    it(`row 66: writes nothing more where the object ${name}, and says what is there now`, async () => {
      const script = scriptedClient(...answers);
      const now = answers.at(-1);
      const by = now instanceof Error ? undefined : now;
      expect(await write(script)).to.deep.equal({ kind: 'superseded', by });
      expect(script.requests).to.have.lengthOf(answers.length);
    });
  }

  it('does not take a result of the same second for a newer one', async () => {
    const fresh = newer({ status: { lastProbeTime: at(0) } });
    expect(await write(scriptedClient(kubeError(409), fresh, newer()))).to.deep.equal({
      kind: 'written',
      check: newer(),
    });
  });

  it('throws where the object is there and its status is not found: to come again at once would never end', async () => {
    const missing = kubeError(404);
    const script = scriptedClient(missing, newer());
    const thrown: unknown = await write(script).catch((caught: unknown) => caught);
    expect(thrown).to.equal(missing);
    expect(said(script)).to.deep.equal(['PATCH /status', 'GET ']);
  });

  it('row 66: gives up after three attempts', async () => {
    const conflict = kubeError(409);
    const script = scriptedClient(kubeError(409), newer(), kubeError(409), newer(), conflict, newer());
    const thrown: unknown = await write(script).catch((caught: unknown) => caught);
    expect(thrown).to.equal(conflict);
    const attempt = ['PATCH /status', 'GET '];
    expect(said(script)).to.deep.equal([...attempt, ...attempt, ...attempt]);
  });

  const failures: Readonly<Record<string, readonly unknown[]>> = {
    'a refusal of the patch': [kubeError(403)],
    'a refusal of the whole status, and of the verdict alone': [kubeError(422), kubeError(422)],
    'no answer to the patch': [new KubeNetworkError('ECONNRESET', 'cut')],
    'a refusal to read': [kubeError(409), kubeError(403)],
    'no answer to the read': [kubeError(409), new KubeNetworkError('ETIMEDOUT', 'slow')],
  };
  for (const [name, answers] of Object.entries(failures)) {
    it(`throws ${name}`, async () => {
      const script = scriptedClient(...answers);
      const thrown: unknown = await write(script).catch((caught: unknown) => caught);
      expect(thrown).to.equal(answers.at(-1));
      expect(script.requests).to.have.lengthOf(answers.length);
    });
  }
});
