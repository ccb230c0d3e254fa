/** What a namespace with the Pod Security Standard "restricted" demands, such as the operator's own; the image names its user by no number. */
const RESTRICTED = JSON.stringify({
  spec: {
    securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'rpc-look',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
});

/**
 * The command line that runs `command` in a pod of the check's namespace, which is gone afterwards: what it sees is nearer to what
 * the operator sees than what a workstation does. The image has curl, and nslookup, as it is made from Alpine.
 */
export function inCluster(command: string): string {
  return `kubectl run rpc-look --rm -i --restart=Never --image=curlimages/curl -n {namespace} --override-type=strategic --overrides='${RESTRICTED}' -- ${command}`;
}
