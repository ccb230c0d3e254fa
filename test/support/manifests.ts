import { API_VERSION, KIND } from '../../src/api/registrypushcheck.ts';

/** A Kubernetes object as a test, the demo or a benchmark writes it. */
export type Manifest = Readonly<Record<string, unknown>>;

/** A namespace. */
export function namespace(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** Lets the operator of deploy/install.yaml read Secrets in every namespace, as `rbac.secrets: cluster` of the chart does. */
export function secretsEverywhere(): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'registry-push-check-secrets' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'registry-push-check-secrets',
    },
    subjects: [
      { kind: 'ServiceAccount', name: 'registry-push-check', namespace: 'registry-push-check-system' },
    ],
  };
}

/** A check. */
export function check(ns: string, name: string, spec: Manifest): Manifest {
  return { apiVersion: API_VERSION, kind: KIND, metadata: { namespace: ns, name }, spec };
}

/** A pull secret with this text for its content. */
export function pullSecret(ns: string, name: string, text: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { namespace: ns, name },
    stringData: { '.dockerconfigjson': text },
  };
}

/** A pull secret with one login, as `kubectl create secret docker-registry` makes it. */
export function login(ns: string, name: string, host: string, username: string, password: string): Manifest {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return pullSecret(ns, name, JSON.stringify({ auths: { [host]: { auth } } }));
}
