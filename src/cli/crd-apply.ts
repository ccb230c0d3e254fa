import { CRD_NAME } from '../api/registrypushcheck.ts';
import { startDeadline, type Clock } from '../clock.ts';
import { mergePatch } from '../controller/patch.ts';
import { KubeError, type KubeClient, type KubeRequest } from '../kube/client.ts';
import { explain, namesTaken, notEstablished, TAKEN_AWAY, type Outcome } from './crd-words.ts';
import { versionOf, type Crd } from './crd.ts';
import { compareVersions, parseVersion } from './semver.ts';

/** The world around `applyCrd`. */
export interface ApplyWorld {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Says what is being waited for. */
  readonly tell: (line: string) => void;
}

/** Who has written which fields (Kubernetes API, ManagedFieldsEntry). */
interface Manager {
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** A CustomResourceDefinition as the API server hands it out. */
interface Stored {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly generation: number;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly Manager[];
  };
  readonly spec: Crd['spec'];
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

const PATH = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRD_NAME}`;
/** The name under which Helm 4 applies the `crds/` of a chart: with any other, `helm install` would end in a conflict. */
const FIELD_MANAGER = 'helm';
/** The API server's own write of a status comes between ours often enough. */
const ATTEMPTS = 10;
const ATTEMPT_PAUSE_MS = 200;
const ESTABLISHED_MS = 60_000;
const POLL_MS = 250;
const TELL_EVERY_MS = 10_000;
/** The API server judges names within a second: a refusal that is older than this is about those of today. */
const NAMES_MS = 5_000;

/**
 * Brings the CustomResourceDefinition of a cluster to `crd`, unless it is of a newer version, and waits at most 60 s until
 * it is served. Needs get, create and patch of customresourcedefinitions. Throws an Error of one sentence that says what to do.
 */
export async function applyCrd(crd: Crd, world: ApplyWorld, signal: AbortSignal): Promise<Outcome> {
  const outcome = await install(crd, world, signal);
  if (outcome.kind !== 'newer') await untilEstablished(world, signal);
  return outcome;
}

async function install(crd: Crd, { client, clock }: ApplyWorld, signal: AbortSignal): Promise<Outcome> {
  const before = await read(client, signal);
  let found = before;
  for (let attempt = 1; ; attempt += 1) {
    const version = found && versionOf(found);
    if (version !== undefined && isNewer(version, crd)) return { kind: 'newer', found: version };
    try {
      return outcomeOf(before, await write(crd, found, client, signal), crd);
    } catch (error) {
      const right = found === undefined ? 'create and patch' : 'patch';
      if (!hasStatus(error, 409) || attempt === ATTEMPTS) throw explain(error, right, client.server);
    }
    await clock.sleep(ATTEMPT_PAUSE_MS, signal);
    found = await read(client, signal);
  }
}

/** Undefined where there is none. */
async function read(client: KubeClient, signal: AbortSignal): Promise<Stored | undefined> {
  try {
    return await client.request<Stored>({ method: 'GET', path: PATH }, signal);
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw explain(error, 'get', client.server);
  }
}

/** Refused with 409 where somebody else wrote since it was read. */
async function write(
  crd: Crd,
  found: Stored | undefined,
  client: KubeClient,
  signal: AbortSignal,
): Promise<Stored> {
  const { resourceVersion } = found?.metadata ?? {};
  const applied = await client.request<Stored>(
    patch('application/apply-patch+yaml', { ...crd, metadata: { ...crd.metadata, resourceVersion } }),
    signal,
  );
  const rest = takeOver(applied, crd);
  if (rest === undefined) return applied;
  return client.request<Stored>(patch('application/merge-patch+json', rest), signal);
}

function patch(contentType: string, body: unknown): KubeRequest {
  const force = contentType === 'application/apply-patch+yaml' ? { force: 'true' } : {};
  const query = { fieldManager: FIELD_MANAGER, ...force };
  return { method: 'PATCH', path: PATH, query, contentType, body };
}

/**
 * What server-side apply leaves of others, as a merge patch; undefined where it left nothing. It keeps a key that another
 * writer owns and we no longer name. And what was made by `kubectl create` or by Helm 3 stays owned by that write for ever:
 * the next version in the `crds/` of a chart would end in a conflict with it. Who applies keeps owning what is applied.
 */
function takeOver({ metadata, spec }: Stored, crd: Crd): unknown {
  const { resourceVersion, managedFields = [] } = metadata;
  const kept = managedFields.filter((manager) => !isPlainWrite(manager));
  const changed = mergePatch(spec, crd.spec);
  if (kept.length === managedFields.length && changed === undefined) return undefined;
  return { metadata: { resourceVersion, managedFields: kept }, spec: changed };
}

function isPlainWrite({ operation, subresource = '', fieldsV1 = {} }: Manager): boolean {
  return operation === 'Update' && subresource === '' && Object.hasOwn(fieldsV1, 'f:spec');
}

function outcomeOf(before: Stored | undefined, after: Stored, crd: Crd): Outcome {
  if (before === undefined) return { kind: 'created' };
  const from = versionOf(before);
  const same = before.metadata.generation === after.metadata.generation && from === versionOf(crd);
  return same ? { kind: 'unchanged' } : { kind: 'updated', from };
}

/** What is no version counts as older. */
function isNewer(version: string, crd: Crd): boolean {
  const [found, own] = [version, versionOf(crd) ?? ''].map((text) => parseVersion(text));
  return found !== undefined && own !== undefined && compareVersions(found, own) > 0;
}

async function untilEstablished({ client, clock, tell }: ApplyWorld, signal: AbortSignal): Promise<void> {
  using deadline = startDeadline(clock, ESTABLISHED_MS, signal, notEstablished);
  const since = clock.monotonic();
  let toldAt = -Infinity;
  for (;;) {
    const stored = await read(client, deadline.signal);
    if (stored === undefined || stored.metadata.deletionTimestamp !== undefined) throw new Error(TAKEN_AWAY);
    const of = (type: string) => stored.status?.conditions?.find((condition) => condition.type === type);
    const names = of('NamesAccepted');
    if (names?.status === 'True' && of('Established')?.status === 'True') return;
    const now = clock.monotonic();
    if (names?.status === 'False' && now - since > NAMES_MS) throw new Error(namesTaken(names.message));
    if (now - toldAt >= TELL_EVERY_MS) {
      tell(`waiting until the API server serves ${CRD_NAME}`);
      toldAt = now;
    }
    await clock.sleep(POLL_MS, deadline.signal);
  }
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof KubeError && error.status === status;
}
