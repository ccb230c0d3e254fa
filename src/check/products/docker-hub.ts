import { isDockerHub } from '../../registry/origin.ts';
import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { RENEW_EXPIRY, WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const TOKENS = 'https://docs.docker.com/security/access-tokens/';
const NEW_TOKEN =
  'Make a personal access token: app.docker.com > Account settings > Personal access tokens > Generate new token, with Read & Write; it is shown once.';

/** Docker Hub. */
export const PRODUCT: Product = {
  name: 'Docker Hub',
  is: ({ hostname }) => isDockerHub(hostname),
  docs: TOKENS,
  domains: ['docs.docker.com', 'index.docker.io', 'github.com'],
  permission: {
    text: 'A personal access token with Read & Write of a user who may write to the repository, or an organization access token with Image Push on it.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'Wrong passwords and tokens of too low a level are both refused by the token service with 401; the check tells them apart by the words.',
      evidence: 'reported',
    },
    {
      text: 'A missing right and a namespace that does not exist look the same: a token without push, then 401.',
      evidence: 'reported',
    },
    {
      text: 'After too many wrong logins the token service answers 429 for this user or address. The check calls that LoginLocked, not RateLimited.',
      evidence: 'reported',
    },
    {
      text: 'A name of one part, such as debian, is asked for as library/debian.',
      evidence: 'source',
    },
  ],
  unproven: [
    {
      text: 'Whether other clients find the login in the same Secret: docker login keeps it under the key https://index.docker.io/v1/ and the docker client looks there, while the check takes every name of Docker Hub, such as docker.io.',
      evidence: 'source',
    },
    {
      text: 'The number of private repositories of the plan: as far as is known, it is judged when an image is pushed to a new one.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Let the login push {repository} at Docker Hub: a token with Read & Write, of a user who may write there.',
      steps: [
        'The token: a personal one needs Read & Write (app.docker.com > Account settings > Personal access tokens > Edit); one of an organization needs Image Push for this repository (Admin Console > Access tokens > Edit).',
        'The user: must own the namespace, be a collaborator, or be in a team of the organization with Read & Write on the repository. Who has not verified their e-mail address can only read. An archived repository takes no pushes: see its Settings on hub.docker.com. A new private one may be beyond the number of the plan.',
        `Or use another token: the next steps, but for the last one, are for that alone. ${NEW_TOKEN}`,
        WRITE_LOGIN,
      ],
      evidence: 'reported',
      docs: 'https://docs.docker.com/security/access-tokens/reference/',
    },
    CredentialsRejected: {
      summary: 'Put a token into {login} that Docker Hub accepts: this login is wrong, expired or revoked.',
      steps: [
        'With two-factor authentication or single sign-on a password does not work: use a token. With a personal one the user name is the Docker ID, with one of an organization it is the name of the organization.',
        `Look in the list of tokens whether this one is active and not expired. ${NEW_TOKEN}`,
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsExpired: {
      summary: 'Make a new token at Docker Hub: the end of the old one cannot be moved.',
      steps: [
        NEW_TOKEN,
        'One of an organization is made in its Admin Console: Access tokens > Generate access token, with Image Push.',
        WRITE_LOGIN,
        RENEW_EXPIRY,
      ],
      evidence: 'documented',
    },
    LoginLocked: {
      summary: 'Find who sends a wrong password to Docker Hub, and let the lock end.',
      steps: [
        {
          cluster:
            'Docker Hub locks the user or the address: find what else signs in with an old password, such as nodes with an old pull secret, and stop it. Suspend the checks that have a wrong login (spec.suspend).',
          elsewhere:
            'Docker Hub locks the user or the address: find what else signs in with an old password, such as nodes with an old pull secret, and stop it. If it is this login, do not try it again before it is changed.',
        },
        'Then wait: as far as is known, the lock ends by itself 10 to 15 minutes after the last wrong login.',
        `Only if this login is the wrong one, make a new token: the next steps, but for the last one, are for that alone. ${NEW_TOKEN}`,
        WRITE_LOGIN,
      ],
      evidence: 'reported',
      docs: 'https://github.com/docker/hub-feedback/issues/2201',
    },
    RateLimited: {
      summary: 'Send fewer requests to Docker Hub from the address of the cluster.',
      steps: [
        'The limit counts all requests of an IPv4 address or of an IPv6 /64, with and without a login, some thousand a minute. So look for what else behind this address asks so often: pulls, mirrors, scanners.',
        {
          cluster: 'Have fewer checks of Docker Hub, or give them longer intervals (spec.interval).',
          elsewhere: 'Ask Docker Hub less often.',
        },
      ],
      evidence: 'documented',
      docs: 'https://docs.docker.com/docker-hub/usage/',
    },
  },
};
