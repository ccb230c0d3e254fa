import { createHash } from 'node:crypto';
import { remove, startPod, type PodTemplate, type RunningPod } from './kubelet.ts';
import { condition, log, say, send, type Runtime, type Workload } from './workload-api.ts';

/** Before a container that ended is started again, in milliseconds; longer with a real kubelet. */
const RESTART_MS = 1_000;

/** A Deployment with the one pod that it may have: the old one ends before the new one begins (strategy Recreate). */
export class Deployment {
  readonly #runtime: Runtime;
  readonly #namespace: string;
  readonly #name: string;
  readonly #uid: string;
  #template = '';
  #pod: RunningPod | undefined;
  #ended = false;
  #startableAtMs = 0;
  #written = '';

  constructor({ metadata }: Workload, runtime: Runtime) {
    this.#runtime = runtime;
    this.#namespace = metadata.namespace;
    this.#name = metadata.name;
    this.#uid = metadata.uid;
  }

  async turn({ metadata, spec }: Workload): Promise<void> {
    const wanted = spec.replicas === 0 ? '' : hashOf(spec.template);
    if (this.#template !== wanted) this.#startableAtMs = 0;
    if (this.#template !== wanted || this.#ended) await this.end();
    this.#template = wanted;
    if (wanted !== '' && this.#pod === undefined) await this.#start(spec, wanted);
    const unready = wanted === '' ? undefined : await this.#unready();
    const replicas = wanted === '' ? 0 : 1;
    await this.#write(metadata.generation, replicas, unready);
  }

  async end(): Promise<void> {
    const pod = this.#pod;
    this.#pod = undefined;
    this.#ended = false;
    if (pod === undefined) return;
    await pod.stop();
    await remove(this.#runtime.machine.client, `${this.#replicaSets}/${this.#name}-${this.#template}`);
  }

  get #replicaSets(): string {
    return `/apis/apps/v1/namespaces/${this.#namespace}/replicasets`;
  }

  async #start({ template, selector }: Workload['spec'], hash: string): Promise<void> {
    if (performance.now() < this.#startableAtMs) return;
    this.#startableAtMs = performance.now() + RESTART_MS;
    try {
      const pod = await startPod(this.#namespace, `${this.#name}-${hash}`, template, this.#runtime.machine);
      this.#pod = pod;
      log(this.#runtime, this.#namespace, this.#name, () => pod.process.output());
      void pod.process.exited.then(() => (this.#ended = this.#pod === pod));
      await this.#replicaSet(template, selector, hash);
    } catch (error) {
      this.#runtime.machine.signal.throwIfAborted();
      say(this.#runtime, this.#namespace, this.#name, error);
    }
  }

  /** Helm 3 looks for the ReplicaSet of the template, not at the Deployment. */
  async #replicaSet(template: PodTemplate, selector: object, hash: string): Promise<void> {
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: this.#name,
      uid: this.#uid,
      controller: true,
    };
    const name = `${this.#name}-${hash}`;
    await send(this.#runtime, 'POST', this.#replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name, labels: template.metadata?.labels, ownerReferences: [owner] },
      spec: { replicas: 1, selector, template },
    });
  }

  async #unready(): Promise<string | undefined> {
    return this.#pod === undefined || this.#ended ? 'no container runs' : this.#pod.unready();
  }

  async #write(observedGeneration: number, replicas: number, unready: string | undefined): Promise<void> {
    const ready = unready === undefined ? replicas : 0;
    const state = JSON.stringify([observedGeneration, this.#template, ready, unready]);
    if (state === this.#written) return;
    const counts = { replicas, readyReplicas: ready, availableReplicas: ready };
    const conditions = [
      condition('Available', { reason: 'MinimumReplicas', message: unready ?? '' }, ready === replicas),
      condition('Progressing', ready === replicas ? AVAILABLE : { reason: 'ReplicaSetUpdated', message: '' }),
    ];
    const base = `/apis/apps/v1/namespaces/${this.#namespace}`;
    const status = { observedGeneration, updatedReplicas: replicas, ...counts, conditions };
    const unavailableReplicas = replicas - ready;
    if (replicas > 0) {
      const set = `${this.#replicaSets}/${this.#name}-${this.#template}/status`;
      await send(this.#runtime, 'PATCH', set, {
        status: { ...counts, fullyLabeledReplicas: replicas, observedGeneration: 1 },
      });
    }
    await send(this.#runtime, 'PATCH', `${base}/deployments/${this.#name}/status`, {
      status: { ...status, unavailableReplicas },
    });
    this.#written = state;
  }
}

const AVAILABLE = { reason: 'NewReplicaSetAvailable', message: 'ReplicaSet has successfully progressed.' };

function hashOf(template: PodTemplate): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}
