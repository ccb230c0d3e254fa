import type { RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { Diagnosis, StageVerdict } from '../check/diagnose.ts';
import type { Observation, Probed, StepTrace } from '../check/observation.ts';
import { PULL_STAGE, STAGES, UNREACHED, type Stage } from '../check/reason.ts';

type LastProbe = NonNullable<RegistryPushCheckStatus['lastProbe']>;

/** The requests that belong to a stage. */
export const STEPS_OF: Readonly<Record<Stage | typeof PULL_STAGE, readonly StepTrace['step'][]>> = {
  Reachable: ['ping'],
  Authenticated: ['login', 'token'],
  PushAuthorized: ['upload'],
  PullAuthorized: ['pull-token', 'manifest'],
};

/** The numbers of a probe, for `status.lastProbe`. */
export function lastProbeOf(
  { observation, steps, durationMs }: Probed,
  { stages: verdicts, pull }: Pick<Diagnosis, 'stages' | 'pull'>,
  trigger: string,
): LastProbe {
  const decided = STAGES.findLast((stage) => verdicts[stage].reason !== UNREACHED.after);
  const stages = ([...STAGES, PULL_STAGE] as const).flatMap((stage) => {
    const verdict = stage === PULL_STAGE ? pull : verdicts[stage];
    // What was asked of a stage that an earlier one kept from being reached decided that earlier one.
    if (verdict === undefined || verdict.reason === UNREACHED.after) return [];
    const told = stage === decided ? decidingStep(stage, steps, observation) : lastOf(stage, steps);
    return told === undefined ? [] : [numbersOf(stage, verdict.status, told)];
  });
  return {
    trigger,
    durationMillis: durationMs,
    ...(observation.kind === 'UploadAccepted' ? { cleanup: observation.cleanup } : {}),
    stages,
  };
}

function lastOf(stage: Stage | typeof PULL_STAGE, steps: readonly StepTrace[]): StepTrace | undefined {
  return steps.findLast(({ step }) => STEPS_OF[stage].includes(step));
}

/**
 * The request behind the verdict: the one with the answer that the message names, which may be one of another stage (a push that is
 * refused may disprove the login), or else the last one.
 */
function decidingStep(
  stage: Stage,
  steps: readonly StepTrace[],
  observation: Observation,
): StepTrace | undefined {
  const named = steps.filter(
    ({ step, httpStatus }) =>
      'answer' in observation &&
      httpStatus === observation.answer.status &&
      STAGES.some((one) => STEPS_OF[one].includes(step)),
  );
  const later = STAGES.slice(STAGES.indexOf(stage)).flatMap((one) => STEPS_OF[one]);
  return (
    lastOf(stage, named) ??
    named.at(-1) ??
    lastOf(stage, steps) ??
    steps.findLast(({ step }) => later.includes(step))
  );
}

const RESULTS = { True: 'Passed', False: 'Refused', Unknown: 'Unknown' } as const;

function numbersOf(
  name: Stage | typeof PULL_STAGE,
  status: StageVerdict['status'],
  { httpStatus, errorCode, durationMs }: StepTrace,
): NonNullable<LastProbe['stages']>[number] {
  return {
    name,
    result: httpStatus === undefined ? 'NoAnswer' : RESULTS[status],
    ...(httpStatus === undefined ? {} : { httpStatus }),
    // A 401 with its code is how a registry passes the first stage: shown there, it looks like a failure.
    ...(errorCode === undefined || status === 'True' ? {} : { errorCode }),
    durationMillis: durationMs,
  };
}

/** At most `maxLength` UTF-16 units, an ellipsis where something is missing: the schema's limits hold whatever the text. */
export function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).toWellFormed()}…`;
}
