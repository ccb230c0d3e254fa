import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const REGISTRY =
  'https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry';
const ACCESS =
  'https://docs.github.com/en/packages/learn-github-packages/configuring-a-packages-access-control-and-visibility';
const NEW_TOKEN =
  'Make a personal access token (classic) with write:packages. For ghcr.io this form leaves the scope repo out: https://github.com/settings/tokens/new?scopes=write:packages (where the organization has single sign-on, then click Configure SSO). Any user name that is not empty goes with it.';

/** GitHub Container Registry, at ghcr.io and in GitHub Enterprise Server. */
export const PRODUCT: Product = {
  name: 'GitHub Container Registry',
  is: ({ hostname, marks }) =>
    hostname === 'ghcr.io' ||
    (hostname.startsWith('containers.') && marks['x-github-request-id'] !== undefined),
  docs: REGISTRY,
  domains: ['github.com'],
  permission: {
    text: 'A personal access token (classic) with write:packages, of a user with the role Write on the package. In a workflow: GITHUB_TOKEN with packages: write, and the role Write for its repository under Manage Actions access of the package; a package that was first pushed by hand knows no repository.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The token service takes every login, wrong ones too, so the upload is what shows it: 401 for a wrong token, 403 for a missing right.',
      evidence: 'reported',
    },
    { text: 'The check can cancel its upload session.', evidence: 'reported' },
  ],
  unproven: [
    {
      text: 'That the workflow may push, too: a check has another login than GITHUB_TOKEN, which ends with its job.',
      evidence: 'documented',
    },
    {
      text: 'That a package may be created: as far as is known, an upload to a new name may be taken and its manifest be refused.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Give the token at GitHub ({host}) the scope write:packages, and its user the role Write on the package {repository}.',
      steps: [
        'The token: only personal access tokens (classic) work, no fine-grained ones. It needs write:packages, and Configure SSO beside it where the organization has single sign-on.',
        'The package: Package settings > Manage access > role Write for the user of the token. Where it does not exist yet, its organization has to allow new ones: Organization settings > Packages > Package creation.',
        `Or use another token: the next steps, but for the last one, are for that alone. ${NEW_TOKEN}`,
        WRITE_LOGIN,
      ],
      evidence: 'reported',
      docs: ACCESS,
    },
    CredentialsRejected: {
      summary:
        'Put a token into {login} that GitHub at {host} accepts: this one is wrong, expired or revoked.',
      steps: [
        'A password does not work, and a GITHUB_TOKEN ends with its job: use a personal access token (classic).',
        'For ghcr.io, try the token with GitHub itself, as its password; 401 means that it is no good, and x-oauth-scopes must list write:packages: curl -sSI -m 20 -u USER https://api.github.com/user',
        NEW_TOKEN,
        WRITE_LOGIN,
      ],
      evidence: 'reported',
    },
    CredentialsExpired: {
      summary: 'Renew the token of GitHub ({host}) in {login}: it has run out.',
      steps: [
        'Regenerate it, with its scopes: Settings > Developer settings > Personal access tokens > Tokens (classic) > the token > Regenerate token.',
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
    },
  },
};
