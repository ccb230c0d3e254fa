import { shownManifest, type ManifestName } from '../registry/manifest.ts';
import type { StageVerdict } from './diagnose.ts';
import { unanswered } from './network.ts';
import type { Answer, Pulled } from './observation.ts';
import { UNREACHED, type PullReason, type Reason } from './reason.ts';
import { tokenService, type Subject } from './verdict.ts';

/** The manifest that a check names, and what came of asking for it. */
export interface PullAsked {
  readonly manifest: ManifestName;
  /** Undefined where no request was sent, or the probe was ended before this one. */
  readonly pulled: Pulled | undefined;
}

/** What the stage PullAuthorized says. `push`: what the stage before it says. */
export function pullStage(
  { manifest, pulled }: PullAsked,
  push: StageVerdict,
  subject: Subject,
): StageVerdict {
  // What kept the push from being reached kept the pull.
  if (push.reason === UNREACHED.after || push.reason === UNREACHED.never) return push;
  if (pulled === undefined)
    return open(UNREACHED.never, 'the probe was ended before it asked for the manifest');
  return judgePulled(pulled, manifest, subject);
}

/** Waiting is all there is to do about what may pass. */
const AGAIN = 'the next probe asks again';

function judgePulled(pulled: Pulled, manifest: ManifestName, subject: Subject): StageVerdict {
  const { host } = subject;
  const name = shownManifest(manifest);
  switch (pulled.kind) {
    case 'ManifestReadable':
      return stage('True', 'ManifestReadable', `${host} permits the pull of ${name}`);
    case 'NoAccess':
      return open(UNREACHED.after, 'Authenticated comes first');
    case 'NotItsRepository':
      return open(
        'CredentialsNotMatched',
        `the path in the Secret keeps the login to other repositories of ${host} than that of ${name}: name a manifest in spec.pull below that path, or change it`,
      );
    case 'ManifestRefused':
      return refused(pulled.answer, manifest, subject);
    case 'PullTokenDenied':
      return tokenDenied(pulled, manifest, subject);
    case 'PullTokenUnusable':
      return open(
        'TokenServiceFailed',
        `${tokenService(host, pulled.realm)} answered 200 without a usable token for ${name} (${pulled.problem}); ${AGAIN}`,
      );
    case 'NetworkFailed':
    case 'Redirected': {
      const { reason, message } = unanswered(pulled, host);
      return open(reason, `${message}; ${AGAIN}`);
    }
  }
}

function refused(answer: Answer, manifest: ManifestName, subject: Subject): StageVerdict {
  const { host } = subject;
  const { status, tokenError } = answer;
  const name = shownManifest(manifest);
  if (answer.phrase === 'rate-limited') return limited(status, host);
  if (status === 404) {
    return open(
      'ManifestNotFound',
      `${host} has no ${name}, or hides it from this login (404): name a manifest in spec.pull that exists`,
    );
  }
  if (status === 401 && tokenError === 'invalid_token') {
    return open(
      'TokenRefused',
      `${host} calls the token for ${name} invalid (401): compare keys, names and clocks of the registry and its token service`,
    );
  }
  if (status === 401 || status === 403) return denied(host, status, manifest, subject);
  return (
    overloaded(status, host, 'RegistryUnavailable') ??
    open(
      'UnexpectedResponse',
      `${host} answered the request for ${name} with ${status}: ask its administrator why`,
    )
  );
}

function tokenDenied(
  { answer: { status, phrase }, realm }: Extract<Pulled, { kind: 'PullTokenDenied' }>,
  manifest: ManifestName,
  subject: Subject,
): StageVerdict {
  const service = tokenService(subject.host, realm);
  if (phrase === 'rate-limited') return limited(status, service);
  if (status === 401 || status === 403) return denied(service, status, manifest, subject);
  return (
    overloaded(status, service, 'TokenServiceFailed') ??
    open('TokenServiceFailed', `${service} answered ${status} to the pull: ask its administrator why`)
  );
}

/** Many registries say this of a repository that does not exist, too. */
function denied(who: string, status: number, manifest: ManifestName, { secret }: Subject): StageVerdict {
  const fix =
    secret === undefined
      ? 'set existingSecret to a login that may pull it'
      : `allow the login to pull ${manifest.repository}, and see that it exists`;
  const message = `${who} refuses the pull of ${shownManifest(manifest)} (${status}): ${fix}`;
  return stage('False', 'PullDenied', message);
}

/** Some say so behind another status. */
function limited(status: number, who: string): StageVerdict {
  return open('RateLimited', `${who} asks for fewer requests (${status}); ${AGAIN}`);
}

function overloaded(status: number, who: string, failed: Reason): StageVerdict | undefined {
  if (status === 429) return limited(status, who);
  if (status >= 500) return open(failed, `${who} answered with a server error (${status}); ${AGAIN}`);
  return undefined;
}

/** Every reason of this stage: a word outside the vocabulary does not compile. */
type StageReason = Reason | PullReason | (typeof UNREACHED)[keyof typeof UNREACHED];

function stage(status: StageVerdict['status'], reason: StageReason, message: string): StageVerdict {
  return { status, reason, message };
}

function open(reason: StageReason, message: string): StageVerdict {
  return stage('Unknown', reason, message);
}
