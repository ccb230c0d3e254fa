import { API_VERSION, CRD_NAME, GROUP, KIND, VERSION } from '../api/registrypushcheck.ts';
import { FIELDS } from '../api/v1alpha1-fields.gen.ts';
import type { Clock } from '../clock.ts';
import { fieldsOf } from '../json.ts';
import { KubeError, type KubeClient } from '../kube/client.ts';
import type { Log } from '../kube/log.ts';

/**
 * The fields of this version that the API server would drop, because the CustomResourceDefinition that it has is older. Every
 * identity may read that schema, which CustomResourceDefinitions themselves are not (role system:discovery); it has no
 * annotations, so the fields are compared. Undefined where the kind is not served.
 * @throws KubeError, KubeNetworkError
 */
export async function missingFields(
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const path = `/openapi/v3/apis/${API_VERSION}`;
  try {
    return compare(await client.request({ method: 'GET', path }, signal));
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

/** The same, of an OpenAPI document. */
export function compare(document: unknown): readonly string[] | undefined {
  const schemas = Object.values(fieldsOf(fieldsOf(fieldsOf(document)['components'])['schemas']));
  const schema = schemas.find(isOurs);
  return schema === undefined ? undefined : FIELDS.filter((path) => !has(schema, path.split('.')));
}

function isOurs(schema: unknown): boolean {
  const kinds = fieldsOf(schema)['x-kubernetes-group-version-kind'];
  return (
    Array.isArray(kinds) &&
    kinds.some((one) => {
      const { group, version, kind } = fieldsOf(one);
      return group === GROUP && version === VERSION && kind === KIND;
    })
  );
}

/** Lists are passed through: `conditions.type` is a field of each item. */
function has(schema: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  const { items, properties } = fieldsOf(schema);
  const inner = items === undefined ? fieldsOf(properties)[name] : undefined;
  if (items !== undefined) return has(items, [name, ...rest]);
  return inner !== undefined && has(inner, rest);
}

/** Whether the kind that is installed is older than this version; looked up now and then. */
export interface ServedSchema {
  /** Undefined until that is known, and while the kind is not served. */
  readonly outdated: boolean | undefined;
  /** Looks until the signal aborts; then it resolves. A warning says once what is missing, and what to type. */
  run(signal: AbortSignal): Promise<void>;
}

/** Between two looks, in milliseconds: after an answer, and without one or without the kind. */
const LOOK_AGAIN_MS = 600_000;
const TRY_AGAIN_MS = 60_000;

/** A look at the schema of the kind every ten minutes; nothing is sent before `run`. */
export function watchServedSchema(client: KubeClient, log: Log, clock: Clock): ServedSchema {
  let missing: readonly string[] | undefined;
  const look = async (signal: AbortSignal): Promise<void> => {
    const before = missing?.length ?? 0;
    missing = await missingFields(client, signal);
    if (missing !== undefined && missing.length > 0 && before === 0) {
      log('warn', `the CustomResourceDefinition ${CRD_NAME} is older than this operator: ${UPDATE}`, {
        missing,
      });
    }
  };
  return {
    get outdated() {
      return missing === undefined ? undefined : missing.length > 0;
    },
    run: async (signal) => {
      while (!signal.aborted) {
        const known = await look(signal).then(
          () => missing !== undefined,
          // What was known is still the best guess.
          () => false,
        );
        await clock.sleep(known ? LOOK_AGAIN_MS : TRY_AGAIN_MS, signal).catch(() => undefined);
      }
    },
  };
}

const UPDATE = 'registry-push-check crds print | kubectl apply --server-side --force-conflicts -f -';
