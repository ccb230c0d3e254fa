import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { LET_CREATE, OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const LOGINS =
  'https://docs.gitlab.com/user/packages/container_registry/authenticate_with_container_registry/';
const SCOPES =
  'The token needs both scopes, read_registry and write_registry; a project or group access token needs the role Developer besides (Reporter only pulls).';
const NEW_TOKEN =
  'Make one at the GitLab of {host}, in the project that {repository} is in: Settings > Access tokens > Add new token, role Developer, scopes read_registry and write_registry; any user name goes with it. Or a deploy token with both scopes: Settings > Repository > Deploy tokens; it has a user name of its own, gitlab+deploy-token-N unless another was chosen.';

/** GitLab, both GitLab.com and self-managed. */
export const PRODUCT: Product = {
  name: 'GitLab',
  is: ({ hostname, realm, service, marks }) =>
    hostname === 'registry.gitlab.com' ||
    marks['gitlab-container-registry-version'] !== undefined ||
    (service === 'container_registry' && realm?.pathname.endsWith('/jwt/auth') === true),
  docs: LOGINS,
  domains: ['docs.gitlab.com'],
  permission: {
    text: 'Role Developer in the project, with a token that has the scopes read_registry and write_registry; or a deploy token with both scopes, which needs no role.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The token service is on the web host of GitLab. A token with the right to push makes the repository appear in the list of the project, empty; so a check looks first whether it exists, and stops where it does not.',
      evidence: 'source',
    },
    {
      text: 'A role that is too low, a project that does not exist and a project without its container registry look the same: a token without rights, then 401.',
      evidence: 'source',
    },
    {
      text: 'Only Maintainers and CI jobs may cancel uploads: for others the session stays until GitLab removes it (finding UploadNotCancelled).',
      evidence: 'source',
    },
  ],
  unproven: [{ text: 'Protected tags: they are judged when the manifest comes.', evidence: 'source' }],
  advice: {
    PushDenied: {
      summary:
        'Give the login at GitLab ({host}) the right to push {repository}: role Developer, scopes read_registry and write_registry.',
      steps: [
        SCOPES,
        'If both are there: the project must exist at this path, with the container registry switched on (Settings > General > Visibility), not archived, and the path not protected (Settings > Packages and registries).',
        `Or use another token: the next steps, but for the last one, are for that alone. ${NEW_TOKEN}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: 'https://docs.gitlab.com/user/packages/container_registry/container_repository_protection_rules/',
    },
    CredentialsRejected: {
      summary:
        'Put a token into {login} that GitLab at {host} accepts: this login is wrong, expired or revoked.',
      steps: [
        'With two-factor authentication the password of an account does not work: use a token. A job token (CI_JOB_TOKEN) ends with its job.',
        NEW_TOKEN,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsExpired: {
      summary: 'Renew the token of GitLab ({host}) in {login}: it has run out.',
      steps: [NEW_TOKEN, WRITE_LOGIN, RENEW_EXPIRY],
      evidence: 'documented',
    },
    RepositoryNotFound: {
      summary:
        'Name a repository of a project that GitLab at {host} has, with its container registry switched on.',
      steps: [
        'A repository is GROUP/PROJECT, or that and one or two more parts. Where the whole registry is switched off, an administrator has to switch it on in gitlab.rb.',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
    },
    RepositoryWouldBeCreated: {
      summary: {
        cluster:
          'GitLab would list {repository} as soon as it is asked: push an image there once, or let the check do it.',
        elsewhere:
          'GitLab would list {repository} as soon as it is asked: push an image there once, or name one that exists.',
      },
      steps: ['Push any image there once, or create the project first.', OTHER_REPOSITORY, LET_CREATE],
      evidence: 'source',
    },
    AccessBlocked: {
      summary: 'GitLab at {host} has banned this network for about an hour: find who uses a wrong password.',
      steps: [
        {
          cluster:
            'Wrong logins of anything behind the same address count, not only those of the check. Suspend checks with wrong logins first (spec.suspend).',
          elsewhere:
            'Wrong logins of anything behind the same address count. Stop first what signs in with a wrong login.',
        },
        'On a GitLab of your own, look at the rate limits of failed logins (rack_attack in gitlab.rb) and allow the address of the cluster there.',
      ],
      evidence: 'reported',
      docs: 'https://docs.gitlab.com/security/rate_limits/',
    },
  },
};
