import type { RegistryPushCheck } from '../api/registrypushcheck.ts';
import type { CheckSpec } from '../api/validate.ts';
import type { Observation } from '../check/observation.ts';
import type { Busy } from '../probing/prober.ts';
import { parseRegistryUrl, type Registry } from '../registry/origin.ts';
import type { Cause, Met } from './met.ts';
import { isAnotherQuestion } from './object.ts';
import { usedLogin } from './used-login.ts';
import type { World } from './world.ts';

/** A visit that ended before a request was sent. */
export function metSilently(observation: Observation, cause: Cause, nowMs: number, registry?: Registry): Met {
  const nothing = {
    probed: undefined,
    secretVersion: undefined,
    secretForm: undefined,
    operator: undefined,
    login: undefined,
  };
  return { kind: 'met', ...cause, ...nothing, observation, registry, nowMs };
}

/** Reads the Secret and asks the registry. */
export async function meet(
  key: string,
  { metadata }: RegistryPushCheck,
  spec: CheckSpec,
  cause: Cause,
  world: World,
  signal: AbortSignal,
): Promise<Met | Busy> {
  const { existingSecret, repository, allowRepositoryCreation: mayCreate, pull, timeoutMs } = spec;
  const registry = parseRegistryUrl(spec.registryUrl);
  const now = (): number => world.clock.now();
  if ('problem' in registry) {
    const problem = `registryUrl ${registry.problem}`;
    return metSilently({ kind: 'InvalidSpec', field: 'spec.registryUrl', problem }, cause, now());
  }
  const forbidden = world.forbids(registry);
  if (forbidden !== undefined) return metSilently(forbidden, cause, now(), registry);
  const secret =
    existingSecret === undefined
      ? undefined
      : await world.readSecret(metadata.namespace, existingSecret, registry, repository, signal);
  const found = { secretVersion: secret?.version, secretForm: secret?.form };
  if (secret?.kind === 'problem') {
    const observation: Observation = { kind: 'SecretUnusable', problem: secret.problem };
    const mayNotRead = secret.problem.reason === 'SecretForbidden';
    const operator = mayNotRead ? await world.identity(signal) : undefined;
    return { ...metSilently(observation, cause, now(), registry), ...found, operator };
  }
  const credential = secret?.credential;
  world.recent.asking(key, spec, now());
  const answer = await world.ask({ registry, repository, mayCreate, credential, pull, timeoutMs }, signal);
  if (answer.kind === 'busy') return answer;
  const { probed } = answer;
  const { observation } = probed;
  const login = credential && usedLogin(credential, world.showPrincipal);
  const operator = undefined;
  return { kind: 'met', ...cause, observation, probed, registry, ...found, operator, login, nowMs: now() };
}

/** The observations that the content of a Secret decides. */
const ABOUT_LOGIN: ReadonlySet<Observation['kind']> = new Set([
  'LoginRefused',
  'PasswordWanted',
  'TokenDenied',
  'UploadRefused',
]);

/**
 * Whether a refusal was found with a Secret that was changed meanwhile. A success stands: it names the version that it was
 * found with; and so does what no login could have changed.
 */
export async function isOfOldSecret(
  { metadata, spec }: RegistryPushCheck,
  { observation, secretVersion }: Met,
  world: World,
  signal: AbortSignal,
): Promise<boolean> {
  // A spec that could not be read, or is not there at all, was not asked with.
  if (!ABOUT_LOGIN.has(observation.kind)) return false;
  const { existingSecret } = spec;
  if (existingSecret === undefined) return false;
  const version = await world.secretVersion(metadata.namespace, existingSecret, signal);
  return version !== undefined && version !== secretVersion;
}

/** Whether the check was deleted, replaced or edited since it was read. */
export function isOutdated(check: RegistryPushCheck, world: World): boolean {
  const { namespace, name } = check.metadata;
  return isAnotherQuestion(check, world.get(`${namespace}/${name}`));
}
