import type { Reason } from '../../../src/check/reason.ts';

/** What is asked of every server, as far as it can be. */
export const SITUATIONS = [
  'admin',
  'push and pull',
  'push without pull',
  'push without delete',
  'pull only',
  'no rights',
  'wrong password',
  'unknown user',
  'empty password',
  'expired token',
  'anonymous',
  'missing repository',
  'upper-case name',
  'read-only mode',
  'broken token key',
] as const;

/** One of {@link SITUATIONS}. */
export type Situation = (typeof SITUATIONS)[number];

/** One check of one server, and the cause that it has by the server's configuration. */
export interface Asked {
  /** Where a situation comes about in several ways: which one this is. */
  readonly variant?: string;
  /** A login of the server (see `servers.ts` and `gitea.ts`); `nobody at all` is none. */
  readonly who: string;
  /** `#` becomes a number that no other cell has: nothing is there already. The server's own area by default. */
  readonly repository?: string;
  /** The instance with that fault instead of the ordinary one. */
  readonly at?: 'read-only' | 'other-key' | 'late-tokens';
  readonly reason: Reason;
  /** What in the configuration makes it so. */
  readonly why: string;
  /** What the configuration lets a probe leave behind: a session that this login may not cancel. Nothing by default. */
  readonly leaves?: 'session';
}

/** The checks of one situation, or why the server cannot be in it. */
export type Cell = readonly Asked[] | { readonly cannot: string };

type Column = Readonly<Record<Situation, Cell>>;

const NO_RIGHTS = 'htpasswd knows passwords and no rights: whoever is in the file may do everything';
const NO_TOKENS = 'htpasswd knows no tokens';
const LOWER_CASE = 'no registry takes upper-case names, so the check is refused before a request is sent';
const EMPTY = 'the Secret holds no password: that is what has to be mended, whatever the server would say';

function one(who: string, reason: Reason, why: string, more: Partial<Asked> = {}): readonly Asked[] {
  return [{ who, reason, why, ...more }];
}

const HTPASSWD: Column = {
  admin: one('admin', 'PushAuthorized', 'is in the file'),
  'push and pull': one('member', 'PushAuthorized', 'is in the file'),
  'push without pull': { cannot: NO_RIGHTS },
  'push without delete': { cannot: NO_RIGHTS },
  'pull only': { cannot: NO_RIGHTS },
  'no rights': { cannot: NO_RIGHTS },
  'wrong password': one('wrong password', 'CredentialsRejected', 'the hash is of another password'),
  'unknown user': one('unknown user', 'CredentialsRejected', 'the file has no such line'),
  'empty password': one('empty password', 'SecretInvalid', EMPTY),
  'expired token': { cannot: NO_TOKENS },
  anonymous: one('nobody at all', 'CredentialsRequired', 'nothing is open where there is a file'),
  'missing repository': one('member', 'PushAuthorized', 'a push makes the repository', {
    repository: 'never/seen/before-#',
  }),
  'upper-case name': one('admin', 'InvalidSpec', LOWER_CASE, { repository: 'team/App-#' }),
  'read-only mode': one('admin', 'RegistryReadOnly', 'storage.maintenance.readonly is on', {
    at: 'read-only',
  }),
  'broken token key': { cannot: NO_TOKENS },
};

const TOKENS: Column = {
  admin: one('admin', 'PushAuthorized', 'pull, push and delete everywhere'),
  'push and pull': [
    {
      variant: 'login',
      who: 'member',
      reason: 'PushAuthorized',
      why: 'pull, push and delete on team/*',
    },
    {
      variant: 'token in the Secret',
      who: 'good token',
      reason: 'PushAuthorized',
      why: 'a registrytoken with pull, push and delete, valid for an hour',
    },
  ],
  'push without pull': one(
    'push-only',
    'PushDenied',
    'push alone on team/*; an upload needs pull and push (distribution, registry/handlers/app.go, appendAccessRecords)',
  ),
  'push without delete': one('ci', 'PushAuthorized', 'pull and push on team/*; the cancel needs delete', {
    leaves: 'session',
  }),
  'pull only': one('puller', 'PushDenied', 'pull on team/*'),
  'no rights': one('nobody', 'PushDenied', 'a user without a grant'),
  'wrong password': one('wrong password', 'CredentialsRejected', 'the token server has another password'),
  'unknown user': one('unknown user', 'CredentialsRejected', 'the token server has no such user'),
  'empty password': one('empty password', 'SecretInvalid', EMPTY),
  'expired token': [
    {
      variant: 'token in the Secret',
      who: 'expired token',
      reason: 'CredentialsExpired',
      why: 'a registrytoken whose exp passed an hour ago',
    },
    {
      variant: 'late token service',
      who: 'member',
      at: 'late-tokens',
      reason: 'TokenRefused',
      why: 'the token server issues tokens that have expired (a wrong clock): no login can mend that',
    },
  ],
  anonymous: one('nobody at all', 'CredentialsRequired', 'who has no login gets a token without rights'),
  'missing repository': one('member', 'PushAuthorized', 'a push makes the repository', {
    repository: 'team/never/seen/before-#',
  }),
  'upper-case name': one('admin', 'InvalidSpec', LOWER_CASE, { repository: 'team/App-#' }),
  'read-only mode': one('admin', 'RegistryReadOnly', 'storage.maintenance.readonly is on', {
    at: 'read-only',
  }),
  'broken token key': one('admin', 'TokenRefused', 'the registry trusts the key of another token server', {
    at: 'other-key',
  }),
};

const CACHE = 'a pull-through cache takes no pushes (distribution, registry/proxy/proxyblobstore.go)';
const RIGHT_FIRST =
  'a pull-through cache, too, but it judges the token before it says so: the missing right is what it can tell';

/** The same users as with tokens. Whoever may push gets to hear that nobody can. */
const PROXY: Column = {
  ...TOKENS,
  admin: one('admin', 'RegistryReadOnly', CACHE),
  'push and pull': one('member', 'RegistryReadOnly', CACHE),
  'push without pull': one('push-only', 'PushDenied', RIGHT_FIRST),
  'push without delete': one('ci', 'RegistryReadOnly', CACHE),
  'pull only': one('puller', 'PushDenied', RIGHT_FIRST),
  'no rights': one('nobody', 'PushDenied', RIGHT_FIRST),
  'missing repository': one('member', 'RegistryReadOnly', CACHE, { repository: 'team/never/seen/before-#' }),
};

const GITEA: Column = {
  admin: [
    { variant: 'site admin', who: 'site-admin', reason: 'PushAuthorized', why: 'may write everywhere' },
    { variant: 'owner of the organisation', who: 'owner', reason: 'PushAuthorized', why: 'owns acme' },
  ],
  'push and pull': [
    {
      variant: 'own namespace',
      who: 'owner',
      repository: 'owner/app-#',
      reason: 'PushAuthorized',
      why: 'a user owns what is below the own name',
    },
    {
      variant: 'team',
      who: 'writer',
      reason: 'PushAuthorized',
      why: 'in a team of acme with packages: write',
    },
    {
      variant: 'token write:package',
      who: 'token write:package',
      repository: 'owner/app-#',
      reason: 'PushAuthorized',
      why: "the owner's access token with that scope",
    },
  ],
  'push without pull': { cannot: 'write includes read, for teams and for the scopes of tokens' },
  'push without delete': { cannot: 'the cancel needs write and nothing else' },
  'pull only': [
    { variant: 'team', who: 'reader', reason: 'PushDenied', why: 'in a team of acme with packages: read' },
    {
      variant: 'token read:package',
      who: 'token read:package',
      repository: 'owner/app-#',
      reason: 'PushDenied',
      why: "the owner's access token with that scope",
    },
    {
      variant: 'namespace of another user',
      who: 'outsider',
      repository: 'owner/app-#',
      reason: 'PushDenied',
      why: 'the packages of a public user can be read by everybody and written by the user alone',
    },
  ],
  'no rights': [
    {
      variant: 'private organisation',
      who: 'outsider',
      repository: 'hidden/app-#',
      reason: 'PushDenied',
      why: 'not a member, and the organisation is private',
    },
    {
      variant: 'token read:user',
      who: 'token read:user',
      repository: 'owner/app-#',
      reason: 'PushDenied',
      why: "the owner's access token is good and has no scope for packages: a new password would mend nothing",
    },
    {
      variant: 'token public-only',
      who: 'token public-only',
      repository: 'hidden/app-#',
      reason: 'PushDenied',
      why: "the owner's access token may write public packages, and the organisation is private",
    },
  ],
  'wrong password': one('wrong password', 'CredentialsRejected', 'the user has another password'),
  'unknown user': one('unknown user', 'CredentialsRejected', 'there is no such user'),
  'empty password': one('empty password', 'SecretInvalid', EMPTY),
  'expired token': [
    {
      variant: 'deleted access token',
      who: 'deleted token',
      repository: 'owner/app-#',
      reason: 'CredentialsRejected',
      why: 'access tokens of Gitea have no end; a deleted one is no token any more',
    },
    {
      variant: 'token in the Secret',
      who: 'expired token',
      repository: 'owner/app-#',
      reason: 'CredentialsExpired',
      why: 'a registrytoken signed with the key of this Gitea, whose exp passed an hour ago',
    },
  ],
  anonymous: one(
    'nobody at all',
    'CredentialsRequired',
    'who has no login gets the token of a ghost, who may read what is public',
  ),
  'missing repository': [
    {
      variant: 'owner',
      who: 'owner',
      repository: 'no-such-owner/app-#',
      reason: 'RepositoryNotFound',
      why: 'there is no user or organisation of that name',
    },
    {
      variant: 'image',
      who: 'owner',
      repository: 'owner/never/seen/before-#',
      reason: 'PushAuthorized',
      why: 'a push makes the package',
    },
  ],
  'upper-case name': one('owner', 'InvalidSpec', LOWER_CASE, { repository: 'owner/App-#' }),
  'read-only mode': { cannot: 'Gitea has no such mode for packages' },
  'broken token key': {
    cannot: 'the process that issues the tokens verifies them: there is one key, in its memory',
  },
};

/** The servers, in the order of the table, and the area where their checks go. */
export const SERVERS = {
  'distribution 3 htpasswd': { column: HTPASSWD, repository: 'team/app-#' },
  'distribution 3 tokens': { column: TOKENS, repository: 'team/app-#' },
  'distribution 3 proxy': { column: PROXY, repository: 'team/app-#' },
  'distribution 2.8 htpasswd': { column: HTPASSWD, repository: 'team/app-#' },
  'distribution 2.8 tokens': { column: TOKENS, repository: 'team/app-#' },
  'gitea 1.26': { column: GITEA, repository: 'acme/app-#' },
} as const satisfies Readonly<Record<string, { readonly column: Column; readonly repository: string }>>;

/** The key of {@link SERVERS}. */
export type Server = keyof typeof SERVERS;
