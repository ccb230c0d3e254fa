import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { version } from '../../src/cli/version.ts';
import { CRD_FILE } from '../api/crd.ts';
import { assembleImage, type Image } from '../support/image.ts';
import { lab } from '../support/lab.ts';
import { check, namespace } from '../support/manifests.ts';
import { freePort, runProcess, startReadyProcess } from '../support/processes.ts';
import { apply, install, until } from './fixture.ts';

const NAMESPACE = 'image-test';

describe('what the Dockerfile makes', function () {
  this.timeout(60_000);

  let dir: string;
  let image: Image;
  before(async () => {
    // Not below the lab's folder, which is its user's alone.
    dir = await mkdtemp(join(tmpdir(), 'image-'));
    image = await assembleImage(dir);
  });
  after(async () => {
    await image.unlock();
    await rm(dir, { recursive: true });
  });

  it('is the licence and the bundle, with the licences of all that is in it', async () => {
    expect((await readdir(image.root)).toSorted()).to.deep.equal(['app']);
    expect((await readdir(join(image.root, 'app'))).toSorted()).to.deep.equal(['LICENSE', 'dist']);
    const dist = await readdir(join(image.root, 'app', 'dist'));
    expect(dist).to.include.members(['cli.js', 'package.json', 'THIRD-PARTY-LICENSES.txt']);
    const odd = dist.filter(
      (name) => !/\.js(?:\.map|\.LEGAL\.txt)?$|^package\.json$|^THIRD-PARTY/.test(name),
    );
    expect(odd).to.deep.equal([]);
    // What a minified file points to is there.
    for (const name of dist.filter((one) => one.endsWith('.js'))) {
      const text = await readFile(join(image.root, 'app', 'dist', name), 'utf8');
      const [, legal] = /For license information please see (\S+)/.exec(text) ?? [];
      if (legal !== undefined) expect(dist).to.include(legal);
    }
  });

  it('holds the licence text of every package that was bundled', async () => {
    const text = await readFile(join(image.root, 'app', 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    const chapters = text.split(/^={80}\n(?=.*\n={80}$)/m).slice(1);
    const names = chapters.map((chapter) => /^(\S+) \d/.exec(chapter)?.[1]);
    const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    expect(names).to.include.members(Object.keys(dependencies));
    for (const chapter of chapters) {
      expect(chapter.slice(0, 80)).to.match(/^\S+ \d\S+ \(\S+\)\n/);
      expect(chapter, chapter.slice(0, 40)).to.match(
        /permission (?:is hereby granted|to use)|Apache License/i,
      );
    }
  });

  it('is a tree that its user cannot write to', async () => {
    const { args, ...command } = image.command();
    const script = `for (const name of ['x', 'app/x', 'app/dist/x', 'app/dist/cli.js']) {
      try { require('node:fs').writeFileSync('${image.root}/' + name, ''); console.log('written', name); }
      catch (error) { if (error.code !== 'EACCES') throw error; }
    }`;
    expect(args).to.include(join(image.root, 'app', 'dist', 'cli.js'));
    expect(await runProcess({ ...command, args: ['-e', script] })).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('answers --help, version and crds print', async () => {
    const help = await runProcess(image.command('--help'));
    expect([help.code, help.stderr]).to.deep.equal([0, '']);
    expect(help.stdout).to.match(/^Usage: registry-push-check /);
    const said = { code: 0, stderr: '' };
    expect(await runProcess(image.command('version'))).to.deep.equal({ ...said, stdout: `${version}\n` });
    const crd = await readFile(CRD_FILE, 'utf8');
    expect(await runProcess(image.command('crds', 'print'))).to.deep.equal({ ...said, stdout: crd });
  });

  it('runs the operator, which writes nowhere, serves, and ends in order on SIGTERM', async () => {
    await install();
    await apply(
      namespace(NAMESPACE),
      check(NAMESPACE, 'suspended', { registryUrl: 'r.example', suspend: true }),
    );
    const account = ['registry-push-check-system', 'registry-push-check'] as const;
    const files = { kubeconfig: join(dir, 'kubeconfig'), config: join(dir, 'config.yaml') };
    await copyFile(await lab().controlPlane.serviceAccountKubeconfig(...account), files.kubeconfig);
    const port = await freePort();
    await writeFile(files.config, `{server: {address: 127.0.0.1, port: ${String(port)}}}`);
    for (const file of Object.values(files)) await image.own(file);

    const { config, kubeconfig } = files;
    const { args, ...command } = image.command('controller', '--config', config, '--kubeconfig', kubeconfig);
    // Node itself then refuses every write, wherever it goes.
    const net = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];
    const restricted = ['--permission', '--allow-fs-read=*', ...net, ...args];
    const operator = await startReadyProcess(
      { ...command, args: restricted },
      async () => (await fetch(`http://127.0.0.1:${String(port)}/livez`)).ok,
    );
    try {
      await until(NAMESPACE, 'suspended', ({ status }) =>
        Boolean(status?.conditions?.some(({ type, status: is }) => type === 'Suspended' && is === 'True')),
      );
      operator.kill('SIGTERM');
      expect(await operator.exited, operator.output()).to.equal('exit code 0');
      expect(operator.output()).to.include('"stopped"').and.not.include('ERR_ACCESS_DENIED');
    } finally {
      await operator.stop(0);
    }
  });
});
