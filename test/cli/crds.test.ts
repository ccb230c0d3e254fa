import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { CRD_NAME } from '../../src/api/registrypushcheck.ts';
import { parseCrd } from '../../src/cli/crd.ts';
import { version } from '../../src/cli/version.ts';
import { CRD_FILE } from '../api/crd.ts';
import { freePort, runProcess, startProcess, type Command, type Finished } from '../support/processes.ts';
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

function command(args: readonly string[]): Command {
  return {
    name: `registry-push-check ${args.join(' ')}`,
    file: process.execPath,
    args: [CLI, ...args],
    env: { HOME: '/nonexistent' },
  };
}

function run(...args: readonly string[]): Promise<Finished> {
  return runProcess(command(args));
}

describe('registry-push-check crds', () => {
  const misuse: readonly (readonly [name: string, args: readonly string[], says: RegExp])[] = [
    ['no subcommand', [], /^Usage: registry-push-check crds /],
    ['an unknown subcommand', ['aply'], /unknown command 'aply'\n\(Did you mean apply\?\)/],
    ['an unknown option', ['apply', '--force'], /unknown option '--force'/],
    ['an option without its value', ['apply', '--kubeconfig'], /'--kubeconfig <file>' argument missing/],
    ['an argument too many', ['print', 'all'], /too many arguments/],
  ];
  for (const [name, args, says] of misuse) {
    it(`explains ${name} on stderr and exits 2`, async () => {
      const { code, stdout, stderr } = await run('crds', ...args);
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(says);
    });
  }

  it('TLS: exits 2 where certificates would not be verified', async () => {
    const { env, ...rest } = command(['crds', 'apply']);
    const { code, stderr } = await runProcess({
      ...rest,
      env: { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    });
    expect(code).to.equal(2);
    expect(stderr).to.match(/^registry-push-check: NODE_TLS_REJECT_UNAUTHORIZED=0 .*certificate-authority/);
  });

  it('shows both subcommands in its help', async () => {
    const { code, stdout, stderr } = await run('crds', '--help');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/^ {2}print /m)
      .and.match(/^ {2}apply /m);
  });

  it('print writes the file, byte for byte', async () => {
    const text = await readFile(CRD_FILE, 'utf8');
    expect(await run('crds', 'print')).to.deep.equal({ code: 0, stdout: text, stderr: '' });
  });

  describe('apply', () => {
    let api: ScriptedServer;
    before(async () => (api = await startScriptedServer()));
    after(() => api.stop());

    /** An API server that holds our own CustomResourceDefinition, served, with this version. */
    const serve = (found: string): void => {
      const { spec } = parseCrd();
      const annotations = { 'doctor.stella-ops.org/crd-version': found };
      const conditions = ['NamesAccepted', 'Established'].map((type) => ({ type, status: 'True' }));
      const metadata = { resourceVersion: '1', generation: 1, annotations };
      api.answer((_, response) => response.end(JSON.stringify({ metadata, spec, status: { conditions } })));
    };

    it('says in one line on stdout what it did, and exits 0', async () => {
      serve(version);
      expect(await run('crds', 'apply', '--kubeconfig', await api.kubeconfig())).to.deep.equal({
        code: 0,
        stdout: `${CRD_NAME} unchanged (${version})\n`,
        stderr: '',
      });
    });

    it('exits 0 where a newer one is left alone', async () => {
      serve('99.0.0');
      expect(await run('crds', 'apply', '--kubeconfig', await api.kubeconfig())).to.deep.equal({
        code: 0,
        stdout: `${CRD_NAME} left alone: 99.0.0 in the cluster is newer than ${version}\n`,
        stderr: '',
      });
    });

    it('exits 1 with one sentence where it is refused', async () => {
      api.answer((_, response) => response.writeHead(403).end('{"message":"<html>\u001B[31m"}'));
      const { code, stdout, stderr } = await run('crds', 'apply', '--kubeconfig', await api.kubeconfig());
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(
        /^registry-push-check: this identity may not get customresourcedefinitions.*\n$/,
      );
      for (const text of ['canary-token', 'html', '\u001B']) expect(stderr).not.to.include(text);
    });

    it('exits 1 with one sentence where nothing listens', async () => {
      const server = `https://127.0.0.1:${String(await freePort())}`;
      const kubeconfig = await api.kubeconfig({ file: 'nobody', server });
      expect(await run('crds', 'apply', '--kubeconfig', kubeconfig)).to.deep.equal({
        code: 1,
        stdout: '',
        stderr: `registry-push-check: the API server ${server} does not answer (ECONNREFUSED): see that it runs and that the kubeconfig names it\n`,
      });
    });

    it('exits 1 with one sentence where the kubeconfig is missing', async () => {
      const path = join(api.dir, 'missing');
      expect(await run('crds', 'apply', '--kubeconfig', path)).to.deep.equal({
        code: 1,
        stdout: '',
        stderr: `registry-push-check: Cannot read ${path} (ENOENT).\n`,
      });
    });

    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      it(`exits ${code} on ${signal}, which process 1 of a container would not by itself`, async () => {
        const { promise: asked, resolve } = Promise.withResolvers<void>();
        api.answer(() => resolve());
        const running = await startProcess(
          command(['crds', 'apply', '--kubeconfig', await api.kubeconfig()]),
        );
        await asked;
        running.kill(signal);
        expect(await running.exited).to.equal(`exit code ${code}`);
        expect(running.output()).to.equal('');
      });
    }
  });
});

describe('registry-push-check version', () => {
  it('prints the version of the package', async () => {
    expect(await run('version')).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
