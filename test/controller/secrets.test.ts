import { expect } from 'chai';
import { readSecret, secretVersion } from '../../src/controller/secrets.ts';
import { KubeNetworkError } from '../../src/kube/client.ts';
import { aRegistry } from '../support/builders.ts';
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

function read({ client }: ScriptedClient): ReturnType<typeof readSecret> {
  return readSecret(client, 'team', 'push', aRegistry(), 'team/app', signal);
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
    expect(found.credential.login.password.reveal()).to.equal('hunter2');
    expect(JSON.stringify(found)).to.not.include('hunter2');
  });

  it('keeps names inside their part of the path', async () => {
    const script = scriptedClient(aSecret());
    await readSecret(script.client, '../a', 'b?c/d', aRegistry(), 'team/app', signal);
    expect(script.requests[0]?.path).to.equal('/api/v1/namespaces/..%2Fa/secrets/b%3Fc%2Fd');
  });

  const problems: readonly (readonly [
    name: string,
    answer: unknown,
    problem: object,
    version: string | undefined,
  ])[] = [
    [
      'a 404',
      kubeError(404),
      { reason: 'SecretNotFound', detail: 'it does not exist in namespace team' },
      undefined,
    ],
    [
      'a 403',
      kubeError(403),
      { reason: 'SecretForbidden', detail: 'the operator may not read it in namespace team' },
      undefined,
    ],
    [
      'another type',
      { type: 'Opaque', data: { password: 'aHVudGVyMg==' }, metadata: { resourceVersion: '7' } },
      {
        reason: 'SecretTypeUnsupported',
        detail: 'it is of type Opaque, and only kubernetes.io/dockerconfigjson is supported',
      },
      '7',
    ],
    [
      'no data',
      { type: 'kubernetes.io/dockerconfigjson', metadata: { resourceVersion: '7' } },
      { reason: 'SecretInvalid', detail: 'it has no key .dockerconfigjson; its keys: none' },
      '7',
    ],
  ];
  for (const [name, answer, problem, version] of problems) {
    it(`answers ${name} as a problem`, async () => {
      expect(await read(scriptedClient(answer))).to.deep.equal({ kind: 'problem', problem, version });
    });
  }

  it('answers a Secret for other registries as a problem', async () => {
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
