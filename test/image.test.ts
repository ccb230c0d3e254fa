import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parseConfig } from '../src/config.ts';
import {
  copiesOf,
  isIgnored,
  parseDockerfile,
  textsOf,
  type Dockerfile,
  type Stage,
} from './support/dockerfile.ts';
import { NODE_FLAGS } from './support/operator.ts';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
}

async function readPackage(): Promise<Package> {
  return JSON.parse(await readFile('package.json', 'utf8')) as Package;
}

/** Every file of the repository that could come into a build context, but for what is too much to walk. */
async function repositoryFiles(): Promise<readonly string[]> {
  const top = await readdir('.', { withFileTypes: true });
  const walked = top.filter(({ name }) => !/^(?:node_modules|\.git|coverage|dist.*)$/.test(name));
  const files = await Promise.all(
    walked.map(async (entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const below = await readdir(entry.name, { recursive: true, withFileTypes: true });
      return below.filter((one) => one.isFile()).map((one) => `${one.parentPath}/${one.name}`);
    }),
  );
  return files.flat();
}

describe('the Dockerfile', () => {
  let file: Dockerfile;
  let build: Stage;
  let final: Stage;
  let ignore: string;

  before(async () => {
    file = parseDockerfile(await readFile('Dockerfile', 'utf8'));
    ignore = await readFile('.dockerignore', 'utf8');
    const [first, second, ...more] = file.stages;
    if (first === undefined || second === undefined || more.length > 0) throw new Error('not two stages');
    [build, final] = [first, second];
  });

  it('builds and runs on the Node that the tests run on, slim', async () => {
    const { optionalDependencies } = JSON.parse(await readFile('scripts/node/package.json', 'utf8')) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    const [version, ...others] = new Set(Object.values(optionalDependencies));
    expect(others).to.deep.equal([]);
    expect(file.args.map(({ text }) => text)).to.deep.equal([`NODE_VERSION=${String(version)}`]);
    // oxlint-disable-next-line no-template-curly-in-string -- Docker's own variables
    expect([build.base, final.base]).to.deep.equal([
      'node:${NODE_VERSION}-slim',
      'node:${NODE_VERSION}-slim',
    ]);
  });

  it('runs two commands in all, and none in the image that ships', async () => {
    expect(textsOf(build, 'RUN')).to.deep.equal(['npm ci --workspaces=false', 'npm run build']);
    expect((await readPackage()).scripts['build']).to.equal('node scripts/build.ts');
    expect(textsOf(final, 'RUN')).to.deep.equal([]);
    for (const keyword of ['ADD', 'ONBUILD', 'SHELL', 'VOLUME', 'HEALTHCHECK']) {
      for (const stage of file.stages) expect(textsOf(stage, keyword), keyword).to.deep.equal([]);
    }
  });

  it('ships the bundle and the licence, and nothing else', () => {
    expect(copiesOf(final)).to.deep.equal([
      { from: undefined, sources: ['LICENSE'], target: './' },
      { from: build.name, sources: ['/src/dist/'], target: 'dist/' },
    ]);
    expect(textsOf(build, 'WORKDIR')).to.deep.equal(['/src']);
    expect(textsOf(final, 'WORKDIR')).to.deep.equal(['/app']);
  });

  it('L5: starts Node without a shell, with the flags that the tests run with, as the operator', () => {
    const [entry = '', ...others] = textsOf(final, 'ENTRYPOINT');
    expect(others).to.deep.equal([]);
    expect(JSON.parse(entry)).to.deep.equal(['node', ...NODE_FLAGS, '/app/dist/cli.js']);
    expect(textsOf(final, 'CMD').map((text): unknown => JSON.parse(text))).to.deep.equal([['controller']]);
  });

  it('runs as nobody, by number', () => {
    expect(textsOf(final, 'USER')).to.deep.equal(['65532:65532']);
    const [last] = final.instructions
      .filter(({ keyword }) => /^(?:COPY|RUN|USER)$/.test(keyword))
      .toReversed();
    expect(last?.keyword).to.equal('USER');
  });

  it('sets no variable but what Node and the version need: no secret can come in', () => {
    expect(textsOf(final, 'ENV')).to.deep.equal(['NODE_ENV=production']);
    expect(textsOf(final, 'ARG')).to.deep.equal(['NODE_VERSION']);
    expect([...textsOf(build, 'ENV'), ...textsOf(build, 'ARG')]).to.deep.equal([]);
  });

  it('tells the port of the default configuration', () => {
    expect(textsOf(final, 'EXPOSE')).to.deep.equal([String(parseConfig('').server.port)]);
  });

  it('is labelled with what the package says of itself', async () => {
    const { name, description, version, license } = await readPackage();
    const labels = textsOf(final, 'LABEL').flatMap((text) => [
      ...text.matchAll(/org\.opencontainers\.image\.([a-z.]+)="([^"]*)"/g),
    ]);
    expect(Object.fromEntries(labels.map(([, key, value]) => [key, value]))).to.deep.equal({
      title: name,
      description,
      version,
      licenses: license,
      // oxlint-disable-next-line no-template-curly-in-string -- Docker's own variable
      'base.name': 'docker.io/library/node:${NODE_VERSION}-slim',
    });
  });

  it('gets from the build context all that it copies, and the context holds nothing else', async () => {
    const sources = [...copiesOf(build), ...copiesOf(final)]
      .filter(({ from }) => from === undefined)
      .flatMap((copy) => copy.sources);
    const files = await repositoryFiles();
    const covers = (source: string) => (path: string) =>
      source.endsWith('/') ? path.startsWith(source) : path === source;
    const isCopied = (path: string): boolean => sources.some((source) => covers(source)(path));
    for (const source of sources) expect(files.filter(covers(source)), source).to.not.deep.equal([]);
    const wrong = files.filter((path) => isCopied(path) === isIgnored(ignore, path));
    expect(wrong).to.deep.equal([]);
    for (const path of ['.git/config', 'node_modules/a/b.js', 'dist/cli.js', '.env', 'kubeconfig', 'id_rsa'])
      expect(isIgnored(ignore, path), path).to.equal(true);
  });
});

describe('isIgnored', () => {
  // https://docs.docker.com/build/concepts/context/#dockerignore-files
  const ignore = '# all\n*\n!src\n!docs/*.md\nsrc/**/*.log\n!src/keep.log\n';
  const rows: readonly (readonly [path: string, ignored: boolean])[] = [
    ['a', true],
    ['.env', true],
    ['a/b/c', true],
    ['src', false],
    ['src/a/b.ts', false],
    ['srcs/a.ts', true],
    ['src/a/b.log', true],
    ['src/keep.log', false],
    ['docs/a.md', false],
    ['docs/a/b.md', true],
    ['docs/axmd', true],
  ];
  for (const [path, ignored] of rows) {
    it(`${ignored ? 'leaves out' : 'lets in'} ${path}`, () => {
      expect(isIgnored(ignore, path)).to.equal(ignored);
    });
  }
});

describe('parseDockerfile', () => {
  it('joins lines, drops comments and tells stages apart', () => {
    const text = 'ARG A=1\n# x\nFROM a AS b\nRUN x \\\n# y\n  z\n\nfrom c\ncopy --from=b /d e/ f/\n';
    const { args, stages } = parseDockerfile(text);
    expect(args).to.deep.equal([{ keyword: 'ARG', text: 'A=1' }]);
    expect(stages.map(({ name, base }) => [name, base])).to.deep.equal([
      ['b', 'a'],
      ['', 'c'],
    ]);
    const [first, second] = stages;
    expect(first && textsOf(first, 'RUN')[0]?.split(/\s+/)).to.deep.equal(['x', 'z']);
    expect(second && copiesOf(second)).to.deep.equal([{ from: 'b', sources: ['/d', 'e/'], target: 'f/' }]);
  });
});
