import type { RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { Diagnosis, StageVerdict } from '../check/diagnose.ts';
import type { Probed, Step, StepTrace } from '../check/observation.ts';
import { STAGES, type Stage } from '../check/reason.ts';

type LastProbe = NonNullable<RegistryPushCheckStatus['lastProbe']>;

/** The requests that belong to a stage; of several, the last one decided. */
const STEPS_OF: Readonly<Record<Stage, readonly Step[]>> = {
  Reachable: ['ping'],
  Authenticated: ['login', 'token'],
  PushAuthorized: ['upload'],
};

/** The numbers of a probe, for `status.lastProbe`. */
export function lastProbeOf(
  { observation, steps, durationMs }: Probed,
  verdicts: Diagnosis['stages'],
  trigger: string,
): LastProbe {
  const stages = STAGES.flatMap((stage) => {
    const last = steps.findLast(({ step }) => STEPS_OF[stage].includes(step));
    return last === undefined ? [] : [numbersOf(stage, verdicts[stage].status, last)];
  });
  return {
    trigger,
    durationMillis: durationMs,
    ...(observation.kind === 'UploadAccepted' ? { cleanup: observation.cleanup } : {}),
    stages,
  };
}

const RESULTS = { True: 'Passed', False: 'Refused', Unknown: 'Unknown' } as const;

function numbersOf(
  name: Stage,
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
