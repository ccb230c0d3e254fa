import { startPod, type PodTemplate } from './kubelet.ts';
import { condition, log, now, say, send, type Runtime, type Workload } from './workload-api.ts';

/** Runs the pods of a Job until one succeeds or too many have failed, without the pauses that the Job controller makes. */
export async function runJob({ metadata, spec, status }: Workload, runtime: Runtime): Promise<void> {
  const { namespace, name } = metadata;
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs/${name}/status`;
  const startTime = now();
  const write = (next: object): Promise<void> =>
    send(runtime, 'PATCH', path, { status: { startTime, uncountedTerminatedPods: {}, ...next } });
  try {
    if (status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed') === true) return;
    await write({ active: 1, ready: 0 });
    for (let failed = 0; ; failed += 1) {
      if (failed > (spec.backoffLimit ?? 6)) {
        const why = {
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
        };
        const conditions = ['FailureTarget', 'Failed'].map((type) => condition(type, why));
        return await write({ active: 0, ready: 0, failed, conditions });
      }
      if (!(await succeeds(runtime, namespace, name, failed, spec.template))) continue;
      const why = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
      const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => condition(type, why));
      return await write({ active: 0, ready: 0, failed, succeeded: 1, completionTime: now(), conditions });
    }
  } catch (error) {
    if (!runtime.machine.signal.aborted) say(runtime, namespace, name, error);
  }
}

async function succeeds(
  runtime: Runtime,
  namespace: string,
  name: string,
  failed: number,
  template: PodTemplate,
): Promise<boolean> {
  try {
    const pod = await startPod(namespace, `${name}-${String(failed)}`, template, runtime.machine);
    log(runtime, namespace, name, () => pod.process.output());
    const stop = (): void => pod.process.kill('SIGKILL');
    runtime.machine.signal.addEventListener('abort', stop);
    const how = await pod.process.exited;
    runtime.machine.signal.removeEventListener('abort', stop);
    await pod.stop();
    return how === 'exit code 0';
  } catch (error) {
    runtime.machine.signal.throwIfAborted();
    say(runtime, namespace, name, error);
    return false;
  }
}
