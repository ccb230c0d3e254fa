import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_GIVEN_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const GUIDE = 'https://docs.aws.amazon.com/AmazonECR/latest/public';

/** ALIAS/NAME, where the name may have several parts. */
const REPOSITORY = /^([a-z0-9]+(?:[_-][a-z0-9]+)*)\/([a-z0-9][a-z0-9._/-]*)$/;

/** All that a push does, not only its first request. */
const PUSH_ACTIONS = [
  'BatchCheckLayerAvailability',
  'InitiateLayerUpload',
  'UploadLayerPart',
  'CompleteLayerUpload',
  'PutImage',
].map((action) => `ecr-public:${action}`);
const LOGIN_ACTIONS = ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'];

const POLICY = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":${JSON.stringify(LOGIN_ACTIONS)},"Resource":"*"},{"Effect":"Allow","Action":${JSON.stringify(PUSH_ACTIONS)},"Resource":"arn:aws:ecr-public::ACCOUNT:repository/'{store}'"}]}`;

const REFRESH = {
  cluster:
    'For good, let the cluster fetch it anew every few hours, by a CronJob for example. Let that get its role by EKS Pod Identity or IRSA, with ecr-public:GetAuthorizationToken, sts:GetServiceBearerToken and the actions of a push.',
  elsewhere:
    'For good, let a timer fetch it anew every few hours, with a role or user that has ecr-public:GetAuthorizationToken, sts:GetServiceBearerToken and the actions of a push.',
};
const FRESH =
  'Take a fresh password into this shell; it ends after 12 hours at most, and has the rights of whoever runs this, which may be more than a push needs: REGISTRY_USER=AWS; REGISTRY_PASSWORD="$(aws ecr-public get-login-password --region us-east-1)"';
const STOPPED = {
  cluster:
    'If something does that already, it has stopped: see when it ran last, and what it says: kubectl get cronjobs --all-namespaces; kubectl get externalsecrets --all-namespaces',
  elsewhere: 'If there is a timer already, it has stopped: see when it ran last.',
};

/** The alias of a registry, and the name of the repository within it. */
function valuesOf({ repository }: Place): Readonly<Record<string, string>> | undefined {
  const [, alias, store] = REPOSITORY.exec(repository) ?? [];
  return alias === undefined || store === undefined ? undefined : { alias, store };
}

/** Amazon ECR Public. */
export const PRODUCT: Product = {
  name: 'Amazon ECR Public',
  // The second one is the dual-stack host.
  is: ({ hostname }) => hostname === 'public.ecr.aws' || hostname === 'ecr-public.aws.com',
  values: valuesOf,
  docs: `${GUIDE}/public-repository-policy-examples.html`,
  domains: ['docs.aws.amazon.com'],
  permission: {
    text: `On the repository: ${PUSH_ACTIONS.join(', ')}. Whoever fetches the password needs ${LOGIN_ACTIONS.join(' and ')} on all resources besides.`,
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The login goes to a token service at the same host; everybody may pull, and nobody pushes without a login.',
      evidence: 'documented',
    },
    { text: 'A missing right is 403, a missing repository 404.', evidence: 'reported' },
  ],
  unproven: [
    {
      text: 'The other actions of a push: the check needs ecr-public:InitiateLayerUpload alone, and a login with nothing else is green, too.',
      evidence: 'documented',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Allow whoever fetches the password for Amazon ECR Public all actions of a push to {store} of the registry {alias}.',
      steps: [
        'A login of ECR Public has the rights of the role or user that fetched its password. See which one, where it is fetched: aws sts get-caller-identity',
        'See whether the registry {alias} is of the same account: aws ecr-public describe-registries --region us-east-1',
        `Allow it all that a push needs, where ACCOUNT is that of the registry. For a user it is put-user-policy and a user name; a policy in the role that is called POLICY_NAME already is replaced, so take a new name: aws iam put-role-policy --role-name ROLE --policy-name POLICY_NAME --policy-document '${POLICY}'`,
        'If it is of another account than the registry, the policy of the repository has to allow it the same actions as well (ECR > Public registry > Repositories > {store} > Permissions). See what is there, as its owner: aws ecr-public get-repository-policy --repository-name {store} --region us-east-1',
        'The Secret can stay as it is: a password has the rights that its role has now.',
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary: {
        cluster:
          'Let the cluster keep a fresh password of Amazon ECR Public in {login}: {host} does not take this one.',
        elsewhere:
          'Give a fresh password of Amazon ECR Public, and let a timer renew it: {host} does not take this one.',
      },
      steps: [
        'The user name is AWS and the password one of ECR Public; access keys of IAM do not work here.',
        FRESH,
        WRITE_GIVEN_LOGIN,
        REFRESH,
      ],
      evidence: 'documented',
      docs: `${GUIDE}/docker-push-ecr-image.html`,
    },
    CredentialsExpired: {
      summary: {
        cluster: 'Let the cluster renew the password of Amazon ECR Public by itself: it ends after 12 hours.',
        elsewhere: 'Let a timer renew the password of Amazon ECR Public: it ends after 12 hours.',
      },
      steps: [FRESH, WRITE_GIVEN_LOGIN, RENEW_EXPIRY, REFRESH, STOPPED],
      evidence: 'documented',
      docs: `${GUIDE}/docker-push-ecr-image.html`,
    },
    RepositoryNotFound: {
      summary:
        'Create {store} in the registry {alias} of Amazon ECR Public, or name a repository that exists there.',
      steps: [
        'See whether {alias} is the alias of your registry, the first part of every repository: aws ecr-public describe-registries --region us-east-1',
        'Create it (everybody will be able to pull from it): aws ecr-public create-repository --repository-name {store} --region us-east-1',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${GUIDE}/docker-push-ecr-image.html`,
    },
    RateLimited: {
      summary: 'Ask Amazon ECR Public less often, or raise its quota of requests.',
      steps: [
        {
          cluster:
            'Requests count by account and action, those of all clients together: have fewer checks, or give them longer intervals (spec.interval).',
          elsewhere: 'Requests count by account and action, those of all clients together: ask less often.',
        },
        'Ask for more: Service Quotas > AWS services > Amazon Elastic Container Registry Public > Rate of InitiateLayerUpload requests.',
      ],
      evidence: 'documented',
      docs: `${GUIDE}/public-service-quotas.html`,
    },
  },
};
