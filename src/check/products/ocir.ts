import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const REGISTRY = 'https://docs.oracle.com/iaas/Content/Registry';
const TOKENS = `${REGISTRY}/Tasks/registrygettingauthtoken.htm`;

/** By the key of a region, or by its name. */
const HOST = /^(?:[a-z0-9-]+\.ocir\.io|ocir\.[a-z0-9-]+\.oci\.oraclecloud\.com)$/;
/** The namespace of the tenancy, then the name of the repository, whose slashes mean nothing. */
const REPOSITORY = /^([a-z0-9][a-z0-9_-]*)\/([a-z0-9][a-z0-9._/-]*)$/;

const NEW_TOKEN =
  'Make an auth token of the user: Profile > User settings > Tokens and keys > Auth tokens > Generate token. Oracle shows it once, and a user can have two.';
const CREATE =
  'Create it in the compartment that it belongs to: oci artifacts container repository create --compartment-id COMPARTMENT_OCID --display-name {image}';

/** Namespace of the tenancy and name of the repository in it. */
function valuesOf({ repository }: Place): Readonly<Record<string, string>> | undefined {
  const [, tenancy, image] = REPOSITORY.exec(repository) ?? [];
  return tenancy === undefined || image === undefined ? undefined : { tenancy, image };
}

/** Container Registry of Oracle Cloud Infrastructure (OCIR). */
export const PRODUCT: Product = {
  name: 'Oracle Cloud Infrastructure Registry',
  is: ({ hostname }) => HOST.test(hostname),
  values: valuesOf,
  docs: `${REGISTRY}/Concepts/registrypolicyrepoaccess.htm`,
  domains: ['oracle.com'],
  permission: {
    text: 'A policy that gives a group of the user REPOSITORY_READ and REPOSITORY_UPDATE, which are part of "manage repos"; "read repos" only pulls. To create repositories by pushing it takes REPOSITORY_CREATE in the whole tenancy.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The token service is on the same host. Its challenge has an empty scope, which the check replaces by its own.',
      evidence: 'reported',
    },
    {
      text: 'A repository that does not exist is not created by a push, unless the registry is set to do that in the root compartment.',
      evidence: 'documented',
    },
  ],
  unproven: [
    { text: 'Tags: an immutable repository takes none that it has already.', evidence: 'documented' },
    {
      text: 'Room for a further image: a repository holds 500 of them, unless the limit was raised.',
      evidence: 'documented',
    },
  ],
  advice: {
    PushDenied: {
      summary: 'Give a group of the user the right to push to {image} at the Oracle registry {host}.',
      steps: [
        `At Identity & Security > Policies > Create Policy: "Allow group GROUP to manage repos in compartment COMPARTMENT where any {request.permission = 'REPOSITORY_READ', request.permission = 'REPOSITORY_UPDATE'}". The verb read only pulls.`,
        `The repository must exist, if the registry is not set to create it in the root compartment on the first push. ${CREATE}`,
        `Or use another user: the next steps, but for the last one, are for that alone. ${NEW_TOKEN}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary:
        'Put an auth token and the full user name into {login} that the Oracle registry {host} accepts.',
      steps: [
        'The user name starts with the Object Storage namespace of the tenancy, which need not be the name of the tenancy: {tenancy}/USER, with an identity domain {tenancy}/DOMAIN/USER, for federated users {tenancy}/oracleidentitycloudservice/USER.',
        `The password is an auth token, not that of the console. ${NEW_TOKEN}`,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: TOKENS,
    },
    CredentialsExpired: {
      summary: 'Use an auth token at the Oracle registry {host}: the login in {login} has run out.',
      steps: [
        'What goes with the user BEARER_TOKEN ends soon after it was made. With an auth token the user is {tenancy}/USER, or {tenancy}/DOMAIN/USER.',
        NEW_TOKEN,
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
      docs: TOKENS,
    },
    RepositoryNotFound: {
      summary: 'Create {image} at the Oracle registry {host}, or name a repository that exists.',
      steps: [
        'The first part of {repository} must be the Object Storage namespace of the tenancy; see which one it is: oci os ns get',
        CREATE,
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${REGISTRY}/Tasks/registrycreatingarepository.htm`,
    },
  },
};
