import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const DOCS = 'https://www.scaleway.com/en/docs';

/** One host for each region. */
const HOST = /^rg\.([a-z]{2}-[a-z]{3})\.scw\.cloud$/;
/** The namespace, then an image. */
const REPOSITORY = /^([a-z0-9][a-z0-9-]*)(?:\/|$)/;

const TOKEN_HOST = 'api.scaleway.com';
const NEW_KEY =
  'Make an API key for an application: IAM & API keys > API keys > Generate API key. Its secret key is the password, the user name is nologin; the access key and the password of the account are not used.';
const NAMESPACES =
  'See whether the namespace {space} is there, in this region and in your organization: scw registry namespace list region={region}';
const CREATE =
  'Create it, or let it be done by who may; names are unique within a region: scw registry namespace create name={space} region={region}';

/** Region and namespace. */
function valuesOf({ hostname, repository }: Place): Readonly<Record<string, string>> | undefined {
  const region = HOST.exec(hostname)?.[1];
  const space = REPOSITORY.exec(repository)?.[1];
  return region === undefined || space === undefined ? undefined : { region, space };
}

/** Scaleway Container Registry. */
export const PRODUCT: Product = {
  name: 'Scaleway Container Registry',
  // By nothing that a registry can claim: its token service is named in what follows.
  is: ({ hostname }) => HOST.test(hostname),
  values: valuesOf,
  docs: `${DOCS}/container-registry/how-to/connect-docker-cli/`,
  domains: ['scaleway.com'],
  permission: {
    text: 'The permission set ContainerRegistryFullAccess in the project of the namespace, for the user or the application whose API key it is (ContainerRegistryReadOnly only pulls).',
    evidence: 'documented',
  },
  probe: [
    {
      text: `The token service is on another domain, ${TOKEN_HOST}, so the installation or the Secret has to allow it (TokenRealmNotTrusted).`,
      evidence: 'reported',
    },
    {
      text: 'A namespace that does not exist is refused by the token service with 404, and so is a wrong key; the check calls that TokenServiceFailed.',
      evidence: 'reported',
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
      summary:
        'Give the API key at Scaleway the permission set ContainerRegistryFullAccess in the project of the namespace {space}.',
      steps: [
        'The policy belongs to the application or the user whose key it is, and its scope must be the project of the namespace: IAM & API keys > Policies. ContainerRegistryReadOnly only pulls.',
        NAMESPACES,
        `Or use another key: the next steps, but for the last one, are for that alone. ${NEW_KEY}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/iam/reference-content/permission-sets/`,
    },
    CredentialsRejected: {
      summary:
        'Put the secret key of an API key into {login} that Scaleway accepts: this one is wrong, deleted or expired.',
      steps: [
        'The user name is nologin, the password is the secret key of an API key. Look for the key, and for its end, at IAM & API keys > API keys.',
        `Scaleway shows a secret key only once. ${NEW_KEY}`,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/iam/how-to/create-api-keys/`,
    },
    CredentialsExpired: {
      summary: 'Renew the API key of Scaleway in {login}: it has run out.',
      steps: [`${NEW_KEY} Its end is chosen there.`, WRITE_LOGIN, RENEW_EXPIRY],
      evidence: 'documented',
      docs: `${DOCS}/iam/how-to/create-api-keys/`,
    },
    RepositoryNotFound: {
      summary: 'Create the namespace {space} at Scaleway ({host}), or name a repository of one that exists.',
      steps: [`A push creates images and no namespaces. ${NAMESPACES}`, CREATE, OTHER_REPOSITORY],
      evidence: 'documented',
      docs: `${DOCS}/container-registry/how-to/create-namespace/`,
    },
    TokenServiceFailed: {
      summary:
        'If the token service of Scaleway answered 404, create the namespace {space} or correct the key of the login.',
      steps: [
        NAMESPACES,
        CREATE,
        'If it is there: the password of the login must be the secret key of an API key of the same organization that still exists, and the user name nologin.',
        'For any other status, look whether the service has a problem: https://status.scaleway.com/.',
      ],
      evidence: 'reported',
      docs: `${DOCS}/container-registry/how-to/create-namespace/`,
    },
    TokenRealmNotTrusted: {
      summary: `Allow the token service of Scaleway for {host}, if it is ${TOKEN_HOST} that the message names.`,
      steps: [
        `${TOKEN_HOST} is the token service of Scaleway. If the message names another host, allow nothing, and find out who answers at {host}.`,
        {
          cluster: `For all checks, let whoever runs the operator add "{host}=${TOKEN_HOST}" to tokenHosts of its configuration.`,
          elsewhere: undefined,
        },
        {
          cluster: `Or, for one login, put ${TOKEN_HOST} into the annotation doctor.stella-ops.org/token-hosts of its Secret.`,
          elsewhere: undefined,
        },
      ],
      evidence: 'reported',
    },
  },
};
