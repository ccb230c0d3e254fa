import { isDeepStrictEqual } from 'node:util';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import { readSpec, type CheckSpec, type SpecDefaults } from '../api/validate.ts';
import { diagnose } from '../check/diagnose.ts';
import type { Observation, Probed } from '../check/observation.ts';
import type { ProbeJob } from '../check/probe.ts';
import { remedyFor } from '../check/remediation/remedy.ts';
import type { Clock } from '../clock.ts';
import type { Answered, Busy } from '../probing/prober.ts';
import { parseRegistryUrl, type Registry } from '../registry/origin.ts';
import { announce, type Announcement } from './events.ts';
import { isAnotherQuestion } from './object.ts';
import { nextTurn, pendingRequest, type Trigger } from './schedule.ts';
import { nextStatus, suspendedStatus } from './status.ts';
import { verifyCommand } from './verify.ts';
import type { SecretRead } from './secrets.ts';

/** The world of a reconcile, as functions. */
export interface Reconciling {
  /** The check of a key, from the informer. */
  readonly get: (key: string) => RegistryPushCheck | undefined;
  /** The login of a check's Secret, read now. */
  readonly readSecret: (
    namespace: string,
    name: string,
    registry: Registry,
    repository: string,
    signal: AbortSignal,
  ) => Promise<SecretRead>;
  /** The version that a Secret has now; undefined where it cannot be read. */
  readonly secretVersion: (
    namespace: string,
    name: string,
    signal: AbortSignal,
  ) => Promise<string | undefined>;
  readonly ask: (job: ProbeJob, signal: AbortSignal) => Promise<Answered | Busy>;
  /**
   * Writes a status. `stale` where the object is another one or has another generation by now: nothing was written.
   * `rebase` computes the status anew on an object that somebody else wrote in between.
   */
  readonly write: (
    check: RegistryPushCheck,
    rebase: (check: RegistryPushCheck) => RegistryPushCheckStatus,
    signal: AbortSignal,
  ) => Promise<RegistryPushCheck | 'stale'>;
  readonly record: (
    check: RegistryPushCheck,
    announcement: Announcement,
    signal: AbortSignal,
  ) => Promise<void>;
  /** What the installation forbids; undefined where the registry may be asked. */
  readonly forbids: (registry: Registry) => Extract<Observation, { kind: 'NotAllowed' }> | undefined;
  readonly defaults: SpecDefaults;
  readonly clock: Clock;
}

/** What a reconcile wants next. */
export interface Outcome {
  /** Visit the check again after that many milliseconds; absent: when it changes. */
  readonly requeueAfterMs?: number;
}

/** After a result that was not written, in milliseconds. */
const STALE_RETRY_MS = 1_000;

/** One turn of one check: read, decide, act. A throw means "could not find out": the caller backs off. */
export async function reconcile(key: string, world: Reconciling, signal: AbortSignal): Promise<Outcome> {
  const check = world.get(key);
  if (check === undefined || check.metadata.deletionTimestamp !== undefined) return {};
  const read = readSpec(check.spec, world.defaults);
  const spec = read.ok ? read.spec : undefined;
  if (spec?.suspend === true) return suspend(check, world, signal);

  const turn = nextTurn(check, spec, world.clock.now());
  if (turn.kind === 'wait') return requeue(turn.ms);

  const met = read.ok ? await meet(check, read.spec, world, signal) : invalidSpec(read);
  if (met.kind === 'busy') return requeue(met.retryAfterMs);
  if (await isOutdated(check, met, world, signal)) return requeue(0);

  return publish(check, spec, turn.trigger, met, world, signal);
}

/** What a visit met, and under which names. */
interface Met {
  readonly kind: 'met';
  readonly observation: Observation;
  readonly probed?: Probed;
  readonly registry?: Registry;
  readonly secretVersion?: string;
  readonly matchedKey?: string;
}

function invalidSpec({ field, problem }: { readonly field: string; readonly problem: string }): Met {
  return { kind: 'met', observation: { kind: 'InvalidSpec', field, problem } };
}

async function meet(
  { metadata }: RegistryPushCheck,
  spec: CheckSpec,
  world: Reconciling,
  signal: AbortSignal,
): Promise<Met | Busy> {
  const registry = parseRegistryUrl(spec.registryUrl);
  if ('problem' in registry)
    return invalidSpec({ field: 'registryUrl', problem: `registryUrl ${registry.problem}` });
  const forbidden = world.forbids(registry);
  if (forbidden !== undefined) return { kind: 'met', observation: forbidden, registry };
  const { existingSecret, repository, timeoutMs } = spec;
  const secret =
    existingSecret === undefined
      ? undefined
      : await world.readSecret(metadata.namespace, existingSecret, registry, repository, signal);
  const version = secret?.version === undefined ? {} : { secretVersion: secret.version };
  if (secret?.kind === 'problem') {
    return {
      kind: 'met',
      observation: { kind: 'SecretUnusable', problem: secret.problem },
      registry,
      ...version,
    };
  }
  const credential = secret?.credential;
  const answer = await world.ask({ registry, repository, credential, timeoutMs }, signal);
  if (answer.kind === 'busy') return answer;
  const { probed } = answer;
  const matched = credential === undefined ? {} : { matchedKey: credential.matchedKey };
  return { kind: 'met', observation: probed.observation, probed, registry, ...version, ...matched };
}

/**
 * A result about a check that was replaced or edited meanwhile is discarded. So is a failure with a Secret that was
 * changed meanwhile; a success names the version that it was found with.
 */
async function isOutdated(
  check: RegistryPushCheck,
  met: Met,
  world: Reconciling,
  signal: AbortSignal,
): Promise<boolean> {
  const { namespace, name } = check.metadata;
  if (isAnotherQuestion(check, world.get(`${namespace}/${name}`))) return true;
  const { existingSecret } = check.spec;
  if (met.probed === undefined || met.observation.kind === 'UploadAccepted' || existingSecret === undefined)
    return false;
  const version = await world.secretVersion(namespace, existingSecret, signal);
  return version !== undefined && version !== met.secretVersion;
}

async function publish(
  check: RegistryPushCheck,
  spec: CheckSpec | undefined,
  trigger: Trigger,
  met: Met,
  world: Reconciling,
  signal: AbortSignal,
): Promise<Outcome> {
  const { namespace, name } = check.metadata;
  const host = met.registry?.host;
  const names = {
    host: host ?? 'the registry',
    repository: spec?.repository ?? '',
    secret: spec?.existingSecret,
  };
  const insecure = met.probed !== undefined && met.registry?.origin.protocol === 'http:';
  const diagnosis = diagnose(met.observation, names, insecure);
  const remediation = remedyFor(diagnosis.reason, {
    ...names,
    namespace,
    name,
    verify: verifyCommand(namespace, name),
  });
  const nowMs = world.clock.now();
  const request = pendingRequest(check);
  const { probed, secretVersion, matchedKey } = met;
  const rebase = (on: RegistryPushCheck): RegistryPushCheckStatus =>
    nextStatus({
      check: on,
      spec,
      trigger,
      request,
      diagnosis,
      probed,
      remediation,
      host,
      secretVersion,
      matchedKey,
      nowMs,
    });
  return write(check, rebase, world, signal);
}

async function suspend(check: RegistryPushCheck, world: Reconciling, signal: AbortSignal): Promise<Outcome> {
  const nowMs = world.clock.now();
  if (isDeepStrictEqual(check.status, suspendedStatus(check, nowMs))) return {};
  return write(check, (on) => suspendedStatus(on, nowMs), world, signal);
}

/** Act: the status, then what people should hear of; an event that fails changes nothing. */
async function write(
  check: RegistryPushCheck,
  rebase: (on: RegistryPushCheck) => RegistryPushCheckStatus,
  world: Reconciling,
  signal: AbortSignal,
): Promise<Outcome> {
  const written = await world.write(check, rebase, signal);
  // The informer brings what changed; only a newer result of another writer brings no visit by itself.
  if (written === 'stale') return requeue(STALE_RETRY_MS);
  const status = written.status ?? {};
  for (const announcement of announce(check.status, status))
    await world.record(written, announcement, signal);
  return status.nextProbeTime === undefined
    ? {}
    : requeue(Date.parse(status.nextProbeTime) - world.clock.now());
}

function requeue(ms: number | undefined): Outcome {
  return ms === undefined ? {} : { requeueAfterMs: Math.max(0, ms) };
}
