import { expect } from 'chai';
import { stringify } from 'yaml';
import { readCheckFile } from '../../src/cli/check-file.ts';
import { UsageError } from '../../src/cli/check-options.ts';
import { check, login, type Manifest } from '../support/manifests.ts';

const URL = { registryUrl: 'https://registry.example.com' };

function yaml(...objects: readonly unknown[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}

function read(text: string): ReturnType<typeof readCheckFile> {
  return readCheckFile(text, 'checks.yaml', 'default');
}

function problemsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

const secret = (over: Manifest): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'login' },
  ...over,
});

describe('readCheckFile', () => {
  it('finds checks and Secrets among other kinds, comments and empty documents', () => {
    const other = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: {} };
    const text = `# first\n---\n${yaml(check('team', 'one', URL), other, login('team', 'login', 'h', 'u', 'p'))}---\n---\n${yaml(check('team', 'two', URL))}`;
    const { checks, secrets } = read(text);
    expect(checks.map(({ check: { metadata }, where }) => [metadata.name, where])).to.deep.equal([
      ['one', 'checks.yaml, document 1'],
      ['two', 'checks.yaml, document 5'],
    ]);
    expect([...secrets.keys()]).to.deep.equal(['team/login']);
  });

  it('opens Lists', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [check('a', 'x', URL), check('b', 'x', URL)] };
    const { checks } = read(JSON.stringify(list));
    expect(checks.map(({ check: { metadata } }) => metadata.namespace)).to.deep.equal(['a', 'b']);
    expect(checks[1]?.where).to.equal('checks.yaml, document 1, item 2');
  });

  it('puts what names no namespace into the given one', () => {
    const text = yaml({ ...check('', 'x', URL), metadata: { name: 'x' } }, secret({}));
    const { checks, secrets } = readCheckFile(text, 'f', 'team');
    expect(checks[0]?.check.metadata.namespace).to.equal('team');
    expect([...secrets.keys()]).to.deep.equal(['team/login']);
  });

  it('takes stringData before data, as the API server does, and annotations', () => {
    const metadata = { name: 'login', annotations: { 'doctor.stella-ops.org/registries': 'h' } };
    const data = { password: 'b2xk', username: 'Y2k=\n' };
    const text = yaml(
      check('default', 'x', URL),
      secret({ data, stringData: { password: 'new' }, metadata }),
    );
    expect(read(text).secrets.get('default/login')).to.deep.equal({
      type: '',
      data: { password: 'bmV3', username: 'Y2k=\n' },
      annotations: metadata.annotations,
    });
  });

  it('keeps of a spec what is set', () => {
    const more = { interval: '5m', allowRepositoryCreation: true };
    const text = yaml(check('default', 'x', { ...URL, ...more, pull: null }));
    expect(read(text).checks[0]?.check.spec).to.deep.equal({ ...URL, ...more });
  });

  it('takes an object as the API server gives it', () => {
    const metadata = { name: 'x', managedFields: [], generation: 3 };
    const text = yaml({ ...check('default', 'x', URL), metadata, status: { conditions: [] } });
    expect(read(text).checks).to.have.lengthOf(1);
  });

  const one = check('default', 'x', URL);
  const wrong: readonly (readonly [name: string, text: string, says: RegExp])[] = [
    [
      'no check',
      yaml(secret({})),
      /^checks\.yaml has no RegistryPushCheck \(doctor\.stella-ops\.org\/v1alpha1\)$/,
    ],
    ['nothing', '', /^checks\.yaml has no RegistryPushCheck/],
    ['what is no YAML', 'a: "hunter2', /^checks\.yaml: line 1: not valid YAML \([A-Z_]+\)$/],
    ['a key twice', `${yaml(one)}kind: hunter2\n`, /^checks\.yaml: line \d+: the key was set before$/],
    ['text', 'hunter2', /^checks\.yaml, document 1: it must be an object of Kubernetes$/],
    [
      'too many aliases',
      bomb(),
      /^checks\.yaml, document 1: its aliases cannot be resolved, or are too many$/,
    ],
    [
      'another version',
      yaml({ ...one, apiVersion: 'doctor.stella-ops.org/v9' }),
      /document 1: apiVersion must be doctor/,
    ],
    ['no name', yaml({ ...one, metadata: {} }), /document 1: metadata\.name must be/],
    [
      'a name that is none',
      yaml({ ...one, metadata: { name: 'hunter2\u001B[31m' } }),
      /metadata\.name must be/,
    ],
    ['a namespace that is none', yaml(check('Hunter2', 'x', URL)), /metadata\.namespace must be the name/],
    ['a check twice', yaml(one, one), /document 2: RegistryPushCheck default\/x was there before$/],
    ['no spec', yaml({ ...one, spec: undefined }), /document 1: spec: spec must be of type object$/],
    ['no URL', yaml(check('default', 'x', {})), /document 1: spec\.registryUrl: registryUrl must be set/],
    [
      'a login in the URL',
      yaml(check('default', 'x', { registryUrl: 'https://u:hunter2@h' })),
      /document 1: spec\.registryUrl: registryUrl must not hold/,
    ],
    [
      'a field that breaks a rule',
      yaml(check('default', 'x', { ...URL, interval: 'hunter2' })),
      /document 1: spec\.interval: interval must be a duration/,
    ],
    [
      'a misspelt field',
      yaml(check('default', 'x', { ...URL, pushTstRepository: 'hunter2' })),
      /^checks\.yaml, document 1: spec\.pushTstRepository: unknown field; did you mean pushTestRepository\?$/,
    ],
    [
      'a field in other letters, rather than that it is missing',
      yaml(check('default', 'x', { registryURL: 'hunter2' })),
      /document 1: spec\.registryURL: unknown field; did you mean registryUrl\?$/,
    ],
    [
      'half the name of a field',
      yaml(check('default', 'x', { ...URL, secret: 'hunter2' })),
      /spec\.secret: unknown field; did you mean existingSecret\?$/,
    ],
    [
      'a field that nothing is near',
      yaml(check('default', 'x', { ...URL, colour: 'hunter2' })),
      /spec\.colour: unknown field; known fields: registryUrl, .*, pull, .*historyLimit$/,
    ],
    [
      'an unknown field without a value',
      yaml(check('default', 'x', { ...URL, colour: null })),
      /spec\.colour: unknown field/,
    ],
    [
      'a field of another shape than a name',
      yaml(check('default', 'x', { ...URL, 'hunter2\u001B': 1 })),
      /spec\.\(a key\): unknown field/,
    ],
    [
      'an unknown field of the pull',
      yaml(check('default', 'x', { ...URL, pull: { repository: 'a', tag: 'hunter2' } })),
      /spec\.pull\.tag: unknown field; known fields: repository, reference$/,
    ],
    [
      'a field beside the spec',
      yaml({ ...one, specs: { password: 'hunter2' } }),
      /document 1: specs: unknown field; did you mean spec\?$/,
    ],
    [
      'data that is no text',
      yaml(one, secret({ data: { password: 4711 } })),
      /data\.password must be a string/,
    ],
    [
      'data that is no map',
      yaml(one, secret({ data: ['hunter2'] })),
      /document 2: data must be a map of strings$/,
    ],
    [
      'data that is no base64',
      yaml(one, secret({ data: { password: 'hunter2!' } })),
      /document 2: data\.password is not base64: plain text belongs into stringData$/,
    ],
    [
      'a number in stringData',
      yaml(one, secret({ stringData: { password: 4711 } })),
      /stringData\.password must be a string: put it in quotes$/,
    ],
    ['a type that is no text', yaml(one, secret({ type: 7 })), /document 2: type must be a string$/],
  ];
  for (const [name, text, says] of wrong) {
    it(`L8: refuses ${name}, and repeats nothing of it`, () => {
      const [problem, ...more] = problemsOf(text);
      expect(more).to.deep.equal([]);
      expect(problem)
        .to.match(says)
        .and.not.match(/hunter2|4711/i)
        .and.not.include('\u001B');
    });
  }

  it('does not name unknown fields for ever', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`colour${at}`, 1]));
    expect(problemsOf(yaml(check('default', 'x', { ...URL, ...many })))).to.have.lengthOf(20);
  });

  it('names everything that is wrong at once', () => {
    const text = yaml(check('default', 'a', {}), check('default', 'b', { ...URL, timeout: 'x' }));
    expect(problemsOf(text)).to.have.lengthOf(2);
  });
});

/** A small text that YAML makes an endless one of. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 9; n += 1)
    lines.push(`a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]`);
  return lines.join('\n');
}
