import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';

/** What every room may import. */
const FOR_ALL: readonly string[] = ['clock.ts', 'json.ts', 'nearest.ts', 'retry-after.ts', 'text.ts'];

/** Which room may import which: what is not here is not allowed. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  api: [],
  registry: [],
  kube: [],
  check: ['registry'],
  probing: ['check'],
  controller: ['api', 'check', 'probing', 'registry', 'kube'],
};

/** Packages that only these files may speak to. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  axios: ['registry/http.ts', 'registry/adapter.ts'],
  tldts: ['registry/binding.ts'],
  '@kubernetes/client-node': ['kube/access.ts'],
  croner: ['api/schedule.ts'],
  'prom-client': ['metrics.ts'],
  winston: ['log.ts'],
  yaml: ['config.ts', 'cli/crd.ts', 'cli/check-file.ts', 'cli/output.ts'],
};

/** What would make a room depend on this machine instead of on its parameters. */
const AMBIENT = /\b(?:Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|process\.env)\b/;

/** Files at the top of src are entry points and what they share. */
interface Source {
  readonly file: string;
  readonly room: string | undefined;
  readonly text: string;
  readonly imports: readonly string[];
}

async function sources(): Promise<readonly Source[]> {
  const files = (await readdir('src', { recursive: true })).filter((file) => file.endsWith('.ts'));
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join('src', file), 'utf8');
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name);
      return { file, room: file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined, text, imports };
    }),
  );
}

describe('the rooms of src', () => {
  let all: readonly Source[];
  before(async () => {
    all = await sources();
  });

  it('E2: import only the rooms that the table allows', () => {
    const wrong = all.flatMap(({ file, room, imports }) => {
      if (room === undefined || room === 'cli') return [];
      const allowed = [...(ROOMS[room] ?? []), room];
      return imports
        .filter((name) => name.startsWith('.'))
        .map((name) => join('src', file, '..', name).replace(/^src\//, ''))
        .filter((target) => !FOR_ALL.includes(target) && !allowed.includes(target.split('/')[0] ?? ''))
        .map((target) => `${file} → ${target}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('find in the files for all nothing but what is for all', () => {
    const shared = all.filter(({ file }) => FOR_ALL.includes(file));
    expect(shared.map(({ file }) => file)).to.have.members(FOR_ALL);
    const wrong = shared.flatMap(({ file, imports }) =>
      imports
        .filter((name) => !FOR_ALL.includes(name.replace(/^\.\//, '')))
        .map((name) => `${file} → ${name}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('are all in the table', () => {
    const rooms = new Set(all.flatMap(({ room }) => (room === undefined || room === 'cli' ? [] : [room])));
    expect([...rooms].toSorted()).to.deep.equal(Object.keys(ROOMS).toSorted());
  });

  it('leave each package to one file', () => {
    const owned = all.flatMap(({ file, imports }) =>
      imports.flatMap((name) => {
        const owner = Object.keys(OWNERS).find((key) => name === key || name.startsWith(`${key}/`));
        return owner === undefined || OWNERS[owner]?.includes(file) === true ? [] : [`${file} → ${name}`];
      }),
    );
    expect(owned).to.deep.equal([]);
    const used = new Set(all.flatMap(({ imports }) => imports));
    for (const name of Object.keys(OWNERS))
      expect(
        [...used].some((one) => one.startsWith(name)),
        name,
      ).to.equal(true);
  });

  it('take time, chance and environment as parameters', () => {
    const ambient = all
      .filter(({ room }) => room !== undefined && room !== 'cli')
      .filter(({ text }) => AMBIENT.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')));
    expect(ambient.map(({ file }) => file)).to.deep.equal([]);
  });

  it('keep files small', () => {
    const long = all.filter(({ file, text }) => !file.endsWith('.gen.ts') && text.split('\n').length > 301);
    expect(long.map(({ file }) => file)).to.deep.equal([]);
  });

  it('have no file that could hold anything', () => {
    const names = all.map(({ file }) => file.split('/').at(-1) ?? '');
    expect(names.filter((name) => /^(?:index|utils?|helpers?|common|types)\.ts$/.test(name))).to.deep.equal(
      [],
    );
  });

  it('document every export', () => {
    const bare = all.flatMap(({ file, text }) =>
      file.endsWith('.gen.ts')
        ? []
        : [...text.matchAll(/(.*)\n(export (?!\{|type \{|\*).*)/g)]
            .filter(([, line = '']) => !/\*\/\s*$/.test(line))
            .map(([, , line = '']) => `${file}: ${line}`),
    );
    expect(bare).to.deep.equal([]);
  });
});
