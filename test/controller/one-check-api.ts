import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/client.ts';
import { kubeError } from '../support/scripted-client.ts';

/** An API server that holds one check, with its rules about versions. */
export interface OneCheckApi {
  readonly client: KubeClient;
  /** The check as it is stored. */
  readonly stored: RegistryPushCheck;
  /** What was asked and answered, in order: `PATCH 100 → 101`, `PATCH 100 → 409`, `GET`. */
  readonly said: readonly string[];
  /** Somebody edits the spec. */
  edit(): RegistryPushCheck;
  /** The next requests are answered so, after they were carried out where `done` says so. */
  fail(error: Error, done?: boolean): void;
  /** From here on requests wait; what it answers lets them go. */
  hold(): () => void;
}

/** An API server with this check. */
export function createOneCheckApi(check: RegistryPushCheck): OneCheckApi {
  let stored = check;
  const said: string[] = [];
  const failures: { readonly error: Error; readonly done: boolean }[] = [];
  let free: Promise<void> = Promise.resolve();
  const put = (next: RegistryPushCheck, generation = next.metadata.generation): RegistryPushCheck => {
    const resourceVersion = String(Number(stored.metadata.resourceVersion) + 1);
    stored = { ...next, metadata: { ...next.metadata, resourceVersion, generation } };
    return stored;
  };
  const answer = ({ method, body }: KubeRequest): RegistryPushCheck => {
    const failure = failures.shift();
    if (failure?.done === false) {
      said.push(`${method} → ${failure.error.message}`);
      throw failure.error;
    }
    if (method === 'GET') {
      said.push('GET');
      return stored;
    }
    const { metadata, status } = body as RegistryPushCheck;
    const fits = metadata.resourceVersion === stored.metadata.resourceVersion;
    if (fits) put({ ...stored, status: merge(stored.status ?? {}, status ?? {}) });
    const outcome = fits ? stored.metadata.resourceVersion : '409';
    said.push(`${method} ${metadata.resourceVersion} → ${failure?.error.message ?? outcome}`);
    if (failure !== undefined) throw failure.error;
    if (!fits) throw kubeError(409);
    return stored;
  };
  return {
    said,
    get stored() {
      return stored;
    },
    client: {
      server: 'https://one-check.invalid',
      request: async <T>(request: KubeRequest): Promise<T> => {
        await free;
        return structuredClone(answer(request)) as T;
      },
      stream: () => Promise.reject(new Error('nobody watches')),
    },
    edit: () => put(stored, stored.metadata.generation + 1),
    fail: (error, done = false) => void failures.push({ error, done }),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      free = promise;
      return resolve;
    },
  };
}

/** Applies a merge patch (RFC 7386, section 2). */
export function merge<T>(target: T, patch: unknown): T {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch as T;
  const isMap = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isMap ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = merge(result[key], value);
  }
  return result as T;
}
