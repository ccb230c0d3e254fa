import {
  needsFix,
  type FailureReason,
  type FindingType,
  type OkReason,
  type PullReason,
  type Reason,
  type Stage,
  type UNREACHED,
} from '../reason.ts';
import { AUTHENTICATED } from './authenticated.ts';
import type { Explanation } from './explanation.ts';
import { PUSH_AUTHORIZED } from './push-authorized.ts';
import { REACHABLE } from './reachable.ts';

const OF_NO_STAGE = {
  InvalidSpec: {
    meaning: 'The check holds something that cannot be run.',
    symptom: 'Nothing is asked of the registry; kubectl apply may have taken the check without a word.',
    evidence:
      'A field of the spec breaks a rule that the schema cannot state; the message names it. No request was sent.',
    causes: ['A schedule or a time zone that does not exist.', 'A field of another version of the kind.'],
  },
  OperatorResourceExhausted: {
    meaning: 'The operator itself ran out of sockets or memory.',
    symptom: 'Many checks fail at once, of registries that have nothing in common.',
    evidence: 'The system gave the operator no socket or no memory for a request.',
    causes: [
      'Limits of the pod that are too low for its concurrency.',
      'A node that runs out of memory or file descriptors.',
    ],
  },
} as const satisfies Partial<Record<FailureReason, Explanation>>;

/** One entry for each reason that needs a fix; the compiler refuses a missing one. */
export const EXPLANATIONS: Readonly<Record<FailureReason, Explanation>> = {
  ...OF_NO_STAGE,
  ...REACHABLE,
  ...AUTHENTICATED,
  ...PUSH_AUTHORIZED,
};

const OK_STAGES: Readonly<Record<OkReason, Stage>> = {
  RegistryResponded: 'Reachable',
  CredentialsAccepted: 'Authenticated',
  AnonymousAccepted: 'Authenticated',
  CredentialsNotChecked: 'Authenticated',
  PushAuthorized: 'PushAuthorized',
};

/** The stage of a check that mostly has this reason; undefined where it gets to none. */
export function stageOf(reason: Reason): Stage | undefined {
  if (!needsFix(reason)) return OK_STAGES[reason];
  if (reason in REACHABLE) return 'Reachable';
  if (reason in AUTHENTICATED) return 'Authenticated';
  return reason in PUSH_AUTHORIZED ? 'PushAuthorized' : undefined;
}

/** Reasons that need no fix, or none of their own, and what they mean; the compiler refuses a missing one. */
export const MEANINGS: Readonly<
  Record<OkReason | PullReason | (typeof UNREACHED)[keyof typeof UNREACHED], string>
> = {
  RegistryResponded: 'The registry answered GET /v2/ as the protocol says: stage Reachable is passed.',
  CredentialsAccepted: 'The registry has accepted the login: stage Authenticated is passed.',
  AnonymousAccepted: 'The check has no login, and the registry let it ask without one.',
  CredentialsNotChecked:
    'Whether the login is good is not known: the registry is open and never looked at it, or its answers show neither.',
  PushAuthorized:
    'The registry opened an upload session for this login: a push may begin. A quota, an immutable tag or a policy can still refuse an image later.',
  ManifestReadable: 'The registry has the manifest of spec.pull and permits its pull.',
  ManifestNotFound:
    'There is no such manifest as spec.pull names, or the registry hides it from this login. It does not change Ready.',
  PullDenied: 'The registry refuses the pull of spec.pull. It does not change Ready.',
  PreviousStageFailed: 'A stage before this one failed: mend that first.',
  NotProbed: 'The check ended before any request was sent: the reason of Ready says why.',
};

/** Findings: what is worth knowing and does not decide the verdict; the compiler refuses a missing one. */
export const FOUND: Readonly<Record<FindingType, string>> = {
  UploadNotCancelled:
    'The registry refused to cancel the upload session, or could not: an empty one stays until the registry removes it. Harmless.',
  UploadLocationElsewhere:
    'The upload would go on at another host: clients that cannot reach that one fail to push.',
  UploadLocationInsecure:
    'A registry with https sends uploads on to http: let the reverse proxy in front of it pass on the scheme (X-Forwarded-Proto).',
  AnonymousPushAccepted: 'Anybody may push here, without a login.',
  InsecureTransport: 'The registry was asked over plain http: the login can be read on the way.',
  ConflictingFields:
    'The Secret says two logins for this registry in one place; the message names the one that is used.',
  ExpiryMalformed: 'The Secret states an end of its login that is no time (RFC 3339).',
  IdentityTokenIgnoredByKubelet: 'The entry has an identity token, which the kubelet does not use.',
  KubeletWouldNotMatch:
    'The login stands under a key that the kubelet does not use for images of this registry: the push works, pulls of pods would not.',
  OtherEntryMalformed: 'Another entry of the Secret is malformed, for which the kubelet refuses all of it.',
  RegistryTokenIgnoredByKubelet: 'The entry has a registry token, which the kubelet does not use.',
  SecretTypeIgnoredByKubelet: 'The Secret is of a type that cannot be an image pull secret.',
  SeveralEntriesMatch: 'Several entries are for this registry; the message names the one that is used.',
};
