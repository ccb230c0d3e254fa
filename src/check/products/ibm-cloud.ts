import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const DOCS = 'https://cloud.ibm.com/docs/Registry?topic=Registry';

/** The global registry, and one for each region, also on the private network. IBM's own software (cp) takes no pushes. */
const HOST = /^(?!(?:private\.)?cp\.)(?:private\.)?(?:[a-z]{2}[0-9]?\.)?icr\.io$/;
/** The namespace, then an image. */
const REPOSITORY = /^([a-z0-9][a-z0-9_-]*)(?:\/|$)/;

const NEW_KEY =
  'Make an API key for a service ID, which is shown once: ibmcloud iam service-api-key-create KEY_NAME SERVICE_ID';
const REGION =
  'Commands for the registry go to one region: that of {host} is chosen by "ibmcloud cr region-set".';

/** The namespace. */
function valuesOf({ repository }: Place): Readonly<Record<string, string>> | undefined {
  const space = REPOSITORY.exec(repository)?.[1];
  return space === undefined ? undefined : { space };
}

/** IBM Cloud Container Registry. */
export const PRODUCT: Product = {
  name: 'IBM Cloud Container Registry',
  is: ({ hostname }) => HOST.test(hostname),
  values: valuesOf,
  docs: `${DOCS}-iam`,
  domains: ['cloud.ibm.com'],
  permission: {
    text: 'The service access roles Reader and Writer on container-registry, for all of it or for the namespace. Namespaces are created with the role Manager.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The token service is on the same host; its challenge comes without quotes.',
      evidence: 'reported',
    },
    {
      text: 'A missing role and a context-based restriction look the same: insufficient scope.',
      evidence: 'documented',
    },
  ],
  unproven: [
    {
      text: 'Room in a storage quota that is nearly used up: as far as is known, only a full one is refused.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Give the owner of the API key the roles Reader and Writer on the namespace {space} at IBM Cloud.',
      steps: [
        'To a service ID, where REGION is that of {host}, such as us-south for us.icr.io; for a user it is user-policy-create with the address of the user: ibmcloud iam service-policy-create SERVICE_ID --roles Reader,Writer --service-name container-registry --region REGION --resource-type namespace --resource {space}',
        `If it has them: a context-based restriction, a used-up quota or an account that is open to the private network only refuses pushes, too, and so does a namespace of another account. ${REGION} See which ones there are: ibmcloud cr namespace-list`,
        `Or use another key: the next steps, but for the last one, are for that alone. Its user name is iamapikey. ${NEW_KEY}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}-troubleshoot-access-denied`,
    },
    CredentialsRejected: {
      summary: 'Put an API key into {login} that IBM Cloud accepts: this login is wrong, locked or deleted.',
      steps: [
        'The user name is iamapikey and the password an API key; or iambearer with an access token, which lives for an hour. Registry tokens (user name token) are no longer accepted.',
        NEW_KEY,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}-troubleshoot-auth-req`,
    },
    CredentialsExpired: {
      summary: 'Use an API key at IBM Cloud: the login in {login} has run out.',
      steps: [
        'An access token (user name iambearer) lives for an hour: use the user name iamapikey with an API key.',
        NEW_KEY,
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
      docs: `${DOCS}-registry_access`,
    },
    RepositoryNotFound: {
      summary: 'Create the namespace {space} at IBM Cloud ({host}), or name a repository of one that exists.',
      steps: [
        `${REGION} See which namespaces there are: ibmcloud cr namespace-list`,
        'Create it, which takes the role Manager; names are unique within a region: ibmcloud cr namespace-add {space}',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${DOCS}-registry_setup_cli_namespace`,
    },
    QuotaExceeded: {
      summary: 'Raise the storage quota of the registry at IBM Cloud ({host}), or delete images.',
      steps: [
        `It holds for all namespaces of the account in this region. ${REGION} See quota and use: ibmcloud cr quota`,
        'Raise it, as far as the plan goes: ibmcloud cr quota-set --storage MEGABYTES',
        'Or delete images that nobody needs, by "ibmcloud cr image-rm".',
        'The free plan has 512 MB. The standard plan has no limit of its own and costs money by use: whoever pays for the account may decide on it ("ibmcloud cr plan-upgrade standard").',
      ],
      evidence: 'documented',
      docs: `${DOCS}-registry_quota`,
    },
    AccessBlocked: {
      summary: 'Ask IBM Cloud over the private network, or let the account be used from public ones.',
      steps: [
        'Look whether the account takes pushes over the private network only; its hosts start with "private.": ibmcloud cr private-only --status',
        'If it does, use the private host. To allow public networks again is for the whole account, so it is for its administrators to decide ("ibmcloud cr private-only" with the option disable).',
        'Otherwise look for a rule on Container Registry that does not have the address of the cluster in its zones: Manage > Context-based restrictions.',
      ],
      evidence: 'documented',
      docs: `${DOCS}-registry_private`,
    },
  },
};
