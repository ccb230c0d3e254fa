import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { LET_CREATE, OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const BOOK = 'https://docs.redhat.com/en/documentation/red_hat_quay/3/html';
const ROBOT =
  'Make a robot account for it: Organizations > the organization of {repository} > Robot accounts > Create robot account, with Write on the repository.';
const CREATE =
  'Create it: Repositories > Create repository, in the organization or user that is the first part of {repository}; then its Settings > User and robot permissions > Write for the user or robot of the login.';

/** Quay: quay.io, Red Hat Quay and Project Quay. */
export const PRODUCT: Product = {
  name: 'Quay',
  is: ({ hostname, realm, marks }) =>
    hostname === 'quay.io' ||
    realm?.pathname === '/v2/auth' ||
    marks['x-sparse-manifest-support'] !== undefined,
  docs: `${BOOK}/use_red_hat_quay/use-quay-manage-repo`,
  domains: ['docs.redhat.com'],
  permission: {
    text: 'The permission Write on the repository, for a user or a robot account; with it the check can also cancel its upload session. Who is to create repositories needs a team with the role Creator.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'A request for a token to push creates the repository, if it does not exist and the login may do that. So a check looks first whether it exists, and stops where it does not.',
      evidence: 'source',
    },
    {
      text: 'No permission to write, a repository that does not exist, a mirror and a read-only repository look the same: a token without push, then 401.',
      evidence: 'source',
    },
    {
      text: 'An upload session that is not cancelled is removed after two days.',
      evidence: 'source',
    },
  ],
  unproven: [
    {
      text: 'Room in a quota: only one that is used up, and is set to reject, is refused at this point.',
      evidence: 'source',
    },
    {
      text: 'Pushes to an organization that is a proxy cache: as far as is known, they are refused somewhere later.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary: 'Give the user or robot of the login the permission Write on {repository} at Quay ({host}).',
      steps: [
        'The repository > Settings > User and robot permissions > Write. For the robots of an organization there is a second way: Organizations > the organization > Robot accounts > the robot > Set repository permissions.',
        'If it has Write: the repository may be a mirror or read-only, which Quay does not tell clients. Set it in the Settings of the repository, under Repository state, to Normal. If it does not exist: create it.',
        `Or use another login: the next steps, but for the last one, are for that alone. ${ROBOT}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary: 'Put a login into {login} that Quay at {host} accepts: this one is wrong or disabled.',
      steps: [
        'Look at the user name: a robot is called ORGANIZATION+ROBOT, an application token goes with $app, an OAuth access token with $oauthtoken; keep these in single quotes in a shell.',
        'Look up the token of the robot, or let Quay make it anew, which ends the old one: Organizations > the organization > Robot accounts > the robot.',
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    LoginLocked: {
      summary: 'Find who sends a wrong password of this user to Quay at {host}, and let the lock end.',
      steps: [
        'Quay locks the user, for longer after each wrong login: find what has the old password, and stop it; then wait.',
        `Only if this login is the wrong one, use another: the next steps, but for the last one, are for that alone. A robot account is locked by nobody else. ${ROBOT}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    RepositoryNotFound: {
      summary: 'Create {repository} in Quay at {host}, or name a repository that exists.',
      steps: [CREATE, OTHER_REPOSITORY],
      evidence: 'documented',
    },
    RepositoryWouldBeCreated: {
      summary:
        'Create {repository} in Quay at {host} yourself: Quay would do it as soon as it is asked for a token to push.',
      steps: [CREATE, OTHER_REPOSITORY, LET_CREATE],
      evidence: 'documented',
    },
    RegistryReadOnly: {
      summary: 'Let whoever runs Quay at {host} allow pushes again, or use another organization.',
      steps: [
        'All of Quay is read-only: wait for the end of the maintenance; on a Quay of your own, look at REGISTRY_STATE in its config.yaml.',
        'Pushes are switched off: on a Quay of your own, set DISABLE_PUSHES in its config.yaml to false and restart it.',
        'The organization is disabled, which also looks like this: only a superuser can enable it.',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${BOOK}/manage_red_hat_quay/standalone-deployment-backup-restore`,
    },
    QuotaExceeded: {
      summary: 'Raise the storage quota of the organization in Quay at {host}, or delete images.',
      steps: [
        'Raise it as a superuser: Organizations > the organization > Settings > Quota.',
        'Or delete tags that nobody needs; the room is free when Quay has removed them for good.',
      ],
      evidence: 'documented',
      docs: `${BOOK}/manage_red_hat_quay/red-hat-quay-quota-management-and-enforcement`,
    },
  },
};
