import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const HELP = 'https://help.sonatype.com/en';
const TOKENS = `${HELP}/user-tokens.html`;

/** Sonatype Nexus Repository 3, all editions. */
export const PRODUCT: Product = {
  name: 'Sonatype Nexus Repository',
  is: ({ realm, service, basicRealm, marks }) =>
    marks.server?.startsWith('Nexus/') === true ||
    basicRealm === 'Sonatype Nexus Repository Manager' ||
    // Its tokens are for the token service itself.
    (realm?.pathname.endsWith('/v2/token') === true && service === realm.href),
  docs: `${HELP}/docker-authentication.html`,
  domains: ['sonatype.com'],
  permission: {
    text: 'The privileges nx-repository-view-docker-REPO-read, nx-repository-view-docker-REPO-add and nx-repository-view-docker-REPO-edit, where REPO is the repository in Nexus.',
    evidence: 'reported',
  },
  probe: [
    {
      text: 'A wrong password and a missing privilege are refused by the same words. The check tells them apart by asking for /v2/ with the login.',
      evidence: 'reported',
    },
    {
      text: 'A group of repositories refuses pushes, except in the Pro edition with a writable repository.',
      evidence: 'documented',
    },
    {
      text: 'The port of the web interface is not that of a Docker repository: it answers 404, with a page.',
      evidence: 'reported',
    },
  ],
  unproven: [
    {
      text: 'Tags that exist: with the deployment policy Disable redeploy they are refused later in the push.',
      evidence: 'reported',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Give the user of the login a role in Nexus ({host}) that may read, add and edit in the Docker repository.',
      steps: [
        'Find the repository behind {host} (Settings > Repository > Repositories, by its connector port, its subdomain or the first part of the name): it must be a hosted one. A proxy takes no pushes, a group only in the Pro edition.',
        'Make a role with nx-repository-view-docker-REPO-read, nx-repository-view-docker-REPO-add and nx-repository-view-docker-REPO-edit, where REPO is the name of the repository in Nexus: Settings > Security > Roles > Create role. Give it to the user: Settings > Security > Users.',
        'Or use another login: the next steps, but for the last one, are for that alone. Where Settings > Security > User Token requires user tokens for repositories (Pro), it has to be one: it replaces both the user name and the password.',
        WRITE_LOGIN,
      ],
      evidence: 'reported',
      docs: `${HELP}/roles.html`,
    },
    CredentialsRejected: {
      summary:
        'Put a login into {login} that Nexus at {host} accepts: this one is wrong, disabled or expired.',
      steps: [
        'The list of active realms must have the one the user comes from (local, LDAP, user tokens), and the Docker Bearer Token Realm: Settings > Security > Realms.',
        'A user token (Pro) has two parts: the first one is the user name of the login, the second one its password. It may have an end, or may have been reset.',
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsExpired: {
      summary: 'Make a new user token in Nexus ({host}): this one has run out.',
      steps: [
        'Sign in to Nexus as the user of the login and make it there, under User Token in the menu of the user. Its first part is the user name of the login, the second one its password.',
        'How long user tokens live is set for all of them: Settings > Security > User Token.',
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
      docs: TOKENS,
    },
    NotARegistry: {
      summary:
        'Use the address of a Docker repository of Nexus: what answers at {host} looks like its web interface.',
      steps: [
        'See how clients reach the repository: Settings > Repository > Repositories > the repository > Repository Connectors (a port of its own, a subdomain, or path based routing).',
        {
          cluster:
            'With a port or a subdomain, put that into spec.registryUrl. With path based routing, the name of the repository in Nexus is the first part of spec.pushTestRepository.',
          elsewhere:
            'With a port or a subdomain, put that into the URL. With path based routing, the repository begins with the name that it has in Nexus.',
        },
        'A proxy in front of Nexus has to pass /v2/ on to that connector.',
      ],
      evidence: 'documented',
      docs: `${HELP}/docker-registry.html`,
    },
    RegistryReadOnly: {
      summary: 'Push to a hosted Docker repository of Nexus: what is behind {host} takes no pushes.',
      steps: [
        'A group takes them only in the Pro edition, and with a Writable Repository chosen: Settings > Repository > Repositories > the group. A proxy repository takes none.',
        'Of a hosted repository, look at its Deployment Policy on the same page: it must not be Read-only.',
        {
          cluster:
            'Or put the address of a hosted repository, which has a port or subdomain of its own, into spec.registryUrl. With path based routing, put its name in front of spec.pushTestRepository.',
          elsewhere:
            'Or put the address of a hosted repository, which has a port or subdomain of its own, into the URL. With path based routing, the repository begins with its name.',
        },
      ],
      evidence: 'documented',
      docs: `${HELP}/pushing-images-to-a-group-repository.html`,
    },
  },
};
