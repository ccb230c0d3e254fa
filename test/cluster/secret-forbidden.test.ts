import { join } from 'node:path';
import { expect } from 'chai';
import { startDistribution, type Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, namespace, type Manifest } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import type { RunningProcess } from '../support/processes.ts';
import { apply, install, kubectl, untilVerdict } from './fixture.ts';
import { narrowRole } from './narrow-role.ts';
import { commandOf, paste } from './paste.ts';

const NS = 'secret-forbidden';
const ACCOUNT = 'reader';
const PASSWORD = 'canary-pw-4712';

describe('an operator that may not read a Secret', () => {
  let registry: Distribution;
  let operator: RunningProcess;
  before(async () => {
    const { tools, dir, controlPlane, authority, authorityFile } = lab();
    await install();
    await apply(namespace(NS));
    registry = await startDistribution({
      dir: join(dir, 'forbidden-registry'),
      tools,
      authority,
      auth: { kind: 'htpasswd', users: { ci: PASSWORD } },
    });
    const kubeconfig = await controlPlane.serviceAccountKubeconfig(NS, ACCOUNT);
    await apply(...narrowRole(NS, ACCOUNT, ['some-other-secret']));
    operator = await startOperator({
      dir: join(dir, 'forbidden-operator'),
      kubeconfig,
      config: {
        watchNamespaces: [NS],
        egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
        caBundle: authorityFile,
      },
    });
  });
  after(async () => {
    await operator.stop();
    await registry.stop();
  });

  it('says by which commands it gets that right, and needs no other ones, pasted twice or not', async () => {
    const stringData = { username: 'ci', password: PASSWORD, registry: registry.host };
    const secret = (name: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { namespace: NS, name },
      stringData,
    });
    const spec = { registryUrl: registry.url, pushTestRepository: 'team/app', existingSecret: 'login' };
    await apply(secret('login'), secret('login-of-others'), check(NS, 'mirror', spec));
    const red = await untilVerdict(NS, 'mirror', 'False/SecretForbidden');
    for (const words of [
      'kubectl create role ',
      'kubectl create role ',
      'create rolebinding',
      'create rolebinding',
    ])
      await paste(commandOf(red, words));
    await paste(commandOf(red, 'Check again'));
    await untilVerdict(NS, 'mirror', 'True/PushAuthorized');

    const as = `--as=system:serviceaccount:${NS}:${ACCOUNT}`;
    const may = async (verb: string, name: string): Promise<string> => {
      const { stdout } = await lab().controlPlane.kubectl([
        'auth',
        'can-i',
        verb,
        `secrets/${name}`,
        '-n',
        NS,
        as,
      ]);
      return stdout.trim();
    };
    expect([
      await may('get', 'login'),
      await may('get', 'login-of-others'),
      await may('update', 'login'),
    ]).to.deep.equal(['yes', 'no', 'no']);
    expect(await kubectl(['get', 'rolebindings', '-n', NS, '-o', 'name'])).to.include(
      `get-secret-login-by-${NS}.${ACCOUNT}`,
    );
  }).timeout(60_000);
});
