import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { lab } from '../support/lab.ts';

describe('startControlPlane', () => {
  it('answers kubectl as an admin', async () => {
    const { controlPlane } = lab();
    const { code, stdout } = await controlPlane.kubectl(['auth', 'can-i', '*', '*']);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'yes\n' });
  });

  it('says the version that its go.mod pins', async () => {
    const { controlPlane } = lab();
    const { stdout } = await controlPlane.kubectl(['version', '-o', 'json']);
    const { clientVersion, serverVersion } = JSON.parse(stdout) as Record<string, { gitVersion: string }>;
    expect(serverVersion?.gitVersion).to.match(/^v1\.\d+\.\d+$/);
    expect(clientVersion?.gitVersion).to.match(/^v1\.\d+\.\d+$/);
  });

  it('reads objects from standard input, and gives a refusal back as a result', async () => {
    const { controlPlane } = lab();
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'from-stdin' } });
    expect(await controlPlane.kubectl(['create', '-f', '-'], { input })).to.include({ code: 0 });
    const again = await controlPlane.kubectl(['create', '-f', '-'], { input });
    expect(again.code).to.equal(1);
    expect(again.stderr).to.contain('already exists');
  });

  it('gives a service account its own identity, and no rights that nobody granted', async () => {
    const { controlPlane } = lab();
    const kubeconfig = await controlPlane.serviceAccountKubeconfig('default', 'robot');
    expect(await controlPlane.serviceAccountKubeconfig('default', 'robot')).to.equal(kubeconfig);
    const who = await controlPlane.kubectl(['auth', 'whoami', '-o', 'name'], { kubeconfig });
    expect(who.stderr + who.stdout).to.not.contain('Unauthorized');
    const secrets = await controlPlane.kubectl(['get', 'secrets'], { kubeconfig });
    expect(secrets.stderr).to.contain(
      'User "system:serviceaccount:default:robot" cannot list resource "secrets"',
    );
  });

  it('verifies TLS in every kubeconfig', async () => {
    const { controlPlane } = lab();
    const robot = await controlPlane.serviceAccountKubeconfig('default', 'robot');
    for (const path of [controlPlane.kubeconfig, robot]) {
      const text = await readFile(path, 'utf8');
      expect(text).to.contain(Buffer.from(controlPlane.caPem).toString('base64'));
      expect(text).to.not.contain('insecure');
    }
  });

  it('keeps what is stored while the API server is away', async () => {
    const { controlPlane } = lab();
    await controlPlane.kubectl(['create', 'configmap', 'kept', '-n', 'default']);
    await controlPlane.stopApiServer();
    const away = await controlPlane.kubectl(['get', 'configmap', 'kept', '-n', 'default']);
    await controlPlane.startApiServer();
    const back = await controlPlane.kubectl(['get', 'configmap', 'kept', '-n', 'default', '-o', 'name']);
    expect(away.code).to.equal(1);
    expect(back).to.include({ code: 0, stdout: 'configmap/kept\n' });
  });
});
