import { readDockerConfig } from '../registry/dockerconfig.ts';
import type { Login } from '../registry/login.ts';
import type { Registry } from '../registry/origin.ts';
import { sanitise } from '../text.ts';
import type { FailureReason } from './reason.ts';

/** A Secret as the API gives it, without anything of Kubernetes in it: values are base64. */
export interface SecretContent {
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Why a Secret gives no login. `detail` is a sentence of ours that holds names and lengths, never values. */
export interface SecretProblem {
  readonly reason: Extract<
    FailureReason,
    | 'SecretNotFound'
    | 'SecretForbidden'
    | 'SecretTypeUnsupported'
    | 'SecretInvalid'
    | 'CredentialsNotMatched'
    | 'CredentialsNotBound'
    | 'CredentialsTooBroad'
  >;
  readonly detail: string;
}

/** A login that is bound to the registry it was found for, and the key it was found under. */
export interface Credential {
  readonly login: Login;
  readonly matchedKey: string;
}

/** The Secret type that `kubectl create secret docker-registry` makes, and the key that it uses. */
const DOCKER_CONFIG = { type: 'kubernetes.io/dockerconfigjson', key: '.dockerconfigjson' } as const;

/**
 * Finds the login for a repository in a Secret. The Secret's own key names the registry that the login may be sent
 * to; nothing else does.
 */
export function readCredential(
  secret: SecretContent,
  registry: Registry,
  repository: string,
): { readonly credential: Credential } | { readonly problem: SecretProblem } {
  if (secret.type !== DOCKER_CONFIG.type) {
    const type = sanitise(secret.type === '' ? 'Opaque' : secret.type, 100);
    return problem(
      'SecretTypeUnsupported',
      `it is of type ${type}, and only ${DOCKER_CONFIG.type} is supported`,
    );
  }
  const encoded = Object.hasOwn(secret.data, DOCKER_CONFIG.key) ? secret.data[DOCKER_CONFIG.key] : undefined;
  if (encoded === undefined || encoded === '') {
    const keys = Object.keys(secret.data)
      .slice(0, 10)
      .map((key) => sanitise(key, 64));
    return problem(
      'SecretInvalid',
      `it has no key ${DOCKER_CONFIG.key}; its keys: ${keys.join(', ') || 'none'}`,
    );
  }
  const text = decode(encoded);
  if (text === undefined) return problem('SecretInvalid', `${DOCKER_CONFIG.key} is not UTF-8 text`);
  const entry = readDockerConfig(text, registry, repository);
  switch (entry.kind) {
    case 'found':
      return { credential: { login: entry.login, matchedKey: entry.key } };
    case 'invalid':
      return problem('SecretInvalid', entry.detail);
    case 'unmatched':
      return problem('CredentialsNotMatched', entry.detail);
  }
}

function problem(reason: SecretProblem['reason'], detail: string): { readonly problem: SecretProblem } {
  return { problem: { reason, detail } };
}

function decode(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
