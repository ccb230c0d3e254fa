import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { RENEW_EXPIRY, WRITE_GIVEN_LOGIN, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const BOOK = 'https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/registry';
const HOSTS: readonly string[] = [
  'image-registry.openshift-image-registry.svc',
  'image-registry.openshift-image-registry.svc.cluster.local',
];
const NEW_TOKEN =
  'If {host} is your OpenShift, and oc is signed in to that one, take a token of a service account into this shell; OpenShift may cut its life short: REGISTRY_USER=ACCOUNT; REGISTRY_PASSWORD="$(oc create token ACCOUNT -n ITS_PROJECT --duration=8760h)"';

/** The image registry that is part of OpenShift. */
export const PRODUCT: Product = {
  name: 'OpenShift image registry',
  is: ({ hostname, realm }) => HOSTS.includes(hostname) || realm?.pathname === '/openshift/token',
  // A repository is an image stream of a project, and of two parts.
  values: ({ repository }) => {
    const [, project] = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/[^/]+$/.exec(repository) ?? [];
    return project === undefined ? undefined : { project };
  },
  docs: `${BOOK}/accessing-the-registry`,
  domains: ['docs.redhat.com'],
  permission: {
    text: 'The role registry-editor in the project, of which update on imagestreams/layers is what is asked for; with it the check can also cancel its upload session.',
    evidence: 'source',
  },
  probe: [
    {
      text: 'The password is a token of the cluster. The token service asks the API server whether it is good and gives it back; the user name does not matter.',
      evidence: 'source',
    },
    {
      text: 'A missing right and a project that does not exist are answered by the same 401.',
      evidence: 'source',
    },
  ],
  unproven: [
    {
      text: 'Quotas and limit ranges: they are judged when a blob is complete.',
      evidence: 'source',
    },
    {
      text: 'That the image stream may be created: that is probably judged when the manifest comes.',
      evidence: 'recalled',
    },
  ],
  // Its token service gives back the password as it is.
  takesTokens: true,
  advice: {
    PushDenied: {
      summary:
        'Give the account of the login the role registry-editor in project {project} of OpenShift ({host}), once that project exists.',
      steps: [
        'Ask OpenShift whether the account may push: oc auth can-i update imagestreams/layers -n {project} --as=system:serviceaccount:ITS_PROJECT:ACCOUNT',
        'Give it the role, once the project exists (for a person, the name of the user stands in place of the account): oc policy add-role-to-user registry-editor system:serviceaccount:ITS_PROJECT:ACCOUNT -n {project}',
        'Or use the token of another account: the next steps, but for the last one, are for that alone.',
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary: 'Put a token into {login} that OpenShift at {host} accepts: this one is wrong or has expired.',
      steps: [
        'Only the password counts, and it has to be a token: no password of a user works here, and the token of a person ends after 24 hours, unless OpenShift is configured otherwise. Any user name goes with it.',
        TRY_LOGIN,
        NEW_TOKEN,
        WRITE_GIVEN_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsExpired: {
      summary: 'Make a new token of the service account for OpenShift at {host}: this one has run out.',
      steps: [NEW_TOKEN, WRITE_GIVEN_LOGIN, RENEW_EXPIRY],
      evidence: 'documented',
    },
    RegistryReadOnly: {
      summary: 'Take the image registry of OpenShift at {host} out of read-only mode.',
      steps: [
        'See whether it is read-only, and perhaps why: oc get configs.imageregistry.operator.openshift.io/cluster -o yaml',
        'Let an administrator of OpenShift end that: oc patch configs.imageregistry.operator.openshift.io/cluster --type=merge -p \'{"spec":{"readOnly":false}}\'',
      ],
      evidence: 'documented',
      docs: `${BOOK}/configuring-registry-operator`,
    },
  },
  impossible: {
    RepositoryNotFound: {
      text: 'a project that does not exist looks like a missing right',
      evidence: 'source',
    },
    QuotaExceeded: { text: 'quotas are judged when a blob is complete', evidence: 'source' },
  },
};
