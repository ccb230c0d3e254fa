import { CONDITION, type RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { conclude as conclusionOf, type Conclusion } from '../check/conclude.ts';
import type { Diagnosis } from '../check/diagnose.ts';
import { probe, type ProbeWorld } from '../check/probe.ts';
import type { Observation, Probed } from '../check/observation.ts';
import { needsFix, type Reason } from '../check/reason.ts';
import { remedyFor, type Remediation } from '../check/remediation/remedy.ts';
import { nextStatus } from '../controller/status.ts';
import { credentialsOf, usedLogin, type UsedLogin } from '../controller/used-login.ts';
import { bareHost } from '../registry/origin.ts';
import { timestamp } from '../text.ts';
import { adviceFor, fileAdviceFor, type Sign } from './check-advice.ts';
import type { Question } from './check-question.ts';
import { inOwnWords } from './check-words.ts';
import { EXIT } from './exit.ts';

/** A question and what came of it. */
export interface Answer {
  readonly question: Question;
  readonly diagnosis: Diagnosis;
  /** Undefined where no request was sent. */
  readonly probed: Probed | undefined;
  /** What the operator would write, as far as one probe can tell. */
  readonly status: RegistryPushCheckStatus;
}

/**
 * Asks the registry once.
 * @param again the step that verifies
 * @throws the signal's reason where it aborted before an upload was accepted
 */
export async function answer(
  question: Question,
  world: ProbeWorld,
  again: string,
  signal: AbortSignal,
): Promise<Answer> {
  const { registry, given, spec } = question;
  const silent = unasked(question);
  const { repository, allowRepositoryCreation: mayCreate, pull, timeoutMs } = spec;
  const job = { registry, repository, mayCreate, pull, timeoutMs, credential: given.credential };
  const probed = silent === undefined ? await probe(job, world, signal) : undefined;
  const observation = probed?.observation ?? silent;
  // One of the two is there.
  if (observation === undefined) throw new Error('nothing was asked');
  return conclude(question, observation, probed, again, world.clock.now());
}

function unasked({ registry, given, typed }: Question): Observation | undefined {
  if (registry.origin.protocol === 'http:' && !typed)
    return { kind: 'NotAllowed', rule: 'insecure-transport' };
  return given.problem && { kind: 'SecretUnusable', problem: given.problem };
}

/** What was met → what it means → what to do → the status. */
export function conclude(
  question: Question,
  observation: Observation,
  probed: Probed | undefined,
  again: string,
  nowMs: number,
): Answer {
  const { check, spec, registry, given, voice } = question;
  const login = given.credential && usedLogin(given.credential, false);
  const { diagnosis: found, facts } = conclusionOf({
    observation,
    probed,
    registry,
    repository: spec.repository,
    manifest: spec.pull,
    secret: spec.existingSecret,
    form: given.form,
    login,
    operator: undefined,
    namespace: check.metadata.namespace,
    name: check.metadata.name,
    nowMs,
  });
  const diagnosis = inOwnWords(found, voice);
  const written = nextStatus({
    // A Secret that is not there is not waited for.
    check: { ...check, status: { observedGeneration: check.metadata.generation } },
    spec,
    trigger: 'Requested',
    request: undefined,
    diagnosis,
    probed,
    remediation: remediationOf(question, diagnosis.reason, facts, signOf(question, observation), again),
    host: registry.host,
    secretVersion: undefined,
    login,
    nowMs,
  });
  return { question, diagnosis, probed, status: once(written, given.version, login, nowMs) };
}

function remediationOf(
  { registry, given, voice, typed }: Question,
  reason: Reason,
  facts: Conclusion['facts'],
  sign: Sign | undefined,
  again: string,
): Remediation | undefined {
  if (!needsFix(reason)) return undefined;
  const hostname = bareHost(registry.origin.hostname);
  const remedy =
    voice.kind === 'url'
      ? adviceFor(reason, { ...facts, hostname, prefix: registry.prefix, ...voice, sign })
      : (fileAdviceFor(reason, { ...facts, typed, isAbsent: given.isAbsent ?? false }) ??
        withoutLast(remedyFor(reason, { ...facts, verify: again })));
  return remedy && { ...remedy, steps: [...remedy.steps, again] };
}

/** What the operator's last step says of waiting does not hold here. */
function withoutLast(remedy: Remediation | undefined): Remediation | undefined {
  return remedy && { ...remedy, steps: remedy.steps.slice(0, -1) };
}

/** What an answer says of the URL besides its reason. */
function signOf({ registry }: Question, observation: Observation): Sign | undefined {
  const plain = registry.origin.protocol === 'http:';
  if (observation.kind === 'NetworkFailed') {
    const { cause } = observation.failure;
    if (cause === 'tls-not-tls') return 'plain-http';
    // Some answer a plain request with an alert of TLS.
    return plain && cause === 'protocol' ? 'https' : undefined;
  }
  if (observation.kind !== 'PingRefused') return undefined;
  if (plain && observation.answer.status === 400) return 'https';
  return observation.answer.status === 404 && registry.prefix !== '' ? 'path' : undefined;
}

/** Without what only a record over time can have. */
function once(
  status: RegistryPushCheckStatus,
  version: string | undefined,
  login: UsedLogin | undefined,
  nowMs: number,
): RegistryPushCheckStatus {
  const { conditions = [], lastProbeTime, lastProbe, registry, findings, remediation } = status;
  const {
    secretResourceVersion,
    firstSeenTime: _,
    ...used
  } = credentialsOf(undefined, version ?? '', login, timestamp(nowMs));
  const credentials = { ...(version === undefined ? {} : { secretResourceVersion }), ...used };
  return {
    conditions: conditions
      .filter(({ type }) => type !== CONDITION.reconciling)
      .map(({ observedGeneration: _generation, ...one }) => one),
    ...(lastProbeTime === undefined ? {} : { lastProbeTime }),
    ...(lastProbe === undefined ? {} : { lastProbe }),
    ...(registry === undefined ? {} : { registry }),
    ...(Object.keys(credentials).length === 0 ? {} : { credentials }),
    ...(findings === undefined ? {} : { findings }),
    ...(remediation === undefined ? {} : { remediation }),
  };
}

/** The exit code of one answer. */
export function exitCode({ diagnosis, status }: Answer, strict: boolean): number {
  switch (diagnosis.course) {
    case 'ok':
      return strict && status.findings !== undefined ? EXIT.findings : 0;
    case 'definite':
    case 'open':
      return EXIT.refused;
    case 'transient':
    case 'persistent':
      return EXIT.unknown;
  }
}

const WORST: readonly number[] = [EXIT.refused, EXIT.unknown, EXIT.findings];

/** The worst exit code of several: what will not go away by trying again comes before what may. */
export function worstOf(codes: readonly number[]): number {
  return WORST.find((code) => codes.includes(code)) ?? 0;
}
