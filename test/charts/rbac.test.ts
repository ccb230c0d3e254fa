import { expect } from 'chai';
import { isHook, OCI, template, the, type Rendered, type Values } from './helm.ts';
import { MODES } from './modes.ts';

const CHECKS = [
  { apiGroups: ['doctor.stella-ops.org'], resources: ['registrypushchecks'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['doctor.stella-ops.org'], resources: ['registrypushchecks/status'], verbs: ['patch'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];
const SECRETS = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
const named = (...resourceNames: readonly string[]): object[] => [
  { apiGroups: [''], resources: ['secrets'], resourceNames, verbs: ['get'] },
];

const USERS = {
  'ClusterRole rpc-registry-push-check-view': [
    { apiGroups: ['doctor.stella-ops.org'], resources: ['registrypushchecks'], verbs: ['get', 'list', 'watch'] },
  ],
  'ClusterRole rpc-registry-push-check-edit': [
    {
      apiGroups: ['doctor.stella-ops.org'],
      resources: ['registrypushchecks'],
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
    },
  ],
};
const EVERYWHERE = {
  'ClusterRole rpc-registry-push-check': CHECKS,
  'ClusterRoleBinding rpc-registry-push-check': 'ClusterRole rpc-registry-push-check',
  ...USERS,
};
const SECRETS_ROLE = { 'ClusterRole rpc-registry-push-check-secrets': SECRETS };

/** Rules of each role, and the role of each binding, in each mode: all of them, and nothing else. */
const GOLDEN: Readonly<Record<keyof typeof MODES, Readonly<Record<string, unknown>>>> = {
  'all namespaces, Secrets of the release’s own': {
    ...EVERYWHERE,
    ...SECRETS_ROLE,
    'RoleBinding charts/rpc-registry-push-check-secrets': 'ClusterRole rpc-registry-push-check-secrets',
  },
  'all namespaces, Secrets of some': {
    ...EVERYWHERE,
    ...SECRETS_ROLE,
    'RoleBinding charts/rpc-registry-push-check-secrets': 'ClusterRole rpc-registry-push-check-secrets',
    'RoleBinding charts-a/rpc-registry-push-check-secrets': 'ClusterRole rpc-registry-push-check-secrets',
  },
  'all namespaces, named Secrets': {
    ...EVERYWHERE,
    'Role charts/rpc-registry-push-check-reader': named('second', 'team-login'),
    'RoleBinding charts/rpc-registry-push-check-reader': 'Role rpc-registry-push-check-reader',
    'Role charts-a/rpc-registry-push-check-reader': named('login'),
    'RoleBinding charts-a/rpc-registry-push-check-reader': 'Role rpc-registry-push-check-reader',
  },
  'all namespaces, all Secrets': {
    ...EVERYWHERE,
    ...SECRETS_ROLE,
    'ClusterRoleBinding rpc-registry-push-check-secrets': 'ClusterRole rpc-registry-push-check-secrets',
  },
  'some namespaces, their Secrets': {
    'Role charts/rpc-registry-push-check': CHECKS,
    'RoleBinding charts/rpc-registry-push-check': 'Role rpc-registry-push-check',
    'Role charts/rpc-registry-push-check-reader': SECRETS,
    'RoleBinding charts/rpc-registry-push-check-reader': 'Role rpc-registry-push-check-reader',
    'Role charts-a/rpc-registry-push-check': CHECKS,
    'RoleBinding charts-a/rpc-registry-push-check': 'Role rpc-registry-push-check',
    'Role charts-a/rpc-registry-push-check-reader': SECRETS,
    'RoleBinding charts-a/rpc-registry-push-check-reader': 'Role rpc-registry-push-check-reader',
  },
  'some namespaces, named Secrets': {
    'Role charts/rpc-registry-push-check': CHECKS,
    'RoleBinding charts/rpc-registry-push-check': 'Role rpc-registry-push-check',
    'Role charts/rpc-registry-push-check-reader': named('team-login'),
    'RoleBinding charts/rpc-registry-push-check-reader': 'Role rpc-registry-push-check-reader',
    'Role charts-a/rpc-registry-push-check': CHECKS,
    'RoleBinding charts-a/rpc-registry-push-check': 'Role rpc-registry-push-check',
  },
};

describe('the rights that the chart gives', () => {
  for (const [mode, values] of Object.entries(MODES)) {
    it(`to the operator: ${mode}`, async () => {
      const objects = (await template(values)).filter((object) => !isHook(object));
      expect(Object.fromEntries(objects.flatMap(right))).to.deep.equal(GOLDEN[mode as keyof typeof MODES]);
      for (const { subjects } of objects.filter(({ kind }) => kind.endsWith('Binding'))) {
        expect(subjects).to.deep.equal([
          { kind: 'ServiceAccount', name: 'rpc-registry-push-check', namespace: 'charts' },
        ]);
      }
    });
  }

  it('are none where none are to be created', async () => {
    expect((await template({ ...OCI, rbac: { create: false } })).flatMap(right)).to.deep.equal([]);
  });

  it('to nobody else where nobody is to join', async () => {
    const names = (await template({ rbac: { aggregate: false } })).map(({ metadata }) => metadata.name);
    expect(names.filter((name) => /-(?:view|edit)$/.test(name))).to.deep.equal([]);
  });

  it('to those who may view or edit a namespace join the roles of the cluster', async () => {
    const objects = await template({});
    const joins = (name: string): readonly string[] =>
      Object.keys(the(objects, 'ClusterRole', `rpc-registry-push-check-${name}`).metadata.labels ?? {})
        .filter((label) => label.startsWith('rbac.authorization.k8s.io/'))
        .map((label) => label.replace(/.*aggregate-to-/, ''));
    expect(joins('view')).to.have.members(['view', 'edit', 'admin']);
    expect(joins('edit')).to.have.members(['edit', 'admin']);
  });

  it('to the hook are for the one definition', async () => {
    const hooks = (await template({})).filter(isHook);
    expect(Object.fromEntries(hooks.flatMap(right))).to.deep.equal({
      'ClusterRole rpc-registry-push-check-crds': [
        {
          apiGroups: ['apiextensions.k8s.io'],
          resources: ['customresourcedefinitions'],
          resourceNames: ['registrypushchecks.doctor.stella-ops.org'],
          verbs: ['get', 'create', 'patch'],
        },
      ],
      'ClusterRoleBinding rpc-registry-push-check-crds': 'ClusterRole rpc-registry-push-check-crds',
    });
    expect(the(hooks, 'ClusterRoleBinding')['subjects']).to.deep.equal([
      { kind: 'ServiceAccount', name: 'rpc-registry-push-check-crds', namespace: 'charts' },
    ]);
  });

  it('belong to the account that the pod runs under', async () => {
    const cases: readonly (readonly [Values, string])[] = [
      [{}, 'rpc-registry-push-check'],
      [{ serviceAccount: { name: 'other' } }, 'other'],
      [{ serviceAccount: { create: false } }, 'default'],
      [{ serviceAccount: { create: false, name: 'other' } }, 'other'],
    ];
    for (const [values, account] of cases) {
      const objects = await template(values);
      const { spec } = the(objects, 'Deployment') as unknown as {
        readonly spec: { readonly template: { readonly spec: object } };
      };
      expect(spec.template.spec).to.include({
        serviceAccountName: account,
        automountServiceAccountToken: true,
      });
      expect(the(objects, 'ClusterRoleBinding', 'rpc-registry-push-check')['subjects']).to.deep.equal([
        { kind: 'ServiceAccount', name: account, namespace: 'charts' },
      ]);
    }
  });
});

function right(object: Rendered): readonly (readonly [string, unknown])[] {
  const { kind, metadata } = object;
  const where = metadata.namespace === undefined ? '' : `${metadata.namespace}/`;
  const name = `${kind} ${where}${metadata.name}`;
  if (kind.endsWith('Role')) return [[name, object['rules']]];
  if (!kind.endsWith('RoleBinding')) return [];
  const role = object['roleRef'] as { readonly kind: string; readonly name: string };
  return [[name, `${role.kind} ${role.name}`]];
}
