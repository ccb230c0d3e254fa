import { CANARY, good, type BadSample } from './sample.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** One sample for each value of a field of `spec.pull`, named after what is special about it. */
function pulls(
  name: 'repository' | 'reference',
  values: Readonly<Record<string, unknown>>,
  says: BadSample['says'],
): readonly BadSample[] {
  return Object.entries(values).map(([what, value]) => ({
    name: `pull.${name} ${what}`,
    spec: good({ pull: { repository: 'team/base', [name]: value } }),
    field: `spec.pull.${name}`,
    says,
  }));
}

const repositories: readonly BadSample[] = [
  ...pulls(
    'repository',
    { empty: '', 'of 256 characters': 'a'.repeat(256) },
    'pull.repository must be 1 to 255 characters long',
  ),
  ...pulls(
    'repository',
    { 'with scheme and password': `https://user:${CANARY}@registry.example.com/x` },
    'as the registry stands in registryUrl',
  ),
  ...pulls(
    'repository',
    {
      'with a tag': 'team/base:latest',
      'with a digest': `team/base@${DIGEST}`,
      'with tag and digest': `team/base:1@${DIGEST}`,
      'with a port': 'registry.example.com:5000/base',
    },
    'as :tag or @digest belongs into pull.reference',
  ),
  ...pulls('repository', { 'in upper case': 'Team/base' }, 'pull.repository must be in lower case'),
  ...pulls(
    'repository',
    {
      'that climbs': '../x',
      'with an empty segment': 'a//b',
      'with a newline': 'a\n',
      'with a query': 'a?b',
      'with %2e': 'a/%2e%2e/b',
    },
    'pull.repository must be made of lower-case letters and digits',
  ),
];

const references: readonly BadSample[] = [
  ...pulls(
    'reference',
    { empty: '', 'of 201 characters': `sha512:${'0'.repeat(194)}`, 'of 1000 characters': 'a'.repeat(1000) },
    'pull.reference must be 1 to 200 characters long',
  ),
  ...pulls(
    'reference',
    { 'with tag and digest': `latest@${DIGEST}`, 'with @ before the digest': `@${DIGEST}` },
    'pull.reference must be either a tag or a digest',
  ),
  ...pulls(
    'reference',
    { 'that climbs': '../../x', 'with a repository': 'team/base:latest', 'with a slash': 'a/' },
    'pull.reference must be the tag or digest only, without slashes',
  ),
  ...pulls(
    'reference',
    {
      'with a leading colon': ':latest',
      'with a repository of one part': 'base:latest',
      'that is a digest cut short': 'sha256:0000',
      'that is a digest of 63 digits': DIGEST.slice(0, -1),
      'that is a digest in upper case': `sha256:${'A'.repeat(64)}`,
      'that is another digest cut short': 'sha512:00',
      'that is a digest without algorithm': `:${'0'.repeat(64)}`,
    },
    'a tag without colon or a whole digest: sha256: and 64 digits',
  ),
  ...pulls(
    'reference',
    {
      'of dots': '..',
      'with a leading hyphen': '-a',
      'with a leading dot': '.a',
      'of 129 characters': 'a'.repeat(129),
      'with a space': 'a b',
      'with a newline': 'latest\n',
      'with a query': 'latest?x=1',
      'with a fragment': 'latest#x',
      'with %2f': '..%2f..%2fx',
      'with a backslash': '..\\x',
      'with ü': 'für',
    },
    'pull.reference must be a tag of at most 128 letters',
  ),
];

const TYPE = 'must be of type';

/** Values of `spec.pull` that must be refused. */
export const BAD_PULLS: readonly BadSample[] = [
  ...repositories,
  ...references,
  ...pulls('repository', { 'as a list': ['a'] }, TYPE),
  ...pulls('reference', { 'as a number': 1.2 }, TYPE),
  { name: 'pull as a string', spec: good({ pull: CANARY }), field: 'spec.pull', says: TYPE },
  { name: 'pull as a list', spec: good({ pull: [CANARY] }), field: 'spec.pull', says: TYPE },
  ...[{}, { reference: 'latest' }].map((pull) => ({
    name: `pull without repository, ${JSON.stringify(pull)}`,
    spec: good({ pull }),
    field: 'spec.pull.repository',
    says: { atAdmission: 'Required value', atRunTime: 'pull.repository must be set' },
  })),
  {
    name: 'pull.reference of 10 kB',
    spec: good({ pull: { repository: 'team/base', reference: CANARY.repeat(1500) } }),
    field: 'spec.pull.reference',
    says: { atAdmission: 'Too long', atRunTime: 'must be 1 to 200 characters long' },
  },
  {
    name: 'unknown field pull.tag',
    spec: good({ pull: { repository: 'team/base', tag: CANARY } }),
    field: 'spec.pull.tag',
    says: 'unknown field "spec.pull.tag"',
    only: { by: 'admission', because: 'the API server drops what the schema does not name' },
  },
];
