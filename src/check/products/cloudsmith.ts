import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const DOCS = 'https://docs.cloudsmith.com';
const PRIVILEGES = `${DOCS}/repositories/repository-privileges`;

const NEW_SERVICE =
  'Make a service account: Accounts > Services > Create Service, and give it Write on the repository. Its slug is the user name and its API key the password, which Cloudsmith shows once.';

/** Cloudsmith, at its own host; a custom domain shows no sign of it. */
export const PRODUCT: Product = {
  name: 'Cloudsmith',
  is: ({ hostname }) => hostname === 'docker.cloudsmith.io',
  docs: PRIVILEGES,
  domains: ['docs.cloudsmith.com'],
  permission: {
    text: 'The privilege Write on the repository of Cloudsmith, for a user, a service account or a team it is in. Entitlement tokens only pull.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'A repository has three parts: WORKSPACE/REPO/IMAGE.',
      evidence: 'documented',
    },
    {
      text: 'As far as is known, refusals look as they do anywhere; no words of its own are looked for.',
      evidence: 'recalled',
    },
  ],
  unproven: [
    {
      text: 'Policies and the limits of the plan: they are probably judged when the image is complete.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary: 'Give the login at Cloudsmith the privilege Write on the repository that {repository} is in.',
      steps: [
        'An entitlement token only pulls, whatever it is allowed: a push needs the API key of a user or of a service account.',
        'The first two parts of {repository} are the workspace and its repository: there, under Settings > Access Controls, give Write to the user, to the service account or to a team it is in.',
        `Or use another login: the next steps, but for the last one, are for that alone. ${NEW_SERVICE}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary:
        'Put an API key into {login} that Cloudsmith accepts: this one is wrong, was refreshed or is too old.',
      steps: [
        'A key that was refreshed ends at once, and a workspace can set how old keys may be. Its own list of allowed addresses may leave out the address that this comes from.',
        NEW_SERVICE,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/accounts-and-teams/api-key`,
    },
    CredentialsExpired: {
      summary: {
        cluster: 'Refresh the API key at Cloudsmith, and write the new one into {login}.',
        elsewhere: 'Refresh the API key at Cloudsmith, and use the new one.',
      },
      steps: [
        'Refresh it at Accounts > Services, which ends the old one everywhere. How old keys may be is set for the workspace: Settings > API key rules.',
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
      docs: `${DOCS}/workspaces/api-key-rules`,
    },
    RepositoryNotFound: {
      summary:
        'Name a repository that Cloudsmith has: {repository} needs a workspace and a repository in it.',
      steps: [
        'It has three parts, WORKSPACE/REPO/IMAGE. A push creates the image; the repository is created in the workspace.',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${DOCS}/repositories`,
    },
    AccessBlocked: {
      summary: 'Allow the address of the cluster for the API key at Cloudsmith.',
      steps: [
        'An API key can be bound to addresses: see whether the list of the key has the address of the cluster, at Personal API Keys > API Key Restrictions.',
      ],
      evidence: 'documented',
      docs: `${DOCS}/accounts-and-teams/api-key`,
    },
  },
};
