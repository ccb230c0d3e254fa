import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { OTHER_SECRET, RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const DOCS = 'https://docs.digitalocean.com';

/** The registry is the first part, an image follows. */
const REPOSITORY = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/./;

const NEW_TOKEN =
  'Make an API token that may read, create and update the registry: API > Tokens > Generate New Token. It is user name and password at once.';
const COLLECTION =
  'While a garbage collection runs, nobody gets the right to push: see whether one does: doctl registries garbage-collection get-active {registry}';

/** The name of the registry. */
function valuesOf({ repository }: Place): Readonly<Record<string, string>> | undefined {
  const registry = REPOSITORY.exec(repository)?.[1];
  return registry === undefined ? undefined : { registry };
}

/** DigitalOcean Container Registry. */
export const PRODUCT: Product = {
  name: 'DigitalOcean Container Registry',
  is: ({ hostname }) => hostname === 'registry.digitalocean.com',
  values: valuesOf,
  docs: `${DOCS}/reference/doctl/reference/registries/docker-config/`,
  domains: ['digitalocean.com'],
  permission: {
    text: 'An API token that may read, create and update the registry, or a docker configuration that was made with the option --read-write; that one does not expire by itself.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The token service is on another host, api.digitalocean.com. It answers 400 where the registry, the first part of the repository, does not exist, which the check calls TokenServiceFailed.',
      evidence: 'reported',
    },
    {
      text: 'A plan that allows no further repository is refused there, too, with 403.',
      evidence: 'reported',
    },
  ],
  unproven: [
    {
      text: 'Room in the storage of the plan.',
      evidence: 'documented',
    },
    {
      text: 'A garbage collection that starts meanwhile: tokens for pushing live on for up to 15 minutes.',
      evidence: 'documented',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Use a login of DigitalOcean that may push to {registry}: what the Kubernetes integration installs only pulls.',
      steps: [
        {
          cluster: 'Leave the Secret of the integration alone: it only pulls, and is written anew.',
          elsewhere: undefined,
        },
        `${NEW_TOKEN} A docker configuration can push, too, if "doctl registries docker-config" made it with the option read-write; without the option expiry-seconds it does not expire by itself.`,
        OTHER_SECRET,
        COLLECTION,
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary:
        'Put an API token into {login} that DigitalOcean accepts: this one is wrong, revoked or expired.',
      steps: [
        'User name and password are the same API token; the password of the account does not work. What "doctl registry login" gives out lives for 30 days unless it was told otherwise.',
        NEW_TOKEN,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/reference/doctl/reference/registry/login`,
    },
    CredentialsExpired: {
      summary: 'Renew the API token of DigitalOcean in {login}: it has run out.',
      steps: [
        'What "doctl registry login" gives out lives for 30 days unless it was told otherwise; for machines, make a token with an end that you choose.',
        NEW_TOKEN,
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
      docs: `${DOCS}/reference/doctl/reference/registry/login`,
    },
    RegistryReadOnly: {
      summary:
        'Wait until the garbage collection of {registry} at DigitalOcean ends: it takes no pushes as long.',
      steps: [COLLECTION],
      evidence: 'documented',
      docs: `${DOCS}/reference/doctl/reference/registry/garbage-collection`,
    },
    TokenServiceFailed: {
      summary:
        'Correct the first part of {repository} if the token service of DigitalOcean answered 400: there is no registry {registry}.',
      steps: [
        'See what the registries are called: doctl registries list',
        'For any other status, look whether the service has a problem: https://status.digitalocean.com/.',
      ],
      evidence: 'reported',
      docs: `${DOCS}/reference/doctl/reference/registries/`,
    },
    QuotaExceeded: {
      summary:
        'Take a larger plan for {registry} at DigitalOcean, or push to a repository that exists: the plan allows no more of them.',
      steps: [
        'See what the plans allow: doctl registries options subscription-tiers',
        'Take a larger one, or delete repositories that nobody needs, both at Container Registry in the control panel.',
        OTHER_REPOSITORY,
      ],
      evidence: 'reported',
      docs: `${DOCS}/reference/doctl/reference/registries/options/`,
    },
  },
};
