import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const REGISTRY = 'https://docs.gitea.com/usage/packages/container';
const NEW_TOKEN =
  'Make an access token, which is shown once: sign in as the user > Settings > Applications > Generate New Token, with package: Read and Write.';

/** Gitea, and Forgejo, which was made of it. */
export const PRODUCT: Product = {
  name: 'Gitea and Forgejo',
  is: ({ realm, service, basicRealm }) =>
    (service === 'container_registry' && realm?.pathname.endsWith('/v2/token') === true) ||
    basicRealm === 'Gitea Container Registry',
  // The first part of a repository is the user or organization that owns it.
  values: ({ repository }) => {
    const [, owner] = /^([a-z0-9][a-z0-9._-]*)\/./.exec(repository) ?? [];
    return owner === undefined ? undefined : { owner };
  },
  docs: REGISTRY,
  domains: ['docs.gitea.com', 'forgejo.org'],
  permission: {
    text: 'To be the owner of the packages, or in a team of the organization with Write on Packages; an access token needs write:package besides. With it the check can also cancel its upload session.',
    evidence: 'source',
  },
  probe: [
    {
      text: 'Tokens of its token service hold no list of rights: only the upload shows whether the login may push.',
      evidence: 'source',
    },
    {
      text: 'A missing right is answered by 401 with a Basic challenge, as if the login were wrong.',
      evidence: 'measured',
    },
    {
      text: 'The token service refuses an access token without any scope for packages like a wrong password. So the check asks the registry once more, with Basic, which tells them apart.',
      evidence: 'measured',
    },
    {
      text: 'Nothing that users see is made, and wrong passwords lock nobody out.',
      evidence: 'measured',
    },
  ],
  unproven: [
    {
      text: 'The quota of Forgejo: newer versions refuse the upload by 413 once it is used up, older ones do not look at it for images.',
      evidence: 'reported',
    },
    {
      text: 'The limits of size and number of packages (LIMIT_TOTAL_OWNER_SIZE and others in app.ini): they are judged when a blob is complete, by 403.',
      evidence: 'measured',
    },
  ],
  advice: {
    PushDenied: {
      summary: 'Let the login at Gitea or Forgejo ({host}) write packages of {owner}.',
      steps: [
        `An access token needs package: Read and Write (write:package), and not for public data alone if {owner} is private. Tokens cannot be changed. ${NEW_TOKEN}`,
        'If {owner} is an organization, the user needs a team of it with Write on Packages: {owner} > Teams > the team > Settings. If {owner} is a user, nobody else may push there but administrators.',
        'Or use another login: the next steps, but for the last one, are for that alone.',
        WRITE_LOGIN,
      ],
      evidence: 'source',
    },
    CredentialsRejected: {
      summary:
        'Put an access token into {login} that Gitea or Forgejo at {host} accepts: this login is wrong, or the password alone is not enough.',
      steps: [
        `With two-factor authentication, or where people sign in by OAuth, a password does not work here: use an access token in its place. ${NEW_TOKEN}`,
        `Or by the API, where a password is enough; GITEA_URL is the address of the web interface, with its path: curl -u USER -H 'Content-Type: application/json' -d '{"name":"push","scopes":["write:package"]}' GITEA_URL/api/v1/users/USER/tokens`,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsExpired: {
      summary: 'Make a new access token at Gitea or Forgejo ({host}): the old one has run out.',
      steps: [NEW_TOKEN, WRITE_LOGIN, RENEW_EXPIRY],
      evidence: 'documented',
    },
    RepositoryNotFound: {
      summary: 'Create {owner} at Gitea or Forgejo ({host}), or name a repository of an owner that exists.',
      steps: [
        'The first part of the name is a user or an organization; what comes behind it need not exist. Make an organization {owner}: the + at the top > New Organization.',
        OTHER_REPOSITORY,
      ],
      evidence: 'source',
    },
    QuotaExceeded: {
      summary: 'Delete packages of {owner} at Forgejo ({host}), or let its administrator raise the quota.',
      steps: [
        'Delete what nobody needs: {owner} > Packages > the package > Settings. All that {owner} keeps may count, not packages alone.',
        'Or, on a Forgejo of your own, raise the quota: under [quota.default] in app.ini, or in its rules, by the API for administrators.',
      ],
      evidence: 'documented',
      docs: 'https://forgejo.org/docs/latest/admin/advanced/quota/',
    },
  },
  impossible: {
    RepositoryWouldBeCreated: { text: 'asking makes no package', evidence: 'measured' },
    LoginLocked: { text: 'wrong passwords lock nobody out', evidence: 'measured' },
  },
};
