import { expect } from 'chai';
import { CRD_NAME } from '../../src/api/registrypushcheck.ts';
import { applyCrd } from '../../src/cli/crd-apply.ts';
import { describeOutcome, type Outcome } from '../../src/cli/crd-words.ts';
import { VERSION_ANNOTATION, type Crd } from '../../src/cli/crd.ts';
import { KubeError, KubeNetworkError, type KubeRequest } from '../../src/kube/client.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/kube-client.ts';
import { kubeError, scriptedClient, type ScriptedClient } from '../support/scripted-client.ts';

const PATH = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRD_NAME}`;
const OURS: Crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: CRD_NAME, annotations: { [VERSION_ANNOTATION]: '1.2.0' } },
  spec: { group: 'g', names: { kind: 'K', categories: ['c'] }, versions: [{ name: 'v1alpha1' }] },
};
const SERVED = [
  { type: 'NamesAccepted', status: 'True' },
  { type: 'Established', status: 'True' },
];
const APPLIED = { manager: 'helm', operation: 'Apply', fieldsV1: { 'f:spec': {} } };
const STATUS = {
  manager: 'kube-apiserver',
  operation: 'Update',
  subresource: 'status',
  fieldsV1: { 'f:status': {} },
};

interface StoredOptions {
  readonly version?: string | undefined;
  readonly generation?: number;
  readonly spec?: unknown;
  readonly managedFields?: readonly unknown[];
  readonly conditions?: readonly unknown[];
  readonly deletionTimestamp?: string;
}

/** The CustomResourceDefinition as the API server hands it out: ours, served, unless told otherwise. */
function stored(options: StoredOptions = {}): unknown {
  const {
    generation = 1,
    spec = OURS.spec,
    managedFields = [APPLIED, STATUS],
    conditions = SERVED,
  } = options;
  const version = 'version' in options ? options.version : '1.2.0';
  const annotations = version === undefined ? { 'other.example/a': 'b' } : { [VERSION_ANNOTATION]: version };
  const { deletionTimestamp } = options;
  return {
    metadata: { resourceVersion: '7', generation, annotations, managedFields, deletionTimestamp },
    spec,
    status: { conditions },
  };
}

interface Run {
  readonly outcome: Promise<Outcome>;
  readonly clock: FakeClock;
  readonly told: readonly string[];
}

function run({ client }: ScriptedClient, signal = new AbortController().signal): Run {
  const told: string[] = [];
  const clock = createFakeClock();
  return {
    outcome: applyCrd(OURS, { client, clock, tell: (line) => told.push(line) }, signal),
    clock,
    told,
  };
}

/** `GET`, `APPLY` (server-side) or `MERGE`. */
function shorthand({ method, contentType = '' }: KubeRequest): string {
  if (method !== 'PATCH') return method;
  return contentType === 'application/apply-patch+yaml' ? 'APPLY' : 'MERGE';
}

function conversation({ requests }: ScriptedClient): readonly string[] {
  return requests.map((request) => shorthand(request));
}

/** How it ends where no answer comes, in one sentence. */
async function sentence(...answers: readonly unknown[]): Promise<string> {
  const error = await failureOf(run(scriptedClient(...answers)).outcome);
  return error.message;
}

describe('applyCrd', () => {
  it('creates what is not there, and waits until it is served', async () => {
    const script = scriptedClient(kubeError(404), stored(), stored());
    expect(await run(script).outcome).to.deep.equal({ kind: 'created' });
    expect(script.requests).to.deep.equal([
      { method: 'GET', path: PATH },
      {
        method: 'PATCH',
        path: PATH,
        query: { fieldManager: 'helm', force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body: { ...OURS, metadata: { ...OURS.metadata, resourceVersion: undefined } },
      },
      { method: 'GET', path: PATH },
    ]);
  });

  it('applies on the version that it has read', async () => {
    const script = scriptedClient(stored(), stored(), stored());
    await run(script).outcome;
    expect(script.requests[1]?.body).to.deep.equal({
      ...OURS,
      metadata: { ...OURS.metadata, resourceVersion: '7' },
    });
  });

  const replaced: readonly (readonly [name: string, found: StoredOptions, outcome: Outcome, line: RegExp])[] =
    [
      [
        'an older one',
        { version: '1.1.9' },
        { kind: 'updated', from: '1.1.9' },
        /updated: 1\.1\.9 → 1\.2\.0$/,
      ],
      [
        'a pre-release of its version',
        { version: '1.2.0-rc.1' },
        { kind: 'updated', from: '1.2.0-rc.1' },
        /updated: 1\.2\.0-rc\.1 → 1\.2\.0$/,
      ],
      [
        'one without a version',
        { version: undefined },
        { kind: 'updated', from: undefined },
        /updated: no version → 1\.2\.0$/,
      ],
      [
        'one whose version is none',
        { version: '9\u001B[31m' },
        { kind: 'updated', from: '9\u001B[31m' },
        /updated: "9\uFFFD\[31m", which is no version and taken for older → 1\.2\.0$/,
      ],
      [
        'one of its version with another content',
        { generation: 0 },
        { kind: 'updated', from: '1.2.0' },
        /updated: the content of 1\.2\.0 was not as it should be$/,
      ],
      ['one that is as it should be', {}, { kind: 'unchanged' }, /unchanged \(1\.2\.0\)$/],
    ];
  for (const [name, found, outcome, line] of replaced) {
    it(`applies over ${name} and says so`, async () => {
      const script = scriptedClient(stored(found), stored(), stored());
      expect(await run(script).outcome).to.deep.equal(outcome);
      expect(conversation(script)).to.deep.equal(['GET', 'APPLY', 'GET']);
      expect(describeOutcome(outcome, OURS)).to.match(line);
    });
  }

  for (const version of ['1.2.1', '1.10.0-alpha', '2.0.0']) {
    it(`leaves ${version} alone`, async () => {
      const script = scriptedClient(stored({ version, conditions: [] }));
      const outcome = await run(script).outcome;
      expect(outcome).to.deep.equal({ kind: 'newer', found: version });
      expect(conversation(script)).to.deep.equal(['GET']);
      expect(describeOutcome(outcome, OURS)).to.equal(
        `${CRD_NAME} left alone: ${version} in the cluster is newer than 1.2.0`,
      );
    });
  }

  describe('takes over', () => {
    const created = { manager: 'kubectl-create', operation: 'Update', fieldsV1: { 'f:spec': {} } };
    const annotated = { manager: 'kubectl-annotate', operation: 'Update', fieldsV1: { 'f:metadata': {} } };
    const user = { manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:spec': {} } };

    it('what plain writes own, and nothing else', async () => {
      const managedFields = [APPLIED, created, annotated, user, STATUS];
      const script = scriptedClient(stored(), stored({ managedFields }), stored(), stored());
      await run(script).outcome;
      expect(script.requests[2]).to.deep.equal({
        method: 'PATCH',
        path: PATH,
        query: { fieldManager: 'helm' },
        contentType: 'application/merge-patch+json',
        body: {
          metadata: { resourceVersion: '7', managedFields: [APPLIED, annotated, user, STATUS] },
          spec: undefined,
        },
      });
    });

    it('what others own and it no longer names', async () => {
      const names = { kind: 'K', categories: ['c'], shortNames: ['old'] };
      const after = stored({ spec: { ...OURS.spec, names }, managedFields: [APPLIED, user] });
      const script = scriptedClient(stored(), after, stored({ generation: 3 }), stored());
      expect(await run(script).outcome).to.deep.equal({ kind: 'updated', from: '1.2.0' });
      expect(script.requests[2]?.body).to.deep.equal({
        metadata: { resourceVersion: '7', managedFields: [APPLIED, user] },
        spec: { names: { shortNames: null } },
      });
    });
  });

  describe('where somebody else writes in between', () => {
    it('reads again, and tells what changed since the first reading', async () => {
      const script = scriptedClient(
        stored({ version: '1.0.0', generation: 1 }),
        kubeError(409),
        stored({ version: '1.2.0', generation: 2 }),
        stored({ generation: 2 }),
        stored(),
      );
      const { outcome, clock } = run(script);
      await clock.advance(1000);
      expect(await outcome).to.deep.equal({ kind: 'updated', from: '1.0.0' });
      expect(conversation(script)).to.deep.equal(['GET', 'APPLY', 'GET', 'APPLY', 'GET']);
    });

    it('leaves a newer one alone that came in between', async () => {
      const script = scriptedClient(stored(), kubeError(409), stored({ version: '2.0.0' }));
      const { outcome, clock } = run(script);
      await clock.advance(1000);
      expect(await outcome).to.deep.equal({ kind: 'newer', found: '2.0.0' });
    });

    it('gives up after ten times', async () => {
      const answers = Array.from({ length: 10 }, () => [stored(), kubeError(409)]).flat();
      const { outcome, clock } = run(scriptedClient(...answers));
      const failed = failureOf(outcome);
      await clock.advance(10_000);
      expect((await failed).message).to.equal(
        `somebody else keeps writing ${CRD_NAME}: find out who applies it, then run this again`,
      );
    });
  });

  describe('until it is served', () => {
    const refused = [
      { type: 'NamesAccepted', status: 'False', message: '"rpc" is\nalready in use' },
      { type: 'Established', status: 'False' },
    ];
    const waiting = stored({ conditions: [] });

    it('waits, and says so every ten seconds', async () => {
      const answers = [...Array.from({ length: 60 }, () => waiting), stored()];
      const { outcome, clock, told } = run(scriptedClient(kubeError(404), stored(), ...answers));
      await clock.advance(15_000);
      expect(await outcome).to.deep.equal({ kind: 'created' });
      expect(told).to.deep.equal([
        `waiting until the API server serves ${CRD_NAME}`,
        `waiting until the API server serves ${CRD_NAME}`,
      ]);
    });

    it('waits in silence where it is served at once', async () => {
      const { outcome, told } = run(scriptedClient(kubeError(404), stored(), stored()));
      await outcome;
      expect(told).to.deep.equal([]);
    });

    it('waits for both conditions', async () => {
      for (const missing of [0, 1]) {
        const half = stored({ conditions: SERVED.toSpliced(missing, 1) });
        const script = scriptedClient(kubeError(404), stored(), half, stored());
        const { outcome, clock } = run(script);
        await clock.advance(1000);
        await outcome;
        expect(script.requests).to.have.length(4);
      }
    });

    it('gives up after a minute', async () => {
      const answers = Array.from({ length: 300 }, () => waiting);
      const { outcome, clock } = run(scriptedClient(kubeError(404), stored(), ...answers));
      const failed = failureOf(outcome);
      await clock.advance(61_000);
      expect((await failed).message).to.equal(
        `${CRD_NAME} is applied, but was not established in 60 s: kubectl describe crd ${CRD_NAME} says why`,
      );
    });

    it('believes in a refusal of its names only after some seconds', async () => {
      const old = Array.from({ length: 4 }, () => stored({ conditions: refused }));
      const { outcome, clock } = run(scriptedClient(stored(), stored(), ...old, stored()));
      await clock.advance(2000);
      expect(await outcome).to.deep.equal({ kind: 'unchanged' });

      const answers = Array.from({ length: 40 }, () => stored({ conditions: refused }));
      const another = run(scriptedClient(stored(), stored(), ...answers));
      const failed = failureOf(another.outcome);
      await another.clock.advance(10_000);
      expect((await failed).message).to.equal(
        `${CRD_NAME} is applied, but its names are refused ("rpc" is already in use): delete the other CustomResourceDefinition that has them, then run this again`,
      );
    });

    for (const [name, answer] of [
      ['is being deleted', stored({ deletionTimestamp: '2026-01-01T00:00:00Z' })],
      ['is gone', kubeError(404)],
    ] as const) {
      it(`says that it ${name}`, async () => {
        expect(await sentence(stored(), stored(), answer)).to.equal(
          `${CRD_NAME} is being deleted: wait until it is gone, then run this again`,
        );
      });
    }
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const { outcome, clock } = run(
      scriptedClient(stored(), stored(), stored({ conditions: [] })),
      stop.signal,
    );
    const failed = failureOf(outcome);
    await clock.advance(0);
    stop.abort(new Error('stopped'));
    expect((await failed).message).to.equal('stopped');
  });

  describe('says in one sentence what to do about', () => {
    const may = (right: string): RegExp =>
      new RegExp(
        `^this identity may not ${right} customresourcedefinitions\\.apiextensions\\.k8s\\.io: give it a ClusterRole with get, create and patch of them,`,
      );
    const rows: readonly (readonly [name: string, answers: readonly unknown[], says: RegExp])[] = [
      ['a missing right to read', [kubeError(403)], may('get')],
      ['a missing right to write', [stored(), kubeError(403)], may('patch')],
      ['a missing right to create', [kubeError(404), kubeError(403)], may('create and patch')],
      ['an unknown identity', [kubeError(401)], /\(401\): renew its credentials$/],
      [
        'a server without the API',
        [kubeError(404), kubeError(404)],
        /\(404\): see that the kubeconfig names/,
      ],
      ['a refused content', [stored(), kubeError(422)], /422\): Kubernetes 1\.30 or newer is needed$/],
      [
        'a stored version that it does not have',
        [
          stored(),
          new KubeError({ status: 422, reason: 'Invalid', message: '422 Invalid: status.storedVersions[0]' }),
        ],
        /is in use with a version that .*: run this command of the newer program that brought it$/,
      ],
      ['an error of the server', [kubeError(500)], /says 500\): run this again$/],
      [
        'a dead server',
        [new KubeNetworkError('ECONNREFUSED', 'GET /x')],
        /^the API server https:\/\/api does not answer \(ECONNREFUSED\): see that it runs/,
      ],
      [
        'another server’s certificate',
        [new KubeNetworkError('DEPTH_ZERO_SELF_SIGNED_CERT', 'GET /x')],
        /^the certificate of the API server https:\/\/api is not trusted .*: give its authority as certificate-authority/,
      ],
      [
        'an unreadable credential',
        [new KubeNetworkError('CREDENTIALS', 'cannot read the credentials of the kubeconfig: ENOENT')],
        /^cannot read the credentials of the kubeconfig: ENOENT \(CREDENTIALS\)$/,
      ],
    ];
    for (const [name, answers, says] of rows) {
      it(name, async () => {
        expect(await sentence(...answers)).to.match(says);
      });
    }
  });
});
