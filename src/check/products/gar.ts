import { RENEW_EXPIRY, WRITE_GIVEN_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const DOCS = 'https://docs.cloud.google.com/artifact-registry';

const HOST = /^([a-z]+(?:-[a-z]+\d{1,2})?)-docker\.pkg\.dev$/;

/** Hosts of the former Container Registry: each is one repository of the same name, in these locations. */
const GCR: ReadonlyMap<string, string> = new Map([
  ['gcr.io', 'us'],
  ['us.gcr.io', 'us'],
  ['eu.gcr.io', 'europe'],
  ['asia.gcr.io', 'asia'],
]);

/** The project, `example.com/project` where it belongs to a domain, and what follows. */
const NAMES = /^(?:((?:[a-z0-9-]+\.)+[a-z]{2,})\/)?([a-z][a-z0-9-]{4,28}[a-z0-9])\/(.+)$/;
/** The repository of Artifact Registry, and an image in it. */
const STORE = /^([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)\/./;

const AT = '{store} --location={location} --project={project}';
const KEY =
  'Take a key of a service account, a file KEY.json in this directory, into this shell; it does not end by itself: REGISTRY_USER=_json_key_base64; REGISTRY_PASSWORD="$(openssl base64 -A -in KEY.json)"';
const FRESH =
  'Take a fresh access token into this shell; it ends after an hour, and has the rights of whoever runs this, which may be more than a push needs: REGISTRY_USER=oauth2accesstoken; REGISTRY_PASSWORD="$(gcloud auth print-access-token)"';
const REFRESH = {
  cluster:
    'For good, let the cluster fetch access tokens more than once an hour: by the External Secrets Operator with its generator GCRAccessToken and Workload Identity, or by a CronJob. If something does that already, it has stopped: kubectl get cronjobs --all-namespaces; kubectl get externalsecrets --all-namespaces',
  elsewhere: 'For good, let a timer fetch access tokens more than once an hour.',
};

/** Project, location and repository as the gcloud command takes them. */
function valuesOf({ hostname, repository }: Place): Readonly<Record<string, string>> | undefined {
  const [, domain, name, rest] = NAMES.exec(repository) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const project = domain === undefined ? name : `${domain}:${name}`;
  const gcr = GCR.get(hostname);
  if (gcr !== undefined) return { project, location: gcr, store: hostname };
  const location = HOST.exec(hostname)?.[1];
  const store = STORE.exec(rest)?.[1];
  return location === undefined || store === undefined ? undefined : { project, location, store };
}

/** Google Artifact Registry, and the hosts of Container Registry that it serves. */
export const PRODUCT: Product = {
  name: 'Google Artifact Registry',
  is: ({ hostname }) => HOST.test(hostname) || GCR.has(hostname),
  values: valuesOf,
  docs: `${DOCS}/docs/access-control`,
  domains: ['cloud.google.com'],
  permission: {
    text: 'Role Artifact Registry Writer (roles/artifactregistry.writer) on the repository, of which artifactregistry.repositories.uploadArtifacts is the part that a check sees.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'A missing right, a missing repository and a missing project have the same answer, 403 at the token request already; so the check says PushDenied for all of them, and names both.',
      evidence: 'reported',
    },
    {
      text: 'Tokens show no rights, and one without a scope is issued to everybody.',
      evidence: 'reported',
    },
    {
      text: 'Opening and cancelling an upload need the same right.',
      evidence: 'documented',
    },
    {
      text: 'At gcr.io hosts a push may create a repository that is missing, where the login has the right to (roles/artifactregistry.createOnPushWriter); as far as is known, nowhere else.',
      evidence: 'recalled',
    },
  ],
  unproven: [
    {
      text: 'Immutable tags: they are judged when the manifest comes.',
      evidence: 'documented',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Find out whether {store} in project {project} of Google Artifact Registry exists, then create it or let the login write to it: the registry does not tell the two apart.',
      steps: [
        `See whether it exists; it has to be of format DOCKER and mode STANDARD_REPOSITORY, as remote and virtual ones take no pushes: gcloud artifacts repositories describe ${AT}`,
        'If that says that the API has not been used or is disabled: gcloud services enable artifactregistry.googleapis.com --project={project}',
        `If it does not exist, correct location and project in the address, or create it: gcloud artifacts repositories create ${AT} --repository-format=docker`,
        'Find EMAIL, the service account of the login; that of a key stands in its field client_email: gcloud iam service-accounts list --project={project}',
        `If it exists, let that account write to it: gcloud artifacts repositories add-iam-policy-binding ${AT} --member=serviceAccount:EMAIL --role=roles/artifactregistry.writer`,
        'An access token has the rights of the account that fetched it. The Secret can stay as it is; a new role counts after some minutes.',
      ],
      evidence: 'reported',
      docs: `${DOCS}/docs/docker/troubleshoot`,
    },
    CredentialsRejected: {
      summary: 'Put a login into {login} that Google Artifact Registry at {host} accepts.',
      steps: [
        'The user name has to fit the password: oauth2accesstoken with an access token, which ends after an hour; _json_key with a key of a service account as JSON, _json_key_base64 with the same in base64.',
        'See whether the key is still there, enabled and not expired (its fields client_email, which is EMAIL, and private_key_id): gcloud iam service-accounts keys list --iam-account=EMAIL',
        KEY,
        WRITE_GIVEN_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/docs/docker/authentication`,
    },
    CredentialsExpired: {
      summary: {
        cluster:
          'Let the cluster renew the access token of Google Artifact Registry by itself, or use a key: the token ends after an hour.',
        elsewhere:
          'Let a timer renew the access token of Google Artifact Registry, or use a key: the token ends after an hour.',
      },
      steps: [
        FRESH,
        WRITE_GIVEN_LOGIN,
        RENEW_EXPIRY,
        REFRESH,
        'Or use a key of a service account, which does not end by itself: the user name is _json_key_base64, the password the key in base64, on one line.',
      ],
      evidence: 'documented',
      docs: `${DOCS}/docs/docker/authentication`,
    },
    RateLimited: {
      summary: 'Ask Google Artifact Registry less often in project {project}, or raise its quota.',
      steps: [
        {
          cluster:
            'Requests count by project and location ({location}), those of all clients together; the project may have limits for each user besides. Have fewer checks, or give them longer intervals (spec.interval).',
          elsewhere:
            'Requests count by project and location ({location}), those of all clients together; the project may have limits for each user besides. Ask less often.',
        },
        'See which quota is used up, and ask for more: IAM & Admin > Quotas & System Limits, service Artifact Registry API.',
      ],
      evidence: 'documented',
      docs: `${DOCS}/quotas`,
    },
    AccessBlocked: {
      summary:
        'Let the network of the cluster into the service perimeter of project {project}, which Google Artifact Registry is in.',
      steps: [
        `See what VPC Service Controls refused, from which address and in which perimeter: gcloud logging read 'protoPayload.metadata."@type"="type.googleapis.com/google.cloud.audit.VpcServiceControlAuditMetadata"' --project={project} --freshness=1h --limit=5`,
        'Let whoever administers the perimeter add an ingress rule or an access level for that address and the account of the login, for artifactregistry.googleapis.com.',
      ],
      evidence: 'documented',
      docs: 'https://docs.cloud.google.com/vpc-service-controls/docs/audit-logging',
    },
  },
};
