import { plainAddress, type Reserved } from './registry/egress.ts';
import { bareHost } from './registry/origin.ts';

/** What the operator itself needs and a check must not reach through it (docs/decisions/0013-addresses.md). */
export interface ReservedHosts {
  readonly reserved: readonly Reserved[];
  /** An address that has answered as the API server: where it is known by name, this is how its addresses become known. */
  readonly learn: (address: string) => void;
}

/** Names of the API server's Service in every cluster, whatever address the pod was given for it. */
const SERVICE_NAMES = [
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

/**
 * Ports of the kubelet, etcd and the control plane (Kubernetes documentation, "Ports and Protocols"), of the supervisor of RKE2
 * and k3s (9345) and of the API server of MicroK8s (16443).
 */
const NODE_PORTS: ReadonlySet<number> = new Set([
  2379, 2380, 6443, 9345, 10250, 10255, 10256, 10257, 10259, 16443,
]);

/**
 * The hosts that no check may reach.
 * @param server URL of the API server
 * @param env `KUBERNETES_SERVICE_HOST`, which every pod has: nothing but the API server answers there, on whatever port; and
 * `NODE_IP`, the addresses of the pod's node, comma-separated
 */
export function reservedHosts(
  server: string,
  env: Readonly<Record<string, string | undefined>>,
): ReservedHosts {
  const { hostname, port } = new URL(server);
  const host = hostOf(hostname);
  const api = new Set([host]);
  const pod = env['KUBERNETES_SERVICE_HOST'];
  const service = pod === undefined || pod === '' ? undefined : hostOf(pod);
  const inCluster = service === host;
  const services = new Set(service === undefined ? [] : [service, ...SERVICE_NAMES]);
  const node = new Set((env['NODE_IP'] ?? '').split(',').filter(Boolean).map(hostOf));
  return {
    reserved: [
      { hosts: api, ...(inCluster ? {} : { ports: new Set([Number(port || 443)]) }) },
      { hosts: services },
      { hosts: node, ports: NODE_PORTS },
    ],
    learn: (address) => void api.add(plainAddress(address)),
  };
}

/** A host as connections have it: without brackets and the dot of the root. */
function hostOf(host: string): string {
  return plainAddress(bareHost(host.toLowerCase()).replace(/\.$/, ''));
}
