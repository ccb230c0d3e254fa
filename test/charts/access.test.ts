import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { apply, install } from '../cluster/fixture.ts';
import { lab } from '../support/lab.ts';
import { namespace } from '../support/manifests.ts';
import { template, type Rendered, type Values } from './helm.ts';
import { MODES } from './modes.ts';

const OTHER = 'charts-other';
const NAMESPACES = ['charts', 'charts-a', OTHER] as const;

/** How long the API server may take to notice new roles. */
const PATIENCE_MS = 15_000;

const CHECKS = [
  'create events.k8s.io/events',
  'get doctor.stella-ops.org/registrypushchecks',
  'list doctor.stella-ops.org/registrypushchecks',
  'patch doctor.stella-ops.org/registrypushchecks/status',
  'patch events.k8s.io/events',
  'watch doctor.stella-ops.org/registrypushchecks',
];
const ALL_SECRETS = 'get /secrets';

/** What the operator may do in each namespace, in each mode: all of it. */
const MAY: Readonly<Record<keyof typeof MODES, Readonly<Record<(typeof NAMESPACES)[number], readonly string[]>>>> =
  {
    'all namespaces, Secrets of the release’s own': {
      charts: [...CHECKS, ALL_SECRETS],
      'charts-a': CHECKS,
      [OTHER]: CHECKS,
    },
    'all namespaces, Secrets of some': {
      charts: [...CHECKS, ALL_SECRETS],
      'charts-a': [...CHECKS, ALL_SECRETS],
      [OTHER]: CHECKS,
    },
    'all namespaces, named Secrets': {
      charts: [...CHECKS, 'get /secrets second', 'get /secrets team-login'],
      'charts-a': [...CHECKS, 'get /secrets login'],
      [OTHER]: CHECKS,
    },
    'all namespaces, all Secrets': {
      charts: [...CHECKS, ALL_SECRETS],
      'charts-a': [...CHECKS, ALL_SECRETS],
      [OTHER]: [...CHECKS, ALL_SECRETS],
    },
    'some namespaces, their Secrets': {
      charts: [...CHECKS, ALL_SECRETS],
      'charts-a': [...CHECKS, ALL_SECRETS],
      [OTHER]: [],
    },
    'some namespaces, named Secrets': {
      charts: [...CHECKS, 'get /secrets team-login'],
      'charts-a': CHECKS,
      [OTHER]: [],
    },
  };

/** What would hurt most, asked one by one. */
const NEVER: readonly Attributes[] = [
  { verb: 'list', resource: 'secrets' },
  { verb: 'watch', resource: 'secrets' },
  { verb: 'patch', resource: 'secrets', name: 'team-login' },
  { verb: 'create', resource: 'secrets' },
  { verb: 'delete', resource: 'secrets', name: 'team-login' },
  { verb: 'get', resource: 'configmaps', name: 'rpc-registry-push-check' },
  { verb: 'create', resource: 'pods' },
  { verb: 'create', resource: 'pods', subresource: 'exec' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', name: 'default' },
  { verb: 'impersonate', resource: 'users', name: 'admin' },
  { verb: 'impersonate', resource: 'serviceaccounts', name: 'default' },
  { verb: 'create', group: 'apps', resource: 'deployments' },
  { verb: 'bind', group: 'rbac.authorization.k8s.io', resource: 'clusterroles', name: 'cluster-admin' },
  { verb: 'escalate', group: 'rbac.authorization.k8s.io', resource: 'roles' },
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'rolebindings' },
  { verb: 'patch', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { verb: 'create', group: 'doctor.stella-ops.org', resource: 'registrypushchecks' },
  { verb: 'patch', group: 'doctor.stella-ops.org', resource: 'registrypushchecks' },
  { verb: 'delete', group: 'doctor.stella-ops.org', resource: 'registrypushchecks' },
  { verb: 'update', group: 'doctor.stella-ops.org', resource: 'registrypushchecks', subresource: 'status' },
  { verb: 'list', group: 'events.k8s.io', resource: 'events' },
  { verb: 'delete', group: 'events.k8s.io', resource: 'events' },
];

describe('the API server, asked by the service accounts of the chart', function () {
  this.timeout(60_000);
  const releases = Object.keys(MODES).map((mode, at) => ({ mode, release: `mode-${at}` }));
  let applied: readonly Rendered[] = [];

  before(async () => {
    await install();
    await apply(...NAMESPACES.map(namespace));
    const modes: Readonly<Record<string, Values>> = MODES;
    const rendered = await Promise.all(
      releases.map(({ mode, release }) => template(modes[mode] ?? {}, { release })),
    );
    applied = rendered.flat().filter(({ kind }) => /Role|ServiceAccount/.test(kind));
    await apply(...applied);
  });
  after(async () => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: applied });
    await lab().controlPlane.kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], { input });
  });

  for (const { mode, release } of releases) {
    it(`allows the operator what it needs, and nothing else: ${mode}`, async () => {
      const expected = MAY[mode as keyof typeof MODES];
      for (const ns of NAMESPACES) {
        await eventually(`${release}-registry-push-check`, ns, expected[ns]);
      }
    });
  }

  it('denies the operator even in the widest mode what would hurt most', async () => {
    const { release } = releases.find(({ mode }) => mode === 'all namespaces, all Secrets') ?? { release: '' };
    const get = { verb: 'get', resource: 'secrets', name: 'any' };
    const answers = await mayEach(`${release}-registry-push-check`, 'charts', [get, ...NEVER]);
    expect(answers).to.deep.equal([true, ...NEVER.map(() => false)]);
  });

  it('allows the hook the one definition, and nothing else', async () => {
    const crd = 'apiextensions.k8s.io/customresourcedefinitions registrypushchecks.doctor.stella-ops.org';
    await eventually('mode-0-registry-push-check-crds', 'charts', [
      `create ${crd}`,
      `get ${crd}`,
      `patch ${crd}`,
    ]);
  });
});

/** What an authorization is asked about. */
interface Attributes {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
}

const user = (account: string): string => `system:serviceaccount:charts:${account}`;
const GROUPS = ['system:serviceaccounts', 'system:serviceaccounts:charts', 'system:authenticated'];

/** Waits until a service account may do exactly this, beside what every one may. Fails with the difference. */
async function eventually(account: string, ns: string, expected: readonly string[]): Promise<void> {
  const everybody = new Set(await rightsOf('a-stranger', ns));
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const rights = (await rightsOf(account, ns)).filter((right) => !everybody.has(right));
    const same = JSON.stringify([...new Set(rights)].toSorted()) === JSON.stringify(expected.toSorted());
    if (!same && performance.now() < deadline) {
      await sleep(100);
      continue;
    }
    expect([...new Set(rights)].toSorted(), ns).to.deep.equal(expected.toSorted());
    return;
  }
}

/** Everything that a service account may do in a namespace, a line for each verb, resource and name. */
async function rightsOf(account: string, ns: string): Promise<readonly string[]> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: ns } };
  const as = ['--as', user(account), ...GROUPS.flatMap((group) => ['--as-group', group])];
  const { status } = JSON.parse(await create(review, ['-o', 'json', ...as])) as {
    readonly status: {
      readonly incomplete: boolean;
      readonly resourceRules: readonly {
        readonly verbs: readonly string[];
        readonly apiGroups?: readonly string[];
        readonly resources?: readonly string[];
        readonly resourceNames?: readonly string[];
      }[];
    };
  };
  expect(status.incomplete).to.equal(false);
  return status.resourceRules.flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [''] }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.map((name) => `${verb} ${group}/${resource} ${name}`.trimEnd()),
        ),
      ),
    ),
  );
}

/** Whether a service account may do each of these in a namespace. */
async function mayEach(account: string, ns: string, asked: readonly Attributes[]): Promise<readonly boolean[]> {
  const items = asked.map((what) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: user(account), groups: GROUPS, resourceAttributes: { namespace: ns, ...what } },
  }));
  const list = { apiVersion: 'v1', kind: 'List', items };
  const answers = await create(list, ['-o', 'jsonpath={.status.allowed}{"\\n"}']);
  return answers
    .trim()
    .split('\n')
    .map((answer) => answer === 'true');
}

async function create(object: object, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab().controlPlane.kubectl(
    ['create', '-f', '-', '--validate=ignore', ...args],
    { input: JSON.stringify(object) },
  );
  if (code !== 0) throw new Error(stderr);
  return stdout;
}
