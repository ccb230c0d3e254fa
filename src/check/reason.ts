/** The stages of a check, in order; each is a condition in status. */
export const STAGES = ['Reachable', 'Authenticated', 'PushAuthorized'] as const;

/** One stage of a check. */
export type Stage = (typeof STAGES)[number];

/**
 * What time does to a reason.
 * - `ok`: nothing to do.
 * - `definite`: trying again will not help, a person must act.
 * - `transient`: may go away by itself.
 * - `persistent`: transient, until it came back `failureThreshold` times; then definite.
 * - `open`: no verdict is possible before a person decides something; not a failure.
 */
export type Course = 'ok' | 'definite' | 'transient' | 'persistent' | 'open';

/** Every reason of a check, with what time does to it. Part of the API: names never change. */
export const REASONS = {
  /** The spec holds something that the schema let through and that cannot be run. */
  InvalidSpec: 'definite',

  /** The registry answered `GET /v2/` as the protocol says. */
  RegistryResponded: 'ok',
  /** The host name has no address. */
  DNSLookupFailed: 'transient',
  /** Nothing listens at the registry's address, or no route leads there. */
  ConnectionRefused: 'transient',
  /** No connection came about in time. */
  ConnectionTimedOut: 'transient',
  /** The connection was cut before the answer was complete. */
  ConnectionReset: 'transient',
  /** The proxy that the operator has to use refused or failed. */
  ProxyFailed: 'transient',
  /** The registry did not answer before the check's timeout. */
  RegistryTimeout: 'transient',
  /** The registry's certificate does not verify. */
  TLSVerificationFailed: 'definite',
  /** Something answers there, but it does not speak the registry protocol. */
  NotARegistry: 'definite',
  /** The registry answered with a server error. */
  RegistryUnavailable: 'transient',
  /** The answer was not valid HTTP, or too large. */
  RegistryProtocolError: 'persistent',
  /** The registry asked for fewer requests. */
  RateLimited: 'transient',
  /** The host has an address that checks must not reach. */
  EgressDenied: 'definite',
  /** The registry URL says http, and the installation does not allow that for this host. */
  InsecureTransportNotAllowed: 'definite',
  /** The registry redirected to another address. */
  RedirectedElsewhere: 'definite',
  /** The registry refuses this network: firewall, ban or VPN. */
  AccessBlocked: 'definite',
  /** The installation's list of allowed registries does not name the host. */
  RegistryNotAllowed: 'definite',

  /** The registry has accepted the login. */
  CredentialsAccepted: 'ok',
  /** The registry allowed the check without a login. */
  AnonymousAccepted: 'ok',
  /** The registry is open: it never looked at the login. */
  CredentialsNotChecked: 'ok',
  /** The Secret does not exist. */
  SecretNotFound: 'definite',
  /** The operator may not read the Secret. */
  SecretForbidden: 'definite',
  /** The Secret's type cannot hold a registry login. */
  SecretTypeUnsupported: 'definite',
  /** The Secret's content cannot be used. */
  SecretInvalid: 'definite',
  /** The Secret has no login for this registry. */
  CredentialsNotMatched: 'definite',
  /** The Secret does not say to which registry its login may be sent. */
  CredentialsNotBound: 'definite',
  /** The Secret's wildcard would send the login to anyone. */
  CredentialsTooBroad: 'definite',
  /** The registry, or its token service, refused the login. */
  CredentialsRejected: 'definite',
  /** The login was good once and has run out. */
  CredentialsExpired: 'definite',
  /** The registry has locked the login. */
  LoginLocked: 'definite',
  /** The check has no Secret, and the registry wants a login. */
  CredentialsRequired: 'definite',
  /** The registry refuses a token that its own token service has just issued. */
  TokenRefused: 'definite',
  /** The token service failed. */
  TokenServiceFailed: 'transient',
  /** The token service is on a host that must not get the login. */
  TokenRealmNotTrusted: 'definite',
  /** The registry offers no login scheme that a push can use. */
  UnsupportedAuthScheme: 'definite',

  /** The registry accepted an upload. */
  PushAuthorized: 'ok',
  /** The login is good and may not push here. */
  PushDenied: 'definite',
  /** The push was refused, and whether for the login or for a right cannot be known. */
  PushUnauthorized: 'definite',
  /** The repository, or the project it would be in, does not exist. */
  RepositoryNotFound: 'definite',
  /** The registry does not take such a repository name. */
  RepositoryInvalid: 'definite',
  /** The registry, or this part of it, takes no pushes. */
  RegistryReadOnly: 'definite',
  /** Asking would create the repository, and the check does not allow that. */
  RepositoryWouldBeCreated: 'open',
  /** The storage quota is used up. */
  QuotaExceeded: 'definite',
  /** The registry gave an answer that the protocol does not know. */
  UnexpectedResponse: 'persistent',

  /** The operator itself ran out of sockets or memory. */
  OperatorResourceExhausted: 'transient',
} as const satisfies Record<string, Course>;

/** A verdict's reason: the key of {@link REASONS}. */
export type Reason = keyof typeof REASONS;

/** A reason that a passed stage has, besides the verdict. */
export type OkReason = { [R in Reason]: (typeof REASONS)[R] extends 'ok' ? R : never }[Reason];

/** The reasons that need a fix. */
export type FailureReason = Exclude<Reason, OkReason>;

/** Whether a verdict's reason is one that has to be mended. */
export function needsFix(reason: Reason): reason is FailureReason {
  return REASONS[reason] !== 'ok';
}

/** The stage of `spec.pull`: only where a check has one, and it never decides the verdict. */
export const PULL_STAGE = 'PullAuthorized';

/** The reasons that {@link PULL_STAGE} has besides {@link REASONS}, which name here why it is open. Part of the API, too. */
export const PULL_REASONS = [
  /** The registry has the manifest and permits its pull. */
  'ManifestReadable',
  /** There is no such manifest, or the registry hides it from this login. */
  'ManifestNotFound',
  /** The registry refuses the pull. */
  'PullDenied',
] as const;

/** A reason of {@link PULL_REASONS}. */
export type PullReason = (typeof PULL_REASONS)[number];

/** The reasons of stages that say nothing of their own. */
export const UNREACHED = {
  /** A stage before this one failed. */
  after: 'PreviousStageFailed',
  /** The check ended before any request was sent. */
  never: 'NotProbed',
} as const;

/** Types of findings: what a person should know although it does not decide the verdict. */
export const FINDINGS = [
  'UploadNotCancelled',
  'UploadLocationElsewhere',
  'UploadLocationInsecure',
  'AnonymousPushAccepted',
  'InsecureTransport',
  'ConflictingFields',
  'ExpiryMalformed',
  'IdentityTokenIgnoredByKubelet',
  'KubeletWouldNotMatch',
  'OtherEntryMalformed',
  'RegistryTokenIgnoredByKubelet',
  'SecretTypeIgnoredByKubelet',
  'SeveralEntriesMatch',
] as const;

/** A finding's type: one of {@link FINDINGS}. */
export type FindingType = (typeof FINDINGS)[number];
