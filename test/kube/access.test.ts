import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadAccess } from '../../src/kube/access.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import {
  type KubeconfigOptions,
  type ScriptedServer,
  startScriptedServer,
} from '../support/scripted-server.ts';

describe('loadAccess', () => {
  const clock = createFakeClock();
  let server: ScriptedServer;
  before(async () => {
    server = await startScriptedServer();
  });
  after(() => server.stop());

  it('takes the server of the current context', async () => {
    const access = loadAccess({ kubeconfig: await server.kubeconfig() }, clock);
    expect(access.server.origin).to.equal(server.url);
  });

  const refused: readonly [string, KubeconfigOptions, RegExp][] = [
    ['that is not verified', { cluster: { 'insecure-skip-tls-verify': true } }, /insecure-skip-tls-verify/],
    ['without TLS', { server: 'http://127.0.0.1:8080' }, /No https:\/\/ API server/],
    ['that is no URL', { server: 'somewhere' }, /No https:\/\/ API server/],
    ['that does not exist', { context: { cluster: 'none' } }, /has no cluster for context "x"/],
  ];
  for (const [name, options, message] of refused) {
    it(`refuses a server ${name}, in one sentence`, async () => {
      const kubeconfig = await server.kubeconfig(options);
      expect(() => loadAccess({ kubeconfig }, clock)).to.throw(message);
    });
  }

  const files: readonly [string, string | undefined][] = [
    ['is not there', undefined],
    ['is no YAML', 'users: [{user: {token: canary}]}\n\t- {'],
    ['is empty', ''],
    ['is a text', 'canary'],
  ];
  for (const [name, content] of files) {
    it(`L8: refuses a file that ${name}, without repeating what is in it`, async () => {
      const kubeconfig = join(server.dir, `file-${name.replaceAll(' ', '-')}`);
      if (content !== undefined) await writeFile(kubeconfig, content);
      try {
        loadAccess({ kubeconfig }, clock);
      } catch (error) {
        const { message, cause } = error as Error;
        expect(message).to.match(
          /^Cannot read .*\(ENOENT\)\.$|is not a kubeconfig\.$|has no cluster for context/,
        );
        expect(`${message} ${String(cause)}`).to.not.include('canary');
        return;
      }
      expect.fail('it was accepted');
    });
  }
});
