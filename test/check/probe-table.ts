import { inspect } from 'node:util';
import { expect } from 'chai';
import { diagnose, type Diagnosis } from '../../src/check/diagnose.ts';
import type { PullAsked } from '../../src/check/judge-pull.ts';
import type { Credential } from '../../src/check/credential.ts';
import type { Observation, Probed } from '../../src/check/observation.ts';
import { probe, type ProbeWorld } from '../../src/check/probe.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import type { Login } from '../../src/registry/login.ts';
import type { ManifestName } from '../../src/registry/manifest.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';
import { Secret } from '../../src/registry/secret.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { aCredential } from '../support/builders.ts';
import { createAuthority, LOOPBACK } from '../support/certificates.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { unexpectedIn } from '../support/request-shape.ts';
import {
  answer,
  CANARY,
  challenge,
  leaksOf,
  startScriptedRegistry,
  type Reply,
  type ScriptedRegistry,
  type Turn,
} from '../support/scripted-registry.ts';

/** The requests of a probe of `team/app` by the user ci. */
export const PING = 'GET /v2/';
/** {@link PING} with a Basic login. */
export const LOGIN = 'GET /v2/ as ci';
/** Asks for the right to push. */
export const TOKEN = 'GET /token?service=scripted&scope=repository:team/app:pull,push as ci';
/** Asks for no right: proves the login. */
export const PROOF = 'GET /token?service=scripted as ci';
/** Asks for the right to cancel. */
export const DELETE_TOKEN = 'GET /token?service=scripted&scope=repository:team/app:delete as ci';
/** Opens an upload session. */
export const POST = 'POST /v2/team/app/blobs/uploads/';
/** Cancels the session of {@link accepted}. */
export const DELETE = 'DELETE /v2/team/app/blobs/uploads/1?_state=s';

/** A 401 that wants a Basic login. */
export const wantsBasic = challenge('Basic realm="scripted"');

/** A 202 with the session that {@link DELETE} cancels. */
export const accepted = answer(202, { Location: '/v2/team/app/blobs/uploads/1?_state=s' });

/** The deadline of a probe in these tests, by the fake clock. */
export const TIMEOUT_MS = 30_000;

/** What differs from a probe of `team/app` as ci with the right password. */
export interface ProbeOptions {
  readonly password?: string;
  readonly anonymous?: boolean;
  /** What the Secret has besides, or instead. */
  readonly credential?: Partial<Credential>;
  /** URL of the registry, where it is not {@link ProbeTable.registry}. */
  readonly url?: string;
  readonly tokenHost?: string;
  /** Whether asking may create the repository. */
  readonly mayCreate?: boolean;
  /** A manifest to ask for as well. */
  readonly pull?: ManifestName;
}

/** A running probe. */
export interface Running {
  readonly probed: Promise<Probed>;
  readonly clock: FakeClock;
  readonly abort: (reason: Error) => void;
}

/** A registry with a script, another server that nobody may talk to, and probes. */
export interface ProbeTable {
  readonly registry: ScriptedRegistry;
  /** Another origin with a valid certificate: what goes there has left the registry. */
  readonly elsewhere: ScriptedRegistry;
  /** A 401 that names the registry's own token service. */
  wantsBearer(more?: string): Reply;
  /** Starts a probe against these turns. */
  start(turns: readonly Turn[], options?: ProbeOptions): Running;
  /** Runs a probe and demands that the conversation was exactly `turns`, and silence elsewhere. */
  run(turns: readonly Turn[], options?: ProbeOptions): Promise<Probed>;
  /** What must hold of every probe: the conversation, its form (E2), silence elsewhere, and that nothing shows the password. */
  verify(turns: readonly Turn[], probed: Probed): void;
  diagnose(observation: Observation, pull?: PullAsked): Diagnosis;
  stop(): Promise<void>;
}

/** Starts both servers, over https. */
export async function openTable(): Promise<ProbeTable> {
  const authority = await createAuthority('test registries');
  const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'registry', ...LOOPBACK });
  const [registry, elsewhere] = await Promise.all([
    startScriptedRegistry({ cert, key }),
    startScriptedRegistry({ cert, key }),
  ]);
  const guard = createGuard(['127.0.0.0/8', '::1']);
  const contexts = createContexts(authority.pem);

  const start = (turns: readonly Turn[], options: ProbeOptions = {}): Running => {
    const target = parseRegistryUrl(options.url ?? registry.url);
    if ('problem' in target) throw new Error(target.problem);
    registry.play(turns);
    elsewhere.play([]);
    const clock = createFakeClock();
    const world: ProbeWorld = {
      open: ({ origin }, tls) => {
        const { secureContext, ownContext } = contexts(tls);
        return openConnection({ guard, secureContext, registry: { origin, secureContext: ownContext } });
      },
      clock,
      tokenHosts:
        options.tokenHost === undefined ? [] : [{ registry: target.host, tokenHost: options.tokenHost }],
    };
    const login: Login = {
      kind: 'password',
      username: 'ci',
      password: new Secret(options.password ?? CANARY),
    };
    const credential =
      options.anonymous === true ? undefined : aCredential(CANARY, { login, ...options.credential });
    const controller = new AbortController();
    const job = {
      registry: target,
      repository: 'team/app',
      credential,
      mayCreate: options.mayCreate,
      pull: options.pull,
      timeoutMs: TIMEOUT_MS,
    };
    const probed = probe(job, world, controller.signal);
    return { probed, clock, abort: (reason) => controller.abort(reason) };
  };

  const diagnosed = (observation: Observation, pull?: PullAsked): Diagnosis =>
    diagnose(observation, { host: registry.host, repository: 'team/app', secret: 'login' }, false, pull);

  const verify = (turns: readonly Turn[], probed: Probed): void => {
    expect(registry.conversation).to.deep.equal(turns.map(([asked]) => asked));
    expect(unexpectedIn(registry)).to.deep.equal([]);
    expect([elsewhere.connections, elsewhere.conversation]).to.deep.equal([0, []]);
    const shown = [probed, diagnosed(probed.observation)].map(
      (value) => `${JSON.stringify(value)} ${inspect(value, { depth: 20, showHidden: true })}`,
    );
    expect(leaksOf(shown.join())).to.deep.equal([]);
  };

  return {
    registry,
    elsewhere,
    wantsBearer: (more = '') =>
      challenge(
        `Bearer realm="${registry.url}/token",service="scripted",scope="repository:victim/x:push"${more}`,
      ),
    start,
    verify,
    diagnose: diagnosed,
    run: async (turns, options) => {
      const probed = await start(turns, options).probed;
      verify(turns, probed);
      return probed;
    },
    stop: async () => {
      await Promise.all([registry.stop(), elsewhere.stop()]);
    },
  };
}
