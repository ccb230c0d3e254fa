import { join } from 'node:path';
import { expect } from 'chai';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { cranePushes, startRegistry } from '../registries/asking.ts';
import type { Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, login, namespace } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import type { RunningProcess } from '../support/processes.ts';
import { apply, install, kubectl, until, verdictOf } from './fixture.ts';

const NAMESPACE = 'pull-test';
const ci = { username: 'ci', password: 'canary-pw-0816' };

/** `True/ManifestReadable`, or an empty string where there is no such condition. */
function pullOf({ status }: RegistryPushCheck): string {
  const found = status?.conditions?.find(({ type }) => type === 'PullAuthorized');
  return found === undefined ? '' : `${found.status}/${found.reason}`;
}

describe('spec.pull through the operator', () => {
  let registry: Distribution;
  let operator: RunningProcess;

  before(async () => {
    const { authorityFile, controlPlane, dir } = lab();
    await install();
    await apply(namespace(NAMESPACE));
    registry = await startRegistry('pull-operator-registry', {
      kind: 'htpasswd',
      users: { [ci.username]: ci.password },
    });
    expect(await cranePushes(registry, ci, 'pull-operator-crane', 'base/image:v1')).to.equal(true);
    await apply(login(NAMESPACE, 'login', registry.host, ci.username, ci.password));
    operator = await startOperator({
      dir: join(dir, 'pull-operator'),
      kubeconfig: controlPlane.kubeconfig,
      config: {
        watchNamespaces: [NAMESPACE],
        egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
        caBundle: authorityFile,
      },
    });
  });
  after(async () => {
    await operator.stop();
    await registry.stop();
  });

  const patch = (spec: object): Promise<string> =>
    kubectl(['patch', 'rpc/base', '-n', NAMESPACE, '--type=merge', '-p', JSON.stringify({ spec })]);
  const visited = ({ status, metadata }: RegistryPushCheck): boolean =>
    status?.observedGeneration === metadata.generation;

  it('shows that the manifest may be pulled, beside the verdict', async () => {
    const spec = {
      registryUrl: registry.url,
      pushTestRepository: 'team/app',
      existingSecret: 'login',
      pull: { repository: 'base/image', reference: 'v1' },
    };
    await apply(check(NAMESPACE, 'base', spec));
    const seen = await until(NAMESPACE, 'base', visited);
    expect([verdictOf(seen), pullOf(seen)]).to.deep.equal(['True/PushAuthorized', 'True/ManifestReadable']);
    const stages = seen.status?.lastProbe?.stages ?? [];
    expect(stages.map(({ name }) => name)).to.deep.equal([
      'Reachable',
      'Authenticated',
      'PushAuthorized',
      'PullAuthorized',
    ]);
    expect(stages.at(-1)).to.include({ result: 'Passed', httpStatus: 200 });
    expect(await kubectl(['describe', 'rpc/base', '-n', NAMESPACE])).to.match(
      /permits the pull of base\/image:v1/,
    );
  });

  it('asks for the tag latest where none is named, and says that there is none', async () => {
    await patch({ pull: { reference: null } });
    const seen = await until(NAMESPACE, 'base', visited);
    expect(seen.spec.pull).to.deep.equal({ repository: 'base/image', reference: 'latest' });
    expect([verdictOf(seen), pullOf(seen)]).to.deep.equal([
      'True/PushAuthorized',
      'Unknown/ManifestNotFound',
    ]);
    expect(seen.status?.lastProbe?.stages?.at(-1)).to.include({ result: 'Unknown', httpStatus: 404 });
  });

  it('removes the condition with the field', async () => {
    await patch({ pull: null });
    const seen = await until(NAMESPACE, 'base', visited);
    expect([verdictOf(seen), pullOf(seen)]).to.deep.equal(['True/PushAuthorized', '']);
    expect(seen.status?.lastProbe?.stages).to.have.length(3);
  });

  it('makes no event of it', async () => {
    const reasons = await kubectl(['get', 'events', '-n', NAMESPACE, '-o', 'jsonpath={.items[*].reason}']);
    expect(reasons.split(' ')).to.include('PushAuthorized');
    expect(reasons).not.to.match(/Pull|Manifest/);
  });
});
