import { BAD_PULLS } from './bad-pulls.ts';
import { BAD_URLS, LENGTH } from './bad-urls.ts';
import { CANARY, field, good, type BadSample } from './sample.ts';

const SECRET_NAME = 'must be the name of a Secret: lower-case letters, digits, - and .';
const REPOSITORY = 'must be made of lower-case letters and digits';
const DIGEST = `sha256:${'0'.repeat(64)}`;

const names: readonly BadSample[] = [
  ...field(
    'pushTestRepository',
    { empty: '', 'of 256 characters': 'a'.repeat(256), 'of 300 characters': 'a/'.repeat(150) },
    'must be 1 to 255 characters long',
  ),
  ...field(
    'pushTestRepository',
    { 'with scheme and password': `https://user:${CANARY}@registry.example.com/x` },
    'as the registry stands in registryUrl',
  ),
  ...field(
    'pushTestRepository',
    {
      'with a tag': 'team/app:latest',
      'with a digest': `team/app@${DIGEST}`,
      'with tag and digest': `team/app:1@${DIGEST}`,
      'with tag and upper case': 'Team/App:V1',
      'with a port': 'registry.example.com:5000/app',
    },
    'must be the repository only, without :tag and without @digest',
  ),
  ...field('pushTestRepository', { 'in upper case': 'Team/app' }, 'must be in lower case'),
  ...field(
    'pushTestRepository',
    {
      'that climbs': '../x',
      'with an empty segment': 'a//b',
      'with a leading slash': '/a',
      'with a trailing slash': 'a/',
      'with a triple underscore': 'a___b',
      'with two dots': 'a..b',
      'with a space': 'a b',
      'with a newline': 'a\n',
      'with a query': 'a?b',
      'with ü': 'büro/x',
      'with %2e': 'a/%2e%2e/b',
    },
    REPOSITORY,
  ),
  ...field('existingSecret', { empty: '' }, 'leave it out to probe without a credential'),
  ...field(
    'existingSecret',
    { 'of 254 characters': 'a'.repeat(254), 'of 300 characters': 'a'.repeat(300) },
    'must be at most 253 characters long',
  ),
  ...field(
    'existingSecret',
    { 'of another namespace': '../other-ns/x', 'with a namespace': 'other-ns/x' },
    'must be the name of a Secret in the namespace of this check',
  ),
  ...field(
    'existingSecret',
    {
      'in upper case': 'Push',
      'with _': 'a_b',
      'with - at its end': 'a-',
      'with ..': 'a..b',
      'of dots': '..',
    },
    SECRET_NAME,
  ),
];

const times: readonly BadSample[] = [
  ...field(
    'interval',
    {
      'of nothing': '0s',
      'of a second': '1s',
      'just too short': '59s999ms',
      'just too long': '168h0.001s',
      negative: '-5m',
      signed: '+5m',
      'in scientific notation': '1e9h',
      'that overflows': '99999999999h',
      'that overflows by repetition': '999999h'.repeat(4),
      'of a month': '720h',
      empty: '',
      'without unit': '600',
      'in days': '1d',
      'in two words': '10 m',
      'with a newline': '10m\n',
      'in words': 'hourly',
      'of 100 digits': `${'0'.repeat(100)}10m`,
    },
    'interval must be a duration from 1m to 168h',
  ),
  ...field(
    'timeout',
    {
      zero: '0',
      'of nothing': '0s',
      'too long': '10m',
      'just too long': '2m0.001s',
      'just too short': '999ms',
      empty: '',
    },
    'timeout must be a duration from 1s to 2m',
  ),
  ...field(
    'timeout',
    { 'too long, and longer than interval': '10m' },
    'timeout must be a duration from 1s to 2m',
    {
      with: { interval: '5m' },
    },
  ),
  ...field('timeout', { 'longer than interval': '90s' }, 'timeout must not be longer than interval', {
    with: { interval: '1m' },
  }),
  ...field(
    'retryInterval',
    { 'too short': '5s', 'too long': '25h', 'in words': 'soon', empty: '', negative: '-1m' },
    'retryInterval must be a duration from 10s to 24h',
  ),
  ...field(
    'retryInterval',
    { 'longer than interval': '11m' },
    'retryInterval must not be longer than interval',
    {
      with: { interval: '10m' },
    },
  ),
  ...field('schedule', { 'beside interval': '0 * * * *' }, 'set either schedule or interval, not both', {
    with: { interval: '10m' },
  }),
];

const FIVE = 'must be a cron expression with five fields';
const CRON = {
  by: 'run time',
  because: 'what the fields of a cron expression mean is evaluated there',
} as const;

const schedules: readonly BadSample[] = [
  ...field(
    'schedule',
    { 'of 101 characters': `0 0 ${'1,'.repeat(46)}1 * *` },
    'must be at most 100 characters long',
  ),
  ...field(
    'schedule',
    { 'of 1000 characters': `0 0 ${'1,'.repeat(496)}1 *` },
    'must be at most 100 characters long',
  ),
  ...field(
    'schedule',
    { 'with TZ': 'TZ=UTC 0 * * * *', 'with CRON_TZ': 'CRON_TZ=Asia/Tokyo 0 * * * *' },
    'set timeZone',
  ),
  ...field(
    'schedule',
    { 'with a nickname': '@hourly', 'with @every': '@every 1s' },
    'must be written in five fields',
  ),
  ...field(
    'schedule',
    {
      empty: '',
      'of one field': '*/0',
      'of four fields': '0 * * *',
      'of six fields': '0 0 * * * *',
      'with L': '0 0 L * *',
      'with #': '0 0 * * 5#2',
      'with ?': '0 0 ? * *',
      'with a newline': '0 * * * *\n',
      'with a tab': '0\t* * * *',
      'in words': 'every day at noon please',
    },
    FIVE,
  ),
  ...field(
    'schedule',
    {
      'with minute 61': '61 * * * *',
      'with hour 24': '0 24 * * *',
      'with step 0': '*/0 * * * *',
      'with a step from a number': '5/5 * * * *',
      'with a range backwards': '0 0 * * FRI-MON',
      'with no such day': '0 0 * * ABC',
      'with an empty part': '1,,2 * * * *',
      'with a negative number': '-1 * * * *',
    },
    FIVE,
    { only: CRON },
  ),
  ...field(
    'schedule',
    { 'on 30 February': '0 0 30 2 *', 'on the 31st of short months': '0 0 31 2,4,6,9,11 *' },
    'must fire at some time',
    { only: CRON },
  ),
  ...field('timeZone', { 'without schedule': 'Europe/Berlin' }, 'timeZone needs a schedule'),
  ...field(
    'timeZone',
    {
      empty: '',
      'as an offset': '+01:00',
      'that climbs': '../UTC',
      'too long': `Europe/${'a'.repeat(64)}`,
      'with a space': 'Europe/ Berlin',
    },
    'must be the IANA name of a time zone',
    { with: { schedule: '0 * * * *' } },
  ),
  ...field('timeZone', { unknown: 'Mars/Phobos', local: 'Local' }, 'must be a time zone that exists', {
    with: { schedule: '0 * * * *' },
    only: { by: 'run time', because: 'the rules of the API server have no list of time zones' },
  }),
];

const TYPE = 'must be of type';

const types: readonly BadSample[] = [
  ...field('interval', { 'as a number': 5 }, TYPE),
  ...field('registryUrl', { 'as a number': 5, 'as a list': [CANARY] }, TYPE),
  ...field('pushTestRepository', { 'as a list': ['a'] }, TYPE),
  ...field('existingSecret', { 'as a boolean': true }, TYPE),
  ...field('allowRepositoryCreation', { 'as a string': 'true' }, TYPE),
  ...field('suspend', { 'as a string': 'true' }, TYPE),
  ...field('failureThreshold', { 'as a string': '3', 'with a fraction': 1.5 }, TYPE),
  ...field('historyLimit', { 'as a boolean': false }, TYPE),
  { name: 'spec as a list', spec: [], field: 'spec', says: TYPE },
  ...field(
    'failureThreshold',
    { 'of 0': 0, negative: -1 },
    {
      atAdmission: 'should be greater than or equal to 1',
      atRunTime: 'must be a whole number from 1 to 10',
    },
  ),
  ...field(
    'failureThreshold',
    { 'of 11': 11 },
    {
      atAdmission: 'should be less than or equal to 10',
      atRunTime: 'must be a whole number from 1 to 10',
    },
  ),
  ...field(
    'historyLimit',
    { negative: -1 },
    {
      atAdmission: 'should be greater than or equal to 0',
      atRunTime: 'must be a whole number from 0 to 20',
    },
  ),
  ...field(
    'historyLimit',
    { 'of 21': 21 },
    {
      atAdmission: 'should be less than or equal to 20',
      atRunTime: 'must be a whole number from 0 to 20',
    },
  ),
];

const unknown: readonly BadSample[] = [
  ...['regisryUrl', 'existngSecret', 'insecureSkipVerify', 'namespace'].map((name) => ({
    name: `unknown field ${name}`,
    spec: good({ [name]: CANARY }),
    field: `spec.${name}`,
    says: `unknown field "spec.${name}"`,
    only: { by: 'admission' as const, because: 'the API server drops what the schema does not name' },
  })),
  {
    name: 'schedule of 100 kB',
    spec: good({ schedule: '0 '.repeat(50_000) }),
    field: 'spec.schedule',
    says: { atAdmission: 'Too long', atRunTime: 'must be at most 100 characters long' },
  },
  {
    name: 'registryUrl of 100 kB',
    spec: { registryUrl: `https://${CANARY.repeat(15_000)}` },
    field: 'spec.registryUrl',
    says: { atAdmission: 'Too long', atRunTime: LENGTH },
  },
];

/** Specs that must be refused, at admission and at run time alike. */
export const BAD_SAMPLES: readonly BadSample[] = [
  ...BAD_URLS,
  ...names,
  ...times,
  ...schedules,
  ...BAD_PULLS,
  ...types,
  ...unknown,
];
