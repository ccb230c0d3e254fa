/** In a list of steps: those that let the operator read the Secret, which depend on who it is in the cluster. */
export const GRANT_READ = '{grantread}';

const APPLY = '--dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -';

/** Roles for this one Secret. Their names are made of all that is in them: whoever pastes them twice, or for two operators, loses nothing. */
const grantTo = (subject: string): readonly string[] => [
  `As somebody who may write roles in this namespace, make one for this Secret alone: kubectl create role {role} -n {namespace} --verb=get --resource=secrets --resource-name={secret} ${APPLY}`,
  `Give it to the operator: kubectl create rolebinding {binding} -n {namespace} --role={role} ${subject} ${APPLY}`,
  'Or for all Secrets of the namespace, if the operator was installed with Helm: whoever runs it names the namespace in rbac.secretNamespaces.',
];

const UNKNOWN: readonly string[] = [
  'Give its service account the verb get on secrets in this namespace by a Role and a RoleBinding (installed with Helm: rbac.secretNamespaces or rbac.namedSecrets make them).',
];

/** The operator's user name, and what commands call it. */
interface Grantee {
  readonly steps: readonly string[];
  /** What {@link GRANT_READ} is filled with, besides names that are known without it. */
  readonly values: Readonly<Record<string, string>>;
}

/** How to let `operator`, a user name of the cluster, read this Secret. Undefined: who it is is not known. */
export function grantRead(operator: string | undefined, secret: string): Grantee {
  if (operator === undefined) return { steps: UNKNOWN, values: {} };
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(operator) ?? [];
  const isAccount = namespace !== undefined && name !== undefined;
  const who = isAccount ? `${namespace}.${name}` : operator.replace(/[^A-Za-z0-9.:@_-]/g, '-');
  const role = `get-secret-${secret}`;
  return {
    steps: grantTo(isAccount ? '--serviceaccount={account}' : '--user={account}'),
    values: {
      role,
      binding: `${role}-by-${who}`,
      account: isAccount ? `${namespace}:${name}` : operator,
    },
  };
}
