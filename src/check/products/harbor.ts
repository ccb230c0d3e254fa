import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const ROBOTS =
  'https://goharbor.io/docs/main/working-with-projects/project-configuration/create-robot-accounts/';
const ROLES = 'https://goharbor.io/docs/main/administration/managing-users/user-permissions-by-role/';
const NEW_ROBOT =
  'Make a robot account for it: Projects > {project} > Robot Accounts > New Robot Account, with Repository: Pull and Push; Harbor shows its secret once.';

/** Harbor, 2.x (registries of VMware and others are made of it). */
export const PRODUCT: Product = {
  name: 'Harbor',
  is: ({ realm, service, basicRealm }) =>
    basicRealm === 'harbor' || (service === 'harbor-registry' && realm?.pathname === '/service/token'),
  // The first part of a repository is the project.
  values: ({ repository }) => ({ project: repository.split('/', 1)[0] ?? repository }),
  docs: ROLES,
  domains: ['goharbor.io'],
  permission: {
    text: 'Role Developer, Maintainer or Project Admin in the project, or a robot account of it with Repository: Pull and Push. With Repository: Delete (or from Maintainer on) the check can also cancel its upload session.',
    evidence: 'source',
  },
  probe: [
    {
      text: 'The token service gives a token to everybody, wrong passwords included, so a check that is refused asks once more without a scope: that proves the login.',
      evidence: 'measured',
    },
    {
      text: 'A login without the right to push and a project that does not exist are both answered by 401; the check tells them apart by the words.',
      evidence: 'measured',
    },
    {
      text: 'After a wrong password Harbor refuses the same user for 1.5 seconds, the right password included. The check asks again before it says so. Robot accounts are not affected.',
      evidence: 'measured',
    },
    {
      text: 'Nothing that users see is made. An upload session that may not be cancelled is removed by Harbor after a week.',
      evidence: 'source',
    },
  ],
  unproven: [
    {
      text: 'Room in a quota that is nearly used up: only a full one is refused at this point.',
      evidence: 'source',
    },
    {
      text: 'Tags: immutability and vulnerability policies are judged when the manifest comes.',
      evidence: 'source',
    },
  ],
  advice: {
    PushDenied: {
      summary: 'Give the user of the login the right to push into project {project} of Harbor at {host}.',
      steps: [
        'A user needs the role Developer or a higher one (Guest and Limited Guest only pull): Projects > {project} > Members. From a public project everybody may pull, so the user may have to be added there first.',
        'A robot account needs Repository: Pull and Push on this project: Projects > {project} > Robot Accounts > Edit; a system robot (robot$ROBOT, without a project) is edited at Administration > Robot Accounts.',
        `Or use a robot account of the project: the next steps, but for the last one, are for that alone. ${NEW_ROBOT}`,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: ROLES,
    },
    CredentialsRejected: {
      summary:
        'Put a login into {login} that Harbor at {host} accepts: this one is wrong, disabled or expired.',
      steps: [
        'Look at the user name: robots are called robot$TEAM+ROBOT, where TEAM is the project, or robot$ROBOT for all projects, with one dollar sign; keep it in single quotes in a shell. Users who sign in by OIDC have a CLI secret in their profile: their password does not work here.',
        'Look whether the robot account is disabled or expired, and refresh its secret: Projects > {project} > Robot Accounts, for a system robot (robot$ROBOT) Administration > Robot Accounts.',
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'source',
      docs: ROBOTS,
    },
    CredentialsExpired: {
      summary: 'Refresh the secret of the robot account at Harbor ({host}): it has run out.',
      steps: [
        'Projects > {project} > Robot Accounts (a system robot, robot$ROBOT: Administration > Robot Accounts) > the robot > Refresh Secret; give it a longer life there, or none. Without another choice a robot account lives for 30 days.',
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'source',
      docs: ROBOTS,
    },
    RepositoryNotFound: {
      summary: 'Create project {project} in Harbor at {host}, or name a repository of a project that exists.',
      steps: [
        'Harbor makes repositories by itself, and no projects: Projects > New Project, with the name {project}.',
        OTHER_REPOSITORY,
      ],
      evidence: 'measured',
      docs: 'https://goharbor.io/docs/main/working-with-projects/create-projects/',
    },
    RegistryReadOnly: {
      summary:
        'Harbor at {host} takes no pushes here: it is in read-only mode, or {project} is a proxy cache.',
      steps: [
        'Read-only mode of all of Harbor, which also hides wrong passwords: Administration > Configuration > System Settings > Repository Read Only.',
        'A project that was made as a proxy cache never takes a push: use another project.',
        OTHER_REPOSITORY,
      ],
      evidence: 'measured',
    },
    QuotaExceeded: {
      summary:
        'The storage quota of project {project} in Harbor at {host} is used up: raise it, or delete images.',
      steps: [
        'Raise it: Administration > Project Quotas > {project} > Edit.',
        'Or delete images of the project, then run the garbage collection: Administration > Clean Up.',
      ],
      evidence: 'source',
      docs: 'https://goharbor.io/docs/main/administration/configure-project-quotas/',
    },
  },
  impossible: {
    RepositoryWouldBeCreated: { text: 'asking makes no repository', evidence: 'measured' },
  },
};
