import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import {
  buildFlags,
  linkerFlags,
  requiredVersion,
  TOOL_NAMES,
  TOOLS,
  type ToolName,
} from '../../scripts/recipes.ts';
import {
  ensureTools,
  findTool,
  noGo,
  progressOn,
  table,
  thisMachine,
  type BuildStep,
  type Machine,
} from '../../scripts/tools.ts';

describe('requiredVersion', () => {
  const rows = [
    { name: 'a block', goMod: 'require (\n\ta.example/b v1.2.3 // indirect\n)\n' },
    { name: 'a single line', goMod: 'require a.example/b v1.2.3\n' },
    {
      name: 'a longer path before it',
      goMod: 'require (\n\ta.example/b/c v9.9.9\n\ta.example/b v1.2.3\n)\n',
    },
    { name: 'a replace line before it', goMod: 'replace a.example/b => ../b\nrequire a.example/b v1.2.3\n' },
  ];
  for (const { name, goMod } of rows) {
    it(`reads ${name}`, () => {
      expect(requiredVersion(goMod, 'a.example/b')).to.equal('v1.2.3');
    });
  }

  it('throws when the module is not required', () => {
    expect(() => requiredVersion('module x\n', 'a.example/b')).to.throw('does not require a.example/b');
  });
});

describe('linkerFlags', () => {
  it('tell kube-apiserver its version, without which charts refuse it', () => {
    expect(linkerFlags(TOOLS['kube-apiserver'], 'v1.36.4')).to.equal(
      [
        '-s -w',
        '-X k8s.io/component-base/version.gitVersion=v1.36.4',
        '-X k8s.io/component-base/version.gitMajor=1',
        '-X k8s.io/component-base/version.gitMinor=36',
        '-X k8s.io/component-base/version.gitTreeState=clean',
      ].join(' '),
    );
  });

  it('tell etcd nothing', () => {
    expect(linkerFlags(TOOLS.etcd, 'v3.6.14')).to.equal('-s -w');
  });
});

describe('buildFlags', () => {
  it('name the tags of the tool that needs a C compiler, and none for the others', () => {
    expect(buildFlags(TOOLS.gitea, 'v1.26.0')).to.include.members(['-tags', 'sqlite,sqlite_unlock_notify']);
    expect(buildFlags(TOOLS.etcd, 'v3.6.14')).to.deep.equal(['-trimpath', '-ldflags', '-s -w']);
  });
});

describe('findTool', () => {
  let dir: string;
  let machine: Machine;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tools-test-'));
    machine = { ...thisMachine(), env: {}, home: join(dir, 'home'), platform: 'linux-x64' };
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('knows a version of every tool from its go.mod', async () => {
    for (const name of TOOL_NAMES) {
      expect(await findTool(name, machine)).to.include({ name, present: false });
      expect((await findTool(name, machine)).version).to.match(/^v\d+\.\d+\.\d+$/);
    }
  });

  it('looks in ~/.cache, in a folder named by tool, version and a hash', async () => {
    const { path, version } = await findTool('etcd', machine);
    const folder = dirname(path);
    expect(path).to.equal(join(folder, 'etcd'));
    expect(dirname(folder)).to.equal(join(dir, 'home', '.cache', 'registry-push-check', 'tools'));
    expect(folder.split('/').at(-1)).to.match(new RegExp(`^etcd-${version}-[0-9a-f]{10}$`));
  });

  it('looks in XDG_CACHE_HOME when that is set', async () => {
    const { path } = await findTool('etcd', { ...machine, env: { XDG_CACHE_HOME: '/var/c' } });
    expect(path.startsWith('/var/c/registry-push-check/tools/etcd-v')).to.equal(true);
  });

  const changes: { name: string; change: (rooms: string) => Promise<Partial<Machine>> }[] = [
    { name: 'the platform', change: () => Promise.resolve({ platform: 'darwin-arm64' }) },
    { name: 'go.mod', change: (rooms) => room(rooms, { 'go.mod': `${goMod}// another\n` }) },
    { name: 'go.sum', change: (rooms) => room(rooms, { 'go.sum': 'another' }) },
    { name: 'a source file', change: (rooms) => room(rooms, { 'main.go': 'package main // another' }) },
  ];
  const goMod = 'module x\nrequire golang.org/x/crypto v0.1.2\n';
  const room = async (rooms: string, files: Record<string, string>): Promise<Partial<Machine>> => {
    await mkdir(join(rooms, 'htpasswd'), { recursive: true });
    for (const [name, text] of Object.entries({ 'go.mod': goMod, ...files })) {
      await writeFile(join(rooms, 'htpasswd', name), text);
    }
    return {};
  };
  for (const { name, change } of changes) {
    it(`looks elsewhere when ${name} changes`, async () => {
      const rooms = join(dir, 'rooms');
      await room(rooms, { 'go.sum': '', 'main.go': 'package main' });
      const before = await findTool('htpasswd', { ...machine, rooms });
      const after = await findTool('htpasswd', { ...machine, rooms, ...(await change(rooms)) });
      expect(after.path).to.not.equal(before.path);
    });
  }

  it('prefers KUBEBUILDER_ASSETS to the cache', async () => {
    const assets = await folderWith('etcd');
    const place = await findTool('etcd', { ...machine, env: { KUBEBUILDER_ASSETS: assets } });
    expect(place).to.deep.equal({
      name: 'etcd',
      version: 'given',
      path: join(assets, 'etcd'),
      present: true,
    });
  });

  it('falls through to the cache for what KUBEBUILDER_ASSETS lacks', async () => {
    const assets = await folderWith('etcd');
    const cached = await findTool('kubectl', machine);
    expect(await findTool('kubectl', { ...machine, env: { KUBEBUILDER_ASSETS: assets } })).to.deep.equal(
      cached,
    );
  });

  it('does not take from KUBEBUILDER_ASSETS what that convention does not know', async () => {
    const assets = await folderWith('crane');
    const place = await findTool('crane', { ...machine, env: { KUBEBUILDER_ASSETS: assets } });
    expect(place.present).to.equal(false);
  });

  it('does not take a file that cannot be executed', async () => {
    const assets = await folderWith('etcd');
    await chmod(join(assets, 'etcd'), 0o600);
    const place = await findTool('etcd', { ...machine, env: { KUBEBUILDER_ASSETS: assets } });
    expect(place.present).to.equal(false);
  });

  it('finds in the cache what was built', async () => {
    const { path } = await findTool('etcd', machine);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '', { mode: 0o755 });
    expect((await findTool('etcd', machine)).present).to.equal(true);
  });

  async function folderWith(name: ToolName): Promise<string> {
    const assets = join(dir, 'assets');
    await mkdir(assets, { recursive: true });
    await writeFile(join(assets, name), '', { mode: 0o755 });
    return assets;
  }

  async function fakeGo(build: string): Promise<string> {
    const bin = join(dir, 'bin');
    await mkdir(bin);
    const script = `#!/bin/sh\nif [ "$1" = env ]; then echo go1.26.8; exit 0; fi\n${build}\n`;
    await writeFile(join(bin, 'go'), script, { mode: 0o755 });
    return bin;
  }

  describe('ensureTools', () => {
    it('asks for nothing when all are there', async () => {
      const assets = await folderWith('etcd');
      const env = { PATH: '', KUBEBUILDER_ASSETS: assets };
      const steps: BuildStep[] = [];
      const paths = await ensureTools(['etcd'], (step) => steps.push(step), { ...machine, env });
      expect(paths).to.deep.equal({ etcd: join(assets, 'etcd') });
      expect(steps).to.deep.equal([]);
    });

    it('throws one sentence without Go on PATH', async () => {
      const failure = await failureOf(() => ensureTools(['etcd', 'crane'], () => {}, machine));
      expect(failure).to.equal(
        'Go 1.26 or newer is needed once to build etcd, crane: install it from https://go.dev/dl/.',
      );
    });

    it('shows the end of what Go said when a build fails, and leaves nothing in the cache', async () => {
      const bin = await fakeGo('echo "line one"; echo "undefined: x" >&2; exit 2');
      const steps: BuildStep['kind'][] = [];
      const failure = await failureOf(() =>
        ensureTools(['htpasswd'], ({ kind }) => steps.push(kind), { ...machine, env: { PATH: bin } }),
      );
      expect(failure).to.match(/^htpasswd v[\d.]+ could not be built:\n/);
      expect(failure.split('\n').slice(1).toSorted()).to.deep.equal(['line one', 'undefined: x']);
      expect(steps[0]).to.equal('started');
      expect((await findTool('htpasswd', machine)).present).to.equal(false);
    });

    it('builds what is missing, into the cache', async () => {
      const output = 'for last; do out=$prev; prev=$last; done; echo built > "$out"; chmod +x "$out"';
      const env = { PATH: `${await fakeGo(output)}:/usr/bin:/bin` };
      const steps: BuildStep['kind'][] = [];
      const paths = await ensureTools(['htpasswd'], ({ kind }) => steps.push(kind), { ...machine, env });
      expect(paths.htpasswd).to.equal((await findTool('htpasswd', machine)).path);
      expect((await findTool('htpasswd', machine)).present).to.equal(true);
      expect([steps[0], steps.at(-1)]).to.deep.equal(['started', 'done']);
    });
  });
});

describe('noGo', () => {
  const rows: { version: string | undefined; missing: ToolName[]; expected: string | undefined }[] = [
    { version: 'go1.26.0', missing: ['etcd'], expected: undefined },
    { version: 'go1.30', missing: ['etcd'], expected: undefined },
    { version: 'go2.0', missing: ['etcd'], expected: undefined },
    {
      version: undefined,
      missing: ['etcd', 'kubectl'],
      expected:
        'Go 1.26 or newer is needed once to build etcd, kubectl: install it from https://go.dev/dl/ or set KUBEBUILDER_ASSETS.',
    },
    {
      version: 'go1.25.9',
      missing: ['etcd', 'helm'],
      expected:
        'Go 1.26 or newer is needed once to build etcd, helm (this one is go1.25.9): install it from https://go.dev/dl/.',
    },
  ];
  for (const { version, missing, expected } of rows) {
    it(`says ${expected === undefined ? 'nothing' : 'what to do'} about ${version ?? 'no Go'}`, () => {
      expect(noGo(version, missing)).to.equal(expected);
    });
  }
});

describe('progressOn', () => {
  const steps: BuildStep[] = [
    { kind: 'started', name: 'etcd', version: 'v1.0.0', seconds: 0 },
    { kind: 'running', name: 'etcd', version: 'v1.0.0', seconds: 1 },
    { kind: 'running', name: 'etcd', version: 'v1.0.0', seconds: 15 },
    { kind: 'done', name: 'etcd', version: 'v1.0.0', seconds: 16 },
  ];
  const shown = (isTTY: boolean): string => {
    let text = '';
    const report = progressOn({ isTTY, write: (more: string) => (text += more) });
    for (const step of steps) report(step);
    return text;
  };

  it('writes a line every 15 s to a file', () => {
    expect(shown(false)).to.equal(
      'etcd v1.0.0: building, about 1 minute the first time\netcd v1.0.0: building, 15 s\netcd v1.0.0: built in 16 s\n',
    );
  });

  it('redraws one line on a terminal', () => {
    expect(shown(true).split('\r\u001b[K')).to.deep.equal([
      'etcd v1.0.0: building, about 1 minute the first time\n',
      'etcd v1.0.0: building, 1 s',
      'etcd v1.0.0: building, 15 s',
      'etcd v1.0.0: built in 16 s\n',
    ]);
  });
});

describe('table', () => {
  it('aligns name, version and path', () => {
    const text = table([
      { name: 'etcd', version: 'v3.6.14', path: '/a/etcd', present: true },
      { name: 'kube-apiserver', version: 'given', path: '/b', present: true },
    ]);
    expect(text).to.equal('etcd            v3.6.14  /a/etcd\nkube-apiserver  given    /b\n');
  });
});

async function failureOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
  throw new Error('it did not fail');
}
