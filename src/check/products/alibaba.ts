import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const DOCS = 'https://www.alibabacloud.com/help/en/acr/user-guide';

/** `registry.REGION.…` of old, then a host for each instance; the VPC has names of its own. With oss- it is somebody's storage. */
const HOST =
  /^(?:registry(?:-intl)?(?:-vpc|-internal)?\.(?!oss-)[a-z0-9-]+|[a-z0-9-]+\.[a-z0-9-]+(?:\.personal)?\.cr)\.aliyuncs\.com$/;
/** The namespace, then an image. */
const REPOSITORY = /^([a-z0-9][a-z0-9._-]*)(?:\/|$)/;

const PASSWORD =
  'Set a password for the registry, signed in as this very user: Container Registry console > Instances > the instance > Access Credential > Set Password. The page shows the user name as well.';

/** The namespace. */
function valuesOf({ repository }: Place): Readonly<Record<string, string>> | undefined {
  const space = REPOSITORY.exec(repository)?.[1];
  return space === undefined ? undefined : { space };
}

/** Alibaba Cloud Container Registry (ACR), Personal and Enterprise Edition. */
export const PRODUCT: Product = {
  name: 'Alibaba Cloud Container Registry',
  is: ({ hostname }) => HOST.test(hostname),
  values: valuesOf,
  docs: `${DOCS}/repository-access-control`,
  domains: ['alibabacloud.com'],
  permission: {
    text: 'The RAM actions cr:PullRepository and cr:PushRepository on the repository, for the user of the login; a temporary password takes cr:GetAuthorizationToken besides.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The token service is another host, dockerauth.REGION.aliyuncs.com, of a domain where every customer has hosts; so the installation or the Secret has to allow it (TokenRealmNotTrusted).',
      evidence: 'reported',
    },
    {
      text: 'A missing right and a missing namespace probably look the same: the requested access is denied.',
      evidence: 'recalled',
    },
  ],
  unproven: [
    {
      text: 'The rest of the push: as far as is known, nothing but the right to push is judged at this point.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary: 'Let the RAM user of the login push to the namespace {space} at Alibaba Cloud ({host}).',
      steps: [
        'RAM console > Policies > Create Policy > JSON: allow cr:PullRepository and cr:PushRepository on acs:cr:*:*:repository/INSTANCE_ID/{space}/* (Personal Edition: without INSTANCE_ID/), and grant that to the user. AliyunContainerRegistryReadOnlyAccess only pulls.',
        'The namespace must exist, and so must the repository, where Automatically Create Repository is off: Instances > the instance > Repository > Namespace.',
        'Or use another login: the next steps, but for the last one, are for that alone.',
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/attach-a-custom-policy-to-a-ram-user`,
    },
    CredentialsRejected: {
      summary: 'Put the password of the registry into {login} that Alibaba Cloud ({host}) accepts.',
      steps: [
        'It is neither the password of the console nor an access key, and a RAM user cannot use that of the account. Roles have none: they need a temporary password (GetAuthorizationToken), which lives for an hour.',
        PASSWORD,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/configure-access-credentials`,
    },
    CredentialsExpired: {
      summary: 'Renew the password of Alibaba Cloud ({host}) in {login}: it has run out.',
      steps: [
        'A temporary password (GetAuthorizationToken) lives for an hour, or as long as the STS token behind it: let a job renew it, or use a RAM user with a permanent one.',
        PASSWORD,
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
      docs: `${DOCS}/configure-access-credentials`,
    },
    RepositoryNotFound: {
      summary: 'Create the namespace {space} at Alibaba Cloud ({host}), or name a repository that exists.',
      steps: [
        'Container Registry console > Instances > the instance > Repository > Namespace > Create Namespace, with the name {space}.',
        'Where Automatically Create Repository is off for the namespace, create {repository}, too, or switch it on.',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${DOCS}/manage-namespaces`,
    },
    AccessBlocked: {
      summary: 'Let the network of the cluster in at the access control of the Alibaba instance {host}.',
      steps: [
        'An instance of Enterprise Edition is closed to the Internet until that is allowed: Instances > the instance > Repository > Access Control > Internet, where the address of the cluster has to be in the list.',
        'From a VPC use its own host name (with -vpc), after the VPC was added there, under VPC.',
      ],
      evidence: 'documented',
      docs: `${DOCS}/configure-access-over-vpcs`,
    },
    TokenRealmNotTrusted: {
      summary:
        'Allow the token service of Alibaba Cloud for {host}, if it is really that which the message names.',
      steps: [
        'It is dockerauth.aliyuncs.com, or dockerauth, a region and aliyuncs.com, as in dockerauth.cn-hangzhou.aliyuncs.com; the region may be another one than that of the registry. With oss in the name it is the storage of any customer. If the message names another host, allow nothing.',
        {
          cluster:
            'For all checks, let whoever runs the operator add "{host}=TOKEN_HOST", with TOKEN_HOST from the message, to tokenHosts of its configuration.',
          elsewhere: undefined,
        },
        {
          cluster:
            'Or, for one login, put TOKEN_HOST into the annotation doctor.stella-ops.org/token-hosts of its Secret.',
          elsewhere: undefined,
        },
      ],
      evidence: 'reported',
    },
  },
};
