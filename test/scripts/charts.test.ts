import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { CHARTS, valuesOf, withSpec, withTable } from '../../scripts/charts.ts';
import { CRD_FILE } from '../api/crd.ts';
import { GOOD_SAMPLES } from '../api/good-samples.ts';

describe('valuesOf', () => {
  it('finds each value with its default and its comment', () => {
    const text = [
      '# About the file.',
      '',
      '# The first.',
      'first: ""',
      'group:',
      '  # The inner one,',
      '  # on two lines.',
      '  inner: 3',
      '  # A list.',
      '  list: [a, b]',
      '# A map as one value.',
      'map:',
      '  key: word',
      '# Nothing yet.',
      'empty: {}',
    ].join('\n');
    expect(valuesOf(text)).to.deep.equal([
      { path: 'first', initial: '""', meaning: 'The first.' },
      { path: 'group.inner', initial: '3', meaning: 'The inner one, on two lines.' },
      { path: 'group.list', initial: '["a","b"]', meaning: 'A list.' },
      { path: 'map', initial: '{"key":"word"}', meaning: 'A map as one value.' },
      { path: 'empty', initial: '{}', meaning: 'Nothing yet.' },
    ]);
  });

  it('refuses a value without a comment', () => {
    expect(() => valuesOf('# One.\none: 1\ntwo: 2\n')).to.throw('two has no comment');
    expect(() => valuesOf('# Both.\ngroup:\n  # One.\n  one: 1\n  two: 2\n')).to.throw(
      'group.two has no comment',
    );
  });
});

describe('withTable', () => {
  it('replaces what stands between its marks, and nothing else', () => {
    const text = 'above\n<!-- values: npm run generate -->\nold\n<!-- end of values -->\nbelow\n';
    const table = withTable(text, [{ path: 'a.b', initial: '$&', meaning: 'this | that' }]);
    expect(table)
      .to.match(/^above\n/)
      .and.match(/\nbelow\n$/)
      .and.not.include('old');
    expect(table).to.include('| `a.b` | `$&` | this \\| that |');
    expect(withTable(table, [{ path: 'a.b', initial: '$&', meaning: 'this | that' }])).to.equal(table);
  });

  it('refuses a text without marks', () => {
    expect(() => withTable('nothing', [])).to.throw('no place');
  });
});

describe('withSpec', () => {
  let spec: { readonly [keyword: string]: unknown };
  before(async () => {
    const schema = withSpec('{"definitions": {"other": {}, "spec": {}}}', await readFile(CRD_FILE, 'utf8'));
    const { definitions } = JSON.parse(schema) as { readonly definitions: { readonly spec: typeof spec } };
    expect(definitions).to.have.keys(['other', 'spec']);
    ({ spec } = definitions);
  });

  it('takes every spec that the kind takes', () => {
    const valid = new Ajv({ strict: true }).compile(spec);
    // A null stands for a field that is not set: in values that is a line less.
    const samples = Object.entries(GOOD_SAMPLES).filter(
      ([, sample]) => !JSON.stringify(sample).includes('null'),
    );
    expect(samples).to.have.length.greaterThan(30);
    for (const [name, sample] of samples) {
      expect(valid(sample), `${name}: ${JSON.stringify(valid.errors)}`).to.equal(true);
    }
  });

  it('takes parts of a spec, but no key that the kind does not have', () => {
    const valid = new Ajv({ strict: true }).compile(spec);
    expect(valid({})).to.equal(true);
    expect(valid({ intervall: '1h' })).to.equal(false);
    expect(valid({ pull: { repository: 'a', tag: 'b' } })).to.equal(false);
    expect(valid({ historyLimit: 'five' })).to.equal(false);
  });

  it('holds nothing that only Kubernetes understands', () => {
    expect(JSON.stringify(spec)).not.to.include('x-kubernetes');
  });
});

describe('the schema of the values of every chart', () => {
  for (const chart of CHARTS) {
    it(`of ${chart} names every key, and takes no other`, async () => {
      const schema = JSON.parse(await readFile(`charts/${chart}/values.schema.json`, 'utf8')) as Schema;
      expect(new Ajv({ strict: false }).validateSchema(schema)).to.equal(true);
      const open = [...objectsOf(schema)].filter(([, node]) => node.additionalProperties !== false);
      expect(open.map(([path]) => path)).to.deep.equal([]);
    });
  }
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema | boolean>>;
  readonly items?: Schema;
  readonly additionalProperties?: unknown;
  readonly allOf?: unknown;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Every node that lists properties; what only narrows another definition leaves the other keys to that. */
function* objectsOf(schema: Schema, path = ''): Generator<readonly [path: string, node: Schema]> {
  if (schema.properties !== undefined && schema.allOf === undefined) yield [path, schema];
  for (const [name, below] of Object.entries({ ...schema.properties, ...schema.definitions })) {
    if (typeof below !== 'boolean') yield* objectsOf(below, `${path}/${name}`);
  }
  if (schema.items !== undefined) yield* objectsOf(schema.items, `${path}[]`);
}
