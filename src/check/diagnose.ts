import type { Cleanup, LoginState, Observation } from './observation.ts';
import { STAGES, UNREACHED, type Course, type FindingType, type Reason, type Stage } from './reason.ts';
import { judge } from './judge.ts';
import { pullStage, type PullAsked } from './judge-pull.ts';
import type { Subject, Verdict } from './verdict.ts';

/** What one stage says. */
export interface StageVerdict {
  readonly status: 'True' | 'False' | 'Unknown';
  /** A {@link Reason}, one of {@link UNREACHED}, or of the pull one of PULL_REASONS. */
  readonly reason: string;
  readonly message: string;
}

/** What a person should know although it does not decide the verdict. */
export interface Finding {
  readonly type: FindingType;
  readonly message: string;
}

/** What a check found out, for status, events and the command line. */
export interface Diagnosis {
  readonly reason: Reason;
  readonly course: Course;
  readonly message: string;
  readonly stages: Readonly<Record<Stage, StageVerdict>>;
  /** The stage PullAuthorized; undefined where the check names no manifest. */
  readonly pull: StageVerdict | undefined;
  readonly findings: readonly Finding[];
  /** How long the registry asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/**
 * An observation and what it means.
 * @param insecure the registry was asked over plain http
 * @param pull the manifest that the check names, where it names one; it changes nothing but its own stage
 */
export function diagnose(
  observation: Observation,
  subject: Subject,
  insecure = false,
  pull?: PullAsked,
): Diagnosis {
  const verdict = judge(observation, subject);
  const { reason, course, message } = verdict;
  const answer = 'answer' in observation ? observation.answer : undefined;
  const stages = stagesOf(observation, verdict, subject);
  return {
    reason,
    course,
    message,
    stages,
    pull: pull && pullStage(pull, stages.PushAuthorized, subject),
    findings: findingsOf(observation, subject, insecure),
    retryAfterMs: answer?.retryAfterMs,
  };
}

/** No request was sent: nothing is known of any stage but the one that the verdict names. */
const SILENT: ReadonlySet<Observation['kind']> = new Set(['InvalidSpec', 'SecretUnusable', 'NotAllowed']);

function stagesOf(observation: Observation, verdict: Verdict, subject: Subject): Record<Stage, StageVerdict> {
  const decided = verdict.stage === undefined ? -1 : STAGES.indexOf(verdict.stage);
  const silent = SILENT.has(observation.kind) || decided < 0;
  const of = (stage: Stage): StageVerdict => {
    const index = STAGES.indexOf(stage);
    if (index === decided) return decidedStage(verdict);
    if (index > decided && decided >= 0)
      return { status: 'Unknown', reason: UNREACHED.after, message: `${STAGES[decided]} comes first` };
    if (silent) return { status: 'Unknown', reason: UNREACHED.never, message: 'no request was sent' };
    return stage === 'Reachable'
      ? { status: 'True', reason: 'RegistryResponded', message: `${subject.host} answers as a registry` }
      : authenticated(('login' in observation ? observation.login : undefined) ?? 'unknown', subject);
  };
  return {
    Reachable: of('Reachable'),
    Authenticated: of('Authenticated'),
    PushAuthorized: of('PushAuthorized'),
  };
}

function decidedStage({ stage, reason, course, message }: Verdict): StageVerdict {
  if (course === 'ok') return { status: 'True', reason, message };
  // That a registry did not answer says nothing about the login or the right.
  const open = course === 'open' || (course === 'transient' && stage !== 'Reachable');
  return { status: open ? 'Unknown' : 'False', reason, message };
}

/** The login's condition where a later stage decided. */
function authenticated(login: LoginState, { host }: Subject): StageVerdict {
  switch (login) {
    case 'proven':
      return { status: 'True', reason: 'CredentialsAccepted', message: `${host} accepted the login` };
    case 'none':
      return { status: 'True', reason: 'AnonymousAccepted', message: `${host} was asked without a login` };
    case 'unchecked':
      return {
        status: 'Unknown',
        reason: 'CredentialsNotChecked',
        message: `${host} is open: it never checked the login`,
      };
    case 'unknown':
    case 'disproven':
      return {
        status: 'Unknown',
        reason: 'CredentialsNotChecked',
        message: `the answers of ${host} neither prove nor disprove the login`,
      };
  }
}

function findingsOf(observation: Observation, { host, repository }: Subject, insecure: boolean): Finding[] {
  const findings: Finding[] = [];
  const add = (type: FindingType, message: string): void => void findings.push({ type, message });
  if (observation.kind === 'UploadAccepted') {
    const { location, cleanup, login } = observation;
    if (location.kind === 'elsewhere') {
      add(
        'UploadLocationElsewhere',
        `${host} sends uploads on to ${location.host ?? 'another host'}: pushes from clients that cannot reach it will fail`,
      );
    } else if (location.kind === 'insecure') {
      add(
        'UploadLocationInsecure',
        `${host} sends uploads on to plain http: a reverse proxy in front of it does not pass on the scheme`,
      );
    } else if (cleanup !== 'Cancelled') {
      const words = location.kind === 'outside' ? OUTSIDE(host) : CLEANUP_WORDS[cleanup](host, repository);
      add(
        'UploadNotCancelled',
        `${words}; the empty upload session expires by itself, usually within a week`,
      );
    }
    if (login === 'none') add('AnonymousPushAccepted', `${host} lets anybody push to ${repository}`);
  }
  if (insecure)
    add(
      'InsecureTransport',
      `${host} is asked over plain http: the login and every push can be read on the way`,
    );
  return findings;
}

const CLEANUP_WORDS: Readonly<
  Record<Exclude<Cleanup, 'Cancelled'>, (host: string, repository: string) => string>
> = {
  NotPermitted: (host, repository) =>
    `the login may push to ${repository} but not cancel an upload (${host} wants the delete right for that)`,
  Unsupported: (host) => `${host} does not support the cancel of an upload`,
  Failed: (host) => `the cancel of the upload at ${host} failed`,
};

const OUTSIDE = (host: string): string =>
  `${host} names an upload session at a place where no cancel is sent`;
