import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_GIVEN_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const GUIDE = 'https://docs.aws.amazon.com/AmazonECR/latest/userguide';

/** ACCOUNT.dkr.ecr.REGION.amazonaws.com, those of FIPS and of China, and the dual-stack ones, ACCOUNT.dkr-ecr.REGION.on.aws. */
const HOST =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d{1,2})\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/;

/** All that a push does, not only its first request. */
const PUSH_ACTIONS = [
  'BatchCheckLayerAvailability',
  'InitiateLayerUpload',
  'UploadLayerPart',
  'CompleteLayerUpload',
  'PutImage',
  'BatchGetImage',
].map((action) => `ecr:${action}`);

const POLICY = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"},{"Effect":"Allow","Action":${JSON.stringify(PUSH_ACTIONS)},"Resource":"arn:'{partition}':ecr:'{region}':'{account}':repository/'{repository}'"}]}`;

const REFRESH = {
  cluster:
    'For good, let the cluster fetch it anew every few hours: by the External Secrets Operator with its generator ECRAuthorizationToken, or by a CronJob. Let either get its role by EKS Pod Identity or IRSA, with ecr:GetAuthorizationToken and the actions of a push.',
  elsewhere:
    'For good, let a timer fetch it anew every few hours, with a role or user that has ecr:GetAuthorizationToken and the actions of a push.',
};
const FRESH =
  'Take a fresh password into this shell; it ends after 12 hours at most, and has the rights of whoever runs this, which may be more than a push needs: REGISTRY_USER=AWS; REGISTRY_PASSWORD="$(aws ecr get-login-password --region {region})"';
const STOPPED = {
  cluster:
    'If something does that already, it has stopped: see when it ran last, and what it says: kubectl get cronjobs --all-namespaces; kubectl get externalsecrets --all-namespaces',
  elsewhere: 'If there is a timer already, it has stopped: see when it ran last.',
};

/** The account, region and partition that a host is of. */
function valuesOf({ hostname }: Place): Readonly<Record<string, string>> | undefined {
  const [, account, region] = HOST.exec(hostname) ?? [];
  if (account === undefined || region === undefined) return undefined;
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return { account, region, partition };
}

/** Amazon Elastic Container Registry, the private one. */
export const PRODUCT: Product = {
  name: 'Amazon ECR',
  is: ({ hostname }) => HOST.test(hostname),
  values: valuesOf,
  docs: `${GUIDE}/image-push-iam.html`,
  domains: ['docs.aws.amazon.com'],
  permission: {
    text: `On the repository: ${PUSH_ACTIONS.join(', ')}. Whoever fetches the password needs ecr:GetAuthorizationToken on all resources besides.`,
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The login is Basic: user AWS, and a password of 12 hours that has its end in it, which the check shows as the expiry.',
      evidence: 'documented',
    },
    {
      text: 'A wrong password is 401, an expired one is told by the words of the answer, a missing right is 403, a missing repository 404.',
      evidence: 'reported',
    },
    {
      text: 'Where a repository creation template is applied to pushes (CREATE_ON_PUSH) and its prefix fits, a missing repository may come into being by a push.',
      evidence: 'documented',
    },
  ],
  unproven: [
    {
      text: 'The other actions of a push: the check needs ecr:InitiateLayerUpload alone, and a login with nothing else is green, too.',
      evidence: 'documented',
    },
    {
      text: 'Immutable tags and the number of images in the repository: they are judged when the manifest comes.',
      evidence: 'documented',
    },
  ],
  advice: {
    PushDenied: {
      summary: `Allow whoever fetches the password for Amazon ECR all actions of a push to {repository} in account {account}, {region}.`,
      steps: [
        'A login of ECR has the rights of the role or user that fetched its password. See which one, where it is fetched: aws sts get-caller-identity',
        `Allow it all that a push needs (with ecr:InitiateLayerUpload alone all looks good, and pushes fail). For a user it is put-user-policy and a user name; a policy in the role that is called POLICY_NAME already is replaced, so take a new name: aws iam put-role-policy --role-name ROLE --policy-name POLICY_NAME --policy-document '${POLICY}'`,
        'If it is of another account than {account}, the policy of the repository has to allow it the same actions as well (ECR > Repositories > {repository} > Permissions). See what is there: aws ecr get-repository-policy --registry-id {account} --repository-name {repository} --region {region}',
        'If all of that is allowed, something denies it: look at service control policies, permissions boundaries and the policy of the VPC endpoint.',
        'The Secret can stay as it is: a password has the rights that its role has now.',
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary: {
        cluster:
          'Let the cluster keep a fresh password of Amazon ECR in {login}: {host} does not take this one.',
        elsewhere:
          'Give a fresh password of Amazon ECR, and let a timer renew it: {host} does not take this one.',
      },
      steps: [
        'The user name is AWS and the password one that ECR issued; access keys of IAM do not work here.',
        FRESH,
        WRITE_GIVEN_LOGIN,
        REFRESH,
      ],
      evidence: 'documented',
      docs: `${GUIDE}/registry_auth.html`,
    },
    CredentialsExpired: {
      summary: {
        cluster: 'Let the cluster renew the password of Amazon ECR by itself: it ends after 12 hours.',
        elsewhere: 'Let a timer renew the password of Amazon ECR: it ends after 12 hours.',
      },
      steps: [FRESH, WRITE_GIVEN_LOGIN, RENEW_EXPIRY, REFRESH, STOPPED],
      evidence: 'documented',
      docs: `${GUIDE}/registry_auth.html`,
    },
    RepositoryNotFound: {
      summary:
        'Create {repository} in Amazon ECR, account {account}, {region}, or name a repository that exists there.',
      steps: [
        'See what is there, in case account or region in spec.registryUrl are wrong: aws ecr describe-repositories --registry-id {account} --region {region}',
        'Create it, in account {account}: aws ecr create-repository --repository-name {repository} --region {region}',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${GUIDE}/repository-create.html`,
    },
    RateLimited: {
      summary: 'Ask Amazon ECR less often in account {account}, {region}, or raise its quota of requests.',
      steps: [
        {
          cluster:
            'Requests count by account, region and action, those of all clients together: have fewer checks, or give them longer intervals (spec.interval).',
          elsewhere:
            'Requests count by account, region and action, those of all clients together: ask less often.',
        },
        'See what the limits are: aws service-quotas list-service-quotas --service-code ecr --region {region}',
        'Ask for more: Service Quotas > AWS services > Amazon Elastic Container Registry > Rate of InitiateLayerUpload requests.',
      ],
      evidence: 'documented',
      docs: `${GUIDE}/common-errors.html`,
    },
  },
};
