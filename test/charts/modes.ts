import { OCI, type Values } from './helm.ts';

/**
 * The values of each way in which the operator can be given its rights, for a release in the namespace `charts` beside
 * `charts-a`.
 */
export const MODES = {
  'all namespaces, Secrets of the release’s own': OCI,
  'all namespaces, Secrets of some': { ...OCI, rbac: { secretNamespaces: ['charts-a'] } },
  'all namespaces, named Secrets': {
    ...OCI,
    rbac: {
      secrets: 'named',
      namedSecrets: [
        { namespace: 'charts-a', names: ['login'] },
        { namespace: 'charts', names: ['second'] },
        { namespace: 'charts-a', names: ['login'] },
      ],
    },
  },
  'all namespaces, all Secrets': { ...OCI, rbac: { secrets: 'cluster' } },
  'some namespaces, their Secrets': { ...OCI, watchNamespaces: ['charts', 'charts-a'] },
  'some namespaces, named Secrets': {
    ...OCI,
    watchNamespaces: ['charts', 'charts-a'],
    rbac: { secrets: 'named' },
  },
} satisfies Readonly<Record<string, Values>>;
