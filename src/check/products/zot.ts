import { isBareError } from '../../registry/errors.ts';
import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { LET_CREATE, OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product, Signs } from './product.ts';

const LOGINS = 'https://zotregistry.dev/v2.1.23/articles/authn-authz/';

/**
 * Its 401 is one error without a list, and lacks the header that others send with theirs; where a policy lets anybody read,
 * the challenge stands on a 200, which has the header. Without it that may be any web server.
 */
function looksLikeZot({ status, basicRealm, body, marks }: Signs): boolean {
  const hasHeader = marks['docker-distribution-api-version'] !== undefined;
  return status === 401
    ? !hasHeader && isBareError(body)
    : status === 200 && hasHeader && basicRealm !== undefined;
}

/** Zot, 2. */
export const PRODUCT: Product = {
  name: 'zot',
  is: looksLikeZot,
  docs: LOGINS,
  domains: ['zotregistry.dev'],
  permission: {
    text: 'A policy with read, create and update for the user; with delete it can also cancel the upload session of a check, and delete images. Without accessControl every user may push.',
    evidence: 'measured',
  },
  probe: [
    {
      text: 'An upload puts the repository into the catalog, and cancelling does not take it out again. So a check looks first whether it exists, and stops where it does not.',
      evidence: 'measured',
    },
    {
      text: 'Where a policy lets anybody read, zot asks for no login, so the check sends it unasked.',
      evidence: 'measured',
    },
    {
      text: 'A missing right is 403 with a password, and 401 with a token server.',
      evidence: 'measured',
    },
  ],
  unproven: [
    {
      text: 'The actions read and update: with create alone the upload is opened, and a real push fails, at every tag without read, at existing ones without update.',
      evidence: 'measured',
    },
    {
      text: 'The limit of repositories (quota.maxRepos): a manifest beyond it is answered by 429.',
      evidence: 'measured',
    },
    {
      text: 'Images in the format of Docker: zot may refuse their manifests and take those of OCI only.',
      evidence: 'measured',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Let a policy of zot at {host} give the user of the login read, create and update on {repository}.',
      steps: [
        'In config.json of zot, which is read again when it changes, under http.accessControl.repositories: a pattern that covers the repository, such as "{repository}", with {"policies": [{"users": ["USER"], "actions": ["read", "create", "update"]}]}. With delete it can also cancel, and delete images.',
        'Of all patterns that cover it, zot takes the longest: look whether there is one without this user. With a token server, grant pull and push there instead.',
        'Or use another login: the next steps, but for the last one, are for that alone.',
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    CredentialsRejected: {
      summary: 'Put a login into {login} that zot at {host} accepts: this one is wrong or expired.',
      steps: [
        'With htpasswd, write the user anew where zot runs, by bcrypt; restart zot if it does not notice: htpasswd -B HTPASSWD_FILE USER',
        'An API key (zak_…) is the password of the user who made it, and may have expired: make another one in the web interface of zot.',
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    RepositoryWouldBeCreated: {
      summary: {
        cluster:
          'Push any image to {repository} in zot at {host} once, or let the check leave it there, empty.',
        elsewhere: 'Push any image to {repository} in zot at {host} once, or name one that exists.',
      },
      steps: [
        'To zot the question alone is enough: the repository stays in its catalog, even when the upload is cancelled.',
        OTHER_REPOSITORY,
        LET_CREATE,
      ],
      evidence: 'measured',
    },
    RateLimited: {
      summary: 'Raise the rate limit of zot at {host}, or ask it less often.',
      steps: [
        'The limit stands under http.ratelimit in config.json of zot, for all methods and for each, in requests a second. Without it, a proxy in front is what limits.',
        {
          cluster: 'Or have fewer checks of this registry, or give them longer intervals (spec.interval).',
          elsewhere: 'Or ask less often.',
        },
      ],
      evidence: 'source',
    },
  },
  impossible: {
    RepositoryNotFound: { text: 'an upload makes a repository that is not there', evidence: 'measured' },
    QuotaExceeded: { text: 'its limits are judged when the manifest comes', evidence: 'measured' },
    LoginLocked: { text: 'wrong passwords lock nobody out', evidence: 'measured' },
  },
};
