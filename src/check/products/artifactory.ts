import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const HELP = 'https://jfrog.com/help/r';
const DOCS = 'https://docs.jfrog.com';
const LOCKS = `${HELP}/jfrog-platform-administration-documentation/user-lock-and-login-suspension`;
const IDENTITY_TOKEN =
  'If {host} is your Artifactory, make an identity token there, which goes where the password goes: sign in to its web interface as the user > Edit Profile > Generate an Identity Token.';
const SUSPENDED =
  'Wrong logins suspend a user for up to a minute, longer each time, and may lock it until an administrator ends that: first find what sends the old password, and stop it.';
const UNLOCK =
  'If the user is locked, let an administrator unlock it, and no other; ARTIFACTORY_URL is the address of the web interface, without a path: curl -sS -m 20 -u ADMIN -X POST ARTIFACTORY_URL/artifactory/api/security/unlockUsers/USER';

/** JFrog Artifactory and JFrog Container Registry, in the cloud and self-managed. */
export const PRODUCT: Product = {
  name: 'JFrog Artifactory',
  is: ({ hostname, realm, basicRealm, marks }) =>
    /^(?:[a-z0-9-]+\.)+jfrog\.io$/.test(hostname) ||
    marks['x-jfrog-version'] !== undefined ||
    marks['x-artifactory-id'] !== undefined ||
    marks.server?.startsWith('Artifactory/') === true ||
    /\/api\/docker\/[^/]+\/v2\/token$/.test(realm?.pathname ?? '') ||
    basicRealm === 'Artifactory Realm',
  docs: `${DOCS}/administration/docs/permissions`,
  domains: ['jfrog.com'],
  permission: {
    text: 'The permissions Read and Deploy/Cache on the repository of Artifactory; who is to push a tag again needs Delete/Overwrite, too.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'The token service is Artifactory itself, on the same host. A missing right is told by its words, with 401 or 403.',
      evidence: 'reported',
    },
    {
      text: 'A repository key that is missing in the name, or that does not exist, is answered by 404.',
      evidence: 'reported',
    },
    {
      text: 'After a wrong login Artifactory suspends the user, at most for a minute, and answers 403 meanwhile, to the right password, too.',
      evidence: 'documented',
    },
  ],
  unproven: [
    {
      text: 'Tags that exist: without Delete/Overwrite they cannot be pushed again.',
      evidence: 'documented',
    },
    {
      text: 'The storage quota: as far as is known, it is judged when the blobs come.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Give the user of the login Read and Deploy/Cache in JFrog Artifactory ({host}), on the repository that holds {repository}.',
      steps: [
        'Administration > User Management > Permissions > the permission, or a new one: the repository under Resources, the user or a group of the user with Read and Deploy/Cache. Its include and exclude patterns must let the image through.',
        'A virtual repository passes pushes on to its Default Deployment Repository: give both rights on that one, too.',
        'Or use another login: the next steps, but for the last one, are for that alone.',
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary:
        'Put a login into {login} that JFrog Artifactory at {host} accepts: this one is wrong, revoked or locked.',
      steps: [
        SUSPENDED,
        UNLOCK,
        `A token goes with the name of its own user, and ends when that user is disabled. ${IDENTITY_TOKEN}`,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/user-management/docs/identity-tokens`,
    },
    CredentialsExpired: {
      summary: 'Make a new token in JFrog Artifactory ({host}): this one has run out.',
      steps: [
        'As an administrator of {host}: Administration > User Management > Access Tokens > Generate Token, for the user of the login, with an end that is far enough away.',
        'Or, if {host} is your Artifactory, by the CLI, for the user of its configuration SERVER_ID, which has to be that of {host} ("jf config show"); the life is in seconds: jf access-token-create --server-id=SERVER_ID --expiry=31536000',
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
      docs: `${DOCS}/integrations/docs/access-token-management`,
    },
    LoginLocked: {
      summary:
        'Unlock the user of the login in JFrog Artifactory ({host}), and find who sends a wrong password.',
      steps: [
        SUSPENDED,
        UNLOCK,
        'Only if this login is the wrong one: the next steps, but for the last one, are for a new one.',
        WRITE_LOGIN,
      ],
      evidence: 'documented',
      docs: LOCKS,
    },
    RepositoryNotFound: {
      summary:
        'Name a repository that JFrog Artifactory at {host} has, and in the way in which it is addressed there.',
      steps: [
        'By path, the key of the repository is the first part of the name: REGISTRY/KEY/IMAGE. By subdomain (KEY.REGISTRY/IMAGE) or by port (REGISTRY:PORT/IMAGE) the host says which repository it is, and the key must not be in the name.',
        'See what it should look like: the repository in the web interface > Set Me Up. Self-managed, the way is chosen in the HTTP Settings of the administration, and the reverse proxy has to follow it.',
        OTHER_REPOSITORY,
      ],
      evidence: 'reported',
      docs: `${DOCS}/artifactory/docs/additional-docker-information`,
    },
    RegistryReadOnly: {
      summary:
        'Push to a local repository of JFrog Artifactory at {host}, or to a virtual one that passes pushes on to a local one.',
      steps: [
        'A remote repository is a cache and takes no pushes: use another one.',
        'A virtual repository needs a local one to put pushes into: Administration > Repositories > the repository > Default Deployment Repository.',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
      docs: `${HELP}/jfrog-artifactory-documentation/configure-virtual-repositories-for-deployment`,
    },
    QuotaExceeded: {
      summary: 'Free storage of JFrog Artifactory at {host}, or raise its quota.',
      steps: [
        'Self-managed, give its disk more room, or raise the limit: Administration > Artifactory > Maintenance > Storage Space Limit.',
        'Or delete images that nobody needs, then, on the same page: Run Storage Garbage Collection.',
      ],
      evidence: 'documented',
      docs: `${HELP}/jfrog-platform-administration-documentation/managing-disk-space-usage`,
    },
  },
};
