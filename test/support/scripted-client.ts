import { KubeError, type KubeClient, type KubeRequest } from '../../src/kube/client.ts';

/** An API server that answers from a list, and writes down what it was asked. */
export interface ScriptedClient {
  readonly client: KubeClient;
  /** In order. */
  readonly requests: readonly KubeRequest[];
}

/**
 * A client whose n-th request gets the n-th answer; an Error is thrown. A request more than there are answers fails the
 * test: nothing catches its error, since it is none of the API server.
 */
export function scriptedClient(...answers: readonly unknown[]): ScriptedClient {
  const requests: KubeRequest[] = [];
  const request = (asked: KubeRequest): Promise<never> => {
    requests.push(asked);
    if (requests.length > answers.length) {
      return Promise.reject(new Error(`nobody expected ${asked.method} ${asked.path}`));
    }
    const answer = answers[requests.length - 1];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as never);
  };
  return { client: { request, stream, server: 'https://api' }, requests };
}

function stream(): Promise<never> {
  return Promise.reject(new Error('nobody expected a stream'));
}

/** A refusal of the API server. */
export function kubeError(status: number): KubeError {
  return new KubeError({ status, reason: 'Because', message: `the API server says ${String(status)}` });
}
