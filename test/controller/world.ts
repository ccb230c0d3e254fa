import type { RegistryPushCheck, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import type { Observation } from '../../src/check/observation.ts';
import { reconcile, type Outcome } from '../../src/controller/reconcile.ts';
import type { SecretRead } from '../../src/controller/secrets.ts';
import { find } from '../../src/controller/conditions.ts';
import { createRecent, type Recent } from '../../src/controller/recent.ts';
import { createReminders, type Reminders } from '../../src/controller/reminders.ts';
import { createUnwritten, type Unwritten } from '../../src/controller/unwritten.ts';
import type { World } from '../../src/controller/world.ts';
import { ACCEPTED, aCredential, aProbed, NOW_MS } from '../support/builders.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** What a visit finds in the world; what is not named answers as for a green check without a Secret. */
export interface Scene {
  /** Absent: it was deleted. */
  readonly check?: RegistryPushCheck | undefined;
  readonly secret?: SecretRead | Error;
  /** What the probe meets, or that no slot is free. */
  readonly meets?: Observation | 'busy' | Error;
  /** A probe of a registry, instead of what it meets. */
  readonly asks?: World['ask'];
  /** Is told of Events as well. */
  readonly records?: World['record'];
  /** The check once the probe has ended; `gone` where it was deleted meanwhile. */
  readonly checkThen?: RegistryPushCheck | 'gone';
  /** The version of the Secret once the probe has ended. */
  readonly versionThen?: string | Error;
  readonly forbids?: Extract<Observation, { kind: 'NotAllowed' }>;
  /** What becomes of the write: it holds, also on what somebody else wrote in between, or it is too late. */
  readonly write?: RegistryPushCheck | 'superseded' | 'gone' | Error;
  /** Results that earlier visits could not write; absent: none. */
  readonly unwritten?: Unwritten;
  /** When earlier visits asked the registry; absent: never. */
  readonly recent?: Recent;
  /** What earlier visits told again; absent: nothing. */
  readonly reminders?: Reminders;
  /** Who the operator is; absent: it is not known. */
  readonly identity?: string;
  /** Whether the installation shows user names; absent: it does not. */
  readonly showPrincipal?: boolean;
  /** How long after {@link NOW_MS} the visit takes place. */
  readonly afterMs?: number;
}

/** A visit and everything it said to the world, in order. */
export interface Told {
  readonly outcome: Outcome | Error;
  readonly said: readonly string[];
  /** The last status that was written. */
  readonly status: RegistryPushCheckStatus | undefined;
}

/** A Secret of version 7 with the login of `ci`. */
export const LOGIN: SecretRead = {
  kind: 'credential',
  credential: aCredential(),
  form: 'docker',
  version: '7',
};

/** Visits `team/mirror`. */
export async function visit(scene: Scene): Promise<Told> {
  const said: string[] = [];
  let status: RegistryPushCheckStatus | undefined;
  const world = {
    ...reading(scene, said),
    write: async (check, rebase) => {
      const answer = given(scene.write) ?? check;
      status = rebase(typeof answer === 'string' ? check : answer);
      said.push(`write ${verdict(status)}`);
      if (answer === 'gone') return { kind: 'superseded', by: undefined };
      if (answer === 'superseded') return { kind: 'superseded', by: check };
      const metadata = { ...answer.metadata, resourceVersion: '101' };
      return { kind: 'written', check: { ...answer, metadata, status } };
    },
    record: async (check, announcement) => {
      const { namespace, name } = check.metadata;
      said.push(`record ${namespace}/${name} ${announcement.type} ${announcement.reason}`);
      await scene.records?.(check, announcement);
    },
  } satisfies World;
  const { signal } = new AbortController();
  const outcome = await reconcile('team/mirror', world, signal).catch((error: unknown) => error as Error);
  return { outcome, said, status };
}

/** The part of the world that changes nothing. */
function reading(scene: Scene, said: string[]): Omit<World, 'write' | 'record'> {
  const clock = createFakeClock();
  clock.jump(NOW_MS + (scene.afterMs ?? 0) - clock.now());
  let check = scene.check;
  return {
    get: (key) => (key === 'team/mirror' ? check : undefined),
    readSecret: async (namespace, name, registry, repository) => {
      said.push(`readSecret ${namespace}/${name} for ${registry.host} ${repository}`);
      return given(scene.secret) ?? LOGIN;
    },
    secretVersion: async (namespace, name) => {
      said.push(`secretVersion ${namespace}/${name}`);
      return given(scene.versionThen);
    },
    identity: async () => {
      said.push('identity');
      return scene.identity;
    },
    ask: async (job, signal) => {
      const { registry, repository, credential, timeoutMs } = job;
      const who = credential?.login.kind === 'password' ? credential.login.username : 'nobody';
      said.push(`ask ${registry.host} ${repository} as ${who} within ${String(timeoutMs)}`);
      if (scene.asks !== undefined) return scene.asks(job, signal);
      const meets = given(scene.meets) ?? ACCEPTED;
      if (scene.checkThen !== undefined) check = scene.checkThen === 'gone' ? undefined : scene.checkThen;
      if (meets === 'busy') return { kind: 'busy', retryAfterMs: 250 };
      return { kind: 'answered', probed: aProbed(meets) };
    },
    forbids: () => scene.forbids,
    showPrincipal: scene.showPrincipal ?? false,
    unwritten: scene.unwritten ?? createUnwritten(),
    recent: scene.recent ?? createRecent(),
    reminders: scene.reminders ?? createReminders(),
    defaults: { intervalMs: 600_000, retryIntervalMs: 60_000 },
    clock,
  };
}

/** The verdict of a status in short. */
function verdict({ conditions }: RegistryPushCheckStatus): string {
  const found = find(conditions, 'Ready') ?? find(conditions, 'Suspended');
  return found === undefined ? 'nothing' : `${found.type}=${found.status} ${found.reason}`;
}

function given<T>(answer: T | Error): T {
  if (answer instanceof Error) throw answer;
  return answer;
}
