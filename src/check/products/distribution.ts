import { TRY_LOGIN } from '../remediation/mend-secret.ts';
import { WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const CONFIGURATION = 'https://distribution.github.io/distribution/about/configuration/';
const TOKENS = 'https://distribution.github.io/distribution/spec/auth/token/';

/** CNCF Distribution, 2.8 and 3. Its header is sent by many that are made of it, or like it. */
export const PRODUCT: Product = {
  name: 'CNCF Distribution (registry:2, registry:3)',
  is: ({ marks }) => marks['docker-distribution-api-version'] === 'registry/2.0',
  last: true,
  docs: CONFIGURATION,
  domains: ['distribution.github.io'],
  permission: {
    text: 'With htpasswd every user of the file may push. With a token server: pull and push on the repository, since an upload needs both. With delete it can also cancel the upload session of a check, and delete images.',
    evidence: 'measured',
  },
  probe: [
    {
      text: 'Many registries send the same header, so a registry is taken for this product only where no other fits.',
      evidence: 'source',
    },
    {
      text: 'A missing right is answered by 401 with insufficient_scope, never by 403: a 403 comes from a proxy in front.',
      evidence: 'source',
    },
    {
      text: 'No repository appears. A cancelled upload leaves a small remnant on the storage, which no user sees.',
      evidence: 'measured',
    },
    {
      text: 'An upload session that may not be cancelled is removed after a week, unless upload purging is switched off.',
      evidence: 'documented',
    },
  ],
  unproven: [
    {
      text: 'Names longer than 255 characters in all: version 3 opens the upload, and the push fails later.',
      evidence: 'measured',
    },
    {
      text: 'Several replicas with different http.secret: the check sends two requests, a push sends many, and they may meet another replica.',
      evidence: 'source',
    },
    {
      text: 'Room on the storage: whether a whole image fits shows when its blobs come.',
      evidence: 'source',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Let the token server of {host}, which looks like CNCF Distribution, grant pull and push on {repository} to the user of the login.',
      steps: [
        'With a token server, add the repository to what the user may do there. In the acl of docker_auth, for example: match: {account: "USER", name: "{repository}"} with actions: ["pull", "push"]. Without pull an upload is refused; with delete it can also cancel, and delete images.',
        'With htpasswd every user may push. So it is a proxy in front that refuses: let it pass POST, PATCH and PUT for this user.',
        'Or use another login: the next steps, but for the last one, are for that alone.',
        WRITE_LOGIN,
      ],
      evidence: 'source',
      docs: TOKENS,
    },
    CredentialsRejected: {
      summary:
        'Put a login into {login} that {host} accepts, which looks like CNCF Distribution: this one is wrong.',
      steps: [
        'With htpasswd, write the user anew where the registry runs, then restart it, as it may read the file only then. Entries count only if they are made by bcrypt, as this one is: htpasswd -B HTPASSWD_FILE USER',
        'With a token server, look into its log: the registry itself never sees the password.',
        TRY_LOGIN,
        WRITE_LOGIN,
      ],
      evidence: 'documented',
    },
    TokenRefused: {
      summary:
        'Make {host}, which looks like CNCF Distribution, trust its token server: it refuses a token that was issued a moment ago.',
      steps: [
        'Compare auth.token in the configuration of the registry with the token server: issuer, service, and the key that signs (rootcertbundle or jwks).',
        'After an upgrade from version 2 to 3: keys are no longer found by the kid that libtrust makes. Let the token server send the thumbprint of the key (RFC 7638) as kid, or name its keys in auth.token.jwks.',
        'Compare the clocks of both.',
      ],
      evidence: 'source',
    },
    RegistryReadOnly: {
      summary:
        'Take {host}, which looks like CNCF Distribution, out of read-only mode, or push to a registry that is no pull-through cache.',
      steps: [
        'Read-only mode: remove storage.maintenance.readonly from its configuration, or set enabled: false there, then restart it. Perhaps a garbage collection is under way: let it end first.',
        'Pull-through cache: with proxy.remoteurl in its configuration it never takes a push. Push to the registry it is a cache of, or run another one without proxy.',
      ],
      evidence: 'documented',
    },
  },
  impossible: {
    RepositoryNotFound: { text: 'any new name is taken', evidence: 'measured' },
    RepositoryWouldBeCreated: { text: 'asking makes no repository', evidence: 'measured' },
    QuotaExceeded: { text: 'there are no quotas, a full disk is a server error', evidence: 'source' },
  },
};
