import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { lab } from '../support/lab.ts';
import { check, namespace } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import type { RunningProcess } from '../support/processes.ts';
import { openTrap, ownPrivateAddress, type Trap } from '../support/trap.ts';
import { apply, install, kubectl, until, untilVerdict, verdictOf } from './fixture.ts';

const NS = 'egress';
const NAMED = 'egress-named';

describe('E3: the operator beside a real API server', () => {
  let kubeconfig: string;
  let trap: Trap;
  let operator: RunningProcess;

  /** An operator that may reach loopback, and trusts these registries. */
  function start(trustedRegistries: readonly string[], ns = NS, as = kubeconfig): Promise<RunningProcess> {
    const config = {
      watchNamespaces: [ns],
      egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
      policy: { trustedRegistries },
      insecureRegistries: [privateHost(trap)],
    };
    return startOperator({ dir: join(lab().dir, ns), kubeconfig: as, config });
  }

  before(async () => {
    await install();
    await apply(namespace(NS));
    kubeconfig = await lab().controlPlane.serviceAccountKubeconfig(
      'registry-push-check-system',
      'registry-push-check',
    );
    trap = await openTrap();
    operator = await start([]);
  });
  after(async () => {
    await operator.stop();
    await trap.stop();
  });

  const spec = (registryUrl: string): Readonly<Record<string, unknown>> => ({
    registryUrl,
    pushTestRepository: 'team/app',
    failureThreshold: 1,
  });

  it('row 9: reaches the API server for no check, by none of its names, although the range is allowed', async () => {
    const { port } = new URL(lab().controlPlane.url);
    const hosts = ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]'];
    await apply(
      ...hosts.map((host, at) => check(NS, `server-${String(at)}`, spec(`https://${host}:${port}`))),
    );
    for (const at of hosts.keys()) {
      const { status } = await untilVerdict(NS, `server-${String(at)}`, 'False/EgressDenied');
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message).to.include(
        'an address that checks must not reach',
      );
    }
  });

  it('row 9: so it is where the kubeconfig has a name, by that name and at the address that answers to it', async () => {
    const byAddress = await readFile(kubeconfig, 'utf8');
    const named = join(lab().dir, 'egress-named.kubeconfig');
    await writeFile(named, byAddress.replace('https://127.0.0.1:', 'https://localhost:'));
    expect(await readFile(named, 'utf8')).to.not.equal(byAddress);
    await apply(namespace(NAMED));
    const { port } = new URL(lab().controlPlane.url);
    const another = await start([], NAMED, named);
    try {
      for (const [at, host] of ['127.0.0.1', 'localhost'].entries()) {
        await apply(check(NAMED, `server-${String(at)}`, spec(`https://${host}:${port}`)));
        const { status } = await untilVerdict(NAMED, `server-${String(at)}`, 'False/EgressDenied');
        expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message).to.include(
          'an address that checks must not reach',
        );
      }
    } finally {
      await another.stop();
    }
  }).timeout(90_000);

  it('row 32: reaches a private address for a check without a Secret only where the installation trusts it', async () => {
    const host = privateHost(trap);
    await apply(check(NS, 'private', spec(`http://${host}`)));
    const { status } = await untilVerdict(NS, 'private', 'False/EgressDenied');
    const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message;
    expect(message)
      .to.include(`policy.trustedRegistries of the operator has ${host}`)
      .and.to.include('egress.allowCIDRs has ');
    expect(status?.remediation?.steps?.join('\n')).to.include('policy.trustedRegistries');
    expect(trap.connections).to.equal(0);
    await operator.stop();
    operator = await start([host]);
    await kubectl(['patch', 'rpc', 'private', '-n', NS, '--type=merge', '-p', '{"spec":{"timeout":"3s"}}']);
    // The listener says 200 to everything: that is no registry for an upload, but it is asked.
    await until(NS, 'private', (seen) => /\/(?!EgressDenied|Progressing)/.test(verdictOf(seen)));
    if (ownPrivateAddress() === undefined)
      console.log('      this machine has no private address: that a connection arrives at one was not seen');
    else expect(trap.connections).to.be.greaterThan(0);
  }).timeout(90_000);
});

/** The listener at a private address of this machine, or where there is none at one of another. */
function privateHost({ port }: Trap): string {
  const address = ownPrivateAddress() ?? '10.255.255.1';
  return `${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
}
