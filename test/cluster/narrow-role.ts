import type { Manifest } from '../support/manifests.ts';

/**
 * Lets a service account do in one namespace what the installed operator may do in all of them, and read of its Secrets only
 * those that are named: the mode `named` of `rbac.secrets` in the chart.
 */
export function narrowRole(
  namespace: string,
  account: string,
  resourceNames: readonly string[],
): readonly Manifest[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const bind = (name: string, kind: string, role: string): Manifest => ({
    apiVersion,
    kind: 'RoleBinding',
    metadata: { namespace, name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    subjects: [{ kind: 'ServiceAccount', namespace, name: account }],
  });
  const secrets = `${account}-secrets`;
  return [
    bind(account, 'ClusterRole', 'registry-push-check'),
    {
      apiVersion,
      kind: 'Role',
      metadata: { namespace, name: secrets },
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames, verbs: ['get'] }],
    },
    bind(secrets, 'Role', secrets),
  ];
}
