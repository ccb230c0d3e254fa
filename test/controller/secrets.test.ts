import { expect } from 'chai';
import { readSecret, secretVersion, type ConsentOf } from '../../src/controller/secrets.ts';
import { KubeNetworkError } from '../../src/kube/client.ts';
import { aRegistry, NOW_MS } from '../support/builders.ts';
import { kubeError, scriptedClient, type ScriptedClient } from '../support/scripted-client.ts';

const { signal } = new AbortController();

function aSecret(
  auths: unknown = { 'registry.example.com': { username: 'ci', password: 'hunter2' } },
): unknown {
  return {
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
    metadata: { resourceVersion: '7' },
  };
}

const NOBODY: ReturnType<ConsentOf> = { installed: [], trusted: [] };
const question = { namespace: 'team', name: 'push', registry: aRegistry(), repository: 'team/app' };

function read({ client }: ScriptedClient, consent: ConsentOf = () => NOBODY): ReturnType<typeof readSecret> {
  return readSecret(client, question, consent, NOW_MS, signal);
}

function ask({ client }: ScriptedClient): Promise<string | undefined> {
  return secretVersion(client, 'team', 'push', signal);
}

describe('readSecret', () => {
  it('reads one Secret by name and answers its login and version', async () => {
    const script = scriptedClient(aSecret());
    const found = await read(script);
    expect(script.requests).to.deep.equal([{ method: 'GET', path: '/api/v1/namespaces/team/secrets/push' }]);
    if (found.kind !== 'credential') throw new Error(found.problem.detail);
    expect([found.version, found.credential.matchedKey]).to.deep.equal(['7', 'registry.example.com']);
    const { login } = found.credential;
    expect(login.kind === 'password' && login.password.reveal()).to.equal('hunter2');
    expect(found.form).to.equal('docker');
    expect(JSON.stringify(found)).to.not.include('hunter2');
  });

  it('keeps names inside their part of the path', async () => {
    const script = scriptedClient(aSecret());
    const hostile = { ...question, namespace: '../a', name: 'b?c/d' };
    await readSecret(script.client, hostile, () => NOBODY, NOW_MS, signal);
    expect(script.requests[0]?.path).to.equal('/api/v1/namespaces/..%2Fa/secrets/b%3Fc%2Fd');
  });

  it('B2: takes the word of the installation for the Secret that it reads, and for no other', async () => {
    const plain = { type: 'Opaque', data: { username: 'Y2k=', password: 'aHVudGVyMg==' }, metadata: {} };
    const asked: string[] = [];
    const says: (readonly [ConsentOf, string])[] = [
      [(namespace, name) => (asked.push(`${namespace}/${name}`), NOBODY), 'CredentialsNotBound'],
      [() => ({ installed: ['registry.example.com'], trusted: [] }), 'credential'],
      [() => ({ installed: [], trusted: ['registry.example.com'] }), 'credential'],
      [() => ({ installed: ['a.example'], trusted: ['b.example'] }), 'CredentialsNotBound'],
    ];
    for (const [consent, expected] of says) {
      const found = await read(scriptedClient(plain), consent);
      expect(found.kind === 'problem' ? found.problem.reason : found.kind).to.equal(expected);
      expect(found.form).to.equal('password');
    }
    expect(asked).to.deep.equal(['team/push']);
  });

  it('B2: takes the word of the Secret itself, by its annotation', async () => {
    const annotations = { 'doctor.stella-ops.org/registries': 'registry.example.com' };
    const data = { username: 'Y2k=', password: 'aHVudGVyMg==' };
    const found = await read(scriptedClient({ type: 'Opaque', data, metadata: { annotations } }));
    expect(found).to.include({ kind: 'credential', form: 'password', version: '' });
  });

  type Row = readonly [
    name: string,
    answer: unknown,
    form: string | undefined,
    says: object,
    version?: string,
  ];
  const problems: readonly Row[] = [
    [
      'a 404',
      kubeError(404),
      undefined,
      { reason: 'SecretNotFound', detail: 'it does not exist in namespace team' },
    ],
    [
      'a 403',
      kubeError(403),
      undefined,
      { reason: 'SecretForbidden', detail: 'the operator may not read it in namespace team' },
    ],
    [
      'another type',
      { type: 'kubernetes.io/tls', data: { password: 'aHVudGVyMg==' }, metadata: { resourceVersion: '7' } },
      'other',
      {
        reason: 'SecretTypeUnsupported',
        detail:
          'it is of type kubernetes.io/tls; supported types: kubernetes.io/dockerconfigjson, kubernetes.io/dockercfg, kubernetes.io/basic-auth, Opaque',
      },
      '7',
    ],
    [
      'no data',
      { type: 'kubernetes.io/dockerconfigjson', metadata: { resourceVersion: '7' } },
      'docker',
      { reason: 'SecretInvalid', detail: 'it has no key .dockerconfigjson; its keys: none' },
      '7',
    ],
  ];
  for (const [name, answer, form, problem, version] of problems) {
    it(`answers ${name} as a problem`, async () => {
      const found = await read(scriptedClient(answer));
      expect(found).to.deep.equal({ kind: 'problem', problem, form, version });
    });
  }

  it('B3: answers a Secret for other registries as a problem', async () => {
    const found = await read(
      scriptedClient(aSecret({ 'other.example.com': { username: 'a', password: 'hunter2' } })),
    );
    expect(found).to.deep.nested.include({
      kind: 'problem',
      version: '7',
      'problem.reason': 'CredentialsNotMatched',
    });
    expect(JSON.stringify(found)).to.not.include('hunter2');
  });

  for (const error of [
    kubeError(500),
    kubeError(401),
    kubeError(429),
    new KubeNetworkError('ECONNRESET', 'cut'),
  ]) {
    it(`throws "${error.message}": that says nothing about the Secret`, async () => {
      const thrown: unknown = await read(scriptedClient(error)).catch((caught: unknown) => caught);
      expect(thrown).to.equal(error);
    });
  }
});

describe('secretVersion', () => {
  it('asks for the metadata alone', async () => {
    const script = scriptedClient({ metadata: { resourceVersion: '8' } });
    expect(await ask(script)).to.equal('8');
    expect(script.requests).to.deep.equal([
      {
        method: 'GET',
        path: '/api/v1/namespaces/team/secrets/push',
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      },
    ]);
  });

  for (const status of [403, 404, 406, 500]) {
    it(`is undefined where the answer is ${status}`, async () => {
      expect(await ask(scriptedClient(kubeError(status)))).to.equal(undefined);
    });
  }

  it('throws where there is no answer', async () => {
    const error = new KubeNetworkError('ECONNRESET', 'cut');
    const thrown: unknown = await ask(scriptedClient(error)).catch((caught: unknown) => caught);
    expect(thrown).to.equal(error);
  });
});
