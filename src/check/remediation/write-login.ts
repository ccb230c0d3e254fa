import type { ExpirySource } from '../expiry.ts';
import { SECRET_ANNOTATION, type SecretForm } from '../secret-content.ts';

/**
 * `kubectl create secret` with apply: works whether the Secret exists or not. Server-side: a client-side apply would copy the
 * password into an annotation.
 */
export const createFrom = (kind: string, name: string, content: string): string =>
  `kubectl create secret ${kind} ${name} -n {namespace} ${content} --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -`;
const createSecret = (name: string): string =>
  createFrom(
    'docker-registry',
    name,
    '--docker-server={server} --docker-username="$REGISTRY_USER" --docker-password="$REGISTRY_PASSWORD"',
  );

/** Makes the check use another Secret. */
export const useSecret = (name: string): string =>
  `Name it in the check: kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":{"existingSecret":"'${name}'"}}'`;

/**
 * Takes a secret into the variable REGISTRY_PASSWORD, for what follows: so it is not in the shell's history. In any POSIX shell; a
 * shell of its own shows what is typed again, however it ends.
 */
export const readSecret = (prompt: string): string =>
  `printf '${prompt}: '; REGISTRY_PASSWORD=$(trap 'stty echo' 0; trap exit 2; stty -echo; read -r IT; printf %s "$IT"); echo`;

/** Takes a login into variables of the shell. Lines that are pasted behind it would be read as the login. */
export const HAVE_LOGIN = `Run this line alone; it asks for user and password: printf 'User: '; read -r REGISTRY_USER; ${readSecret('Password or token')}`;

/** Takes a token into a variable of the shell. */
export const READ_TOKEN = readSecret('Token');
/** The same as a step. */
export const HAVE_TOKEN = `Run this line alone; it asks for the token: ${READ_TOKEN}`;

/** Who writes a Secret anew that something else keeps loses what was written. */
const KEPT = 'if Argo CD, Flux or External Secrets keeps this Secret, change it there instead';

/** Changes these keys of a Secret and leaves its type, its annotations and its other keys as they are. */
export const patchSecret = (literals: string): string =>
  `kubectl create secret generic {secret} -n {namespace} ${literals} --dry-run=client -o json | kubectl patch secret {secret} -n {namespace} --type=merge --patch-file=/dev/stdin`;

/** In a list of steps: those that make a Secret of the check's own. */
export const OTHER_SECRET = '{othersecret}';

/** The same: for a Secret that holds logins of other registries, or that cannot be changed: leave it alone. */
export const OTHER_SECRET_STEPS: readonly string[] = [
  HAVE_LOGIN,
  `Write the login into a Secret of its own: ${createSecret('{newsecret}')}`,
  useSecret('{newsecret}'),
];

/** For a Secret that is not there. */
export const NEW_SECRET: readonly string[] = [
  HAVE_LOGIN,
  `Make the Secret with the login: ${createSecret('{secret}')}`,
];

/** In a list of steps: the steps that write the login of the Secret anew, which depend on its form. */
export const WRITE_LOGIN = '{writelogin}';

/** The same behind a step that has set REGISTRY_USER and REGISTRY_PASSWORD already. */
export const WRITE_GIVEN_LOGIN = '{writegivenlogin}';

/** Whether a step is one that asks for a login: the first of those that write one. */
const asks = (step: string): boolean => step === HAVE_LOGIN || step === HAVE_TOKEN;

/** How to write the login anew that is in the variables already. */
export function givenSteps(steps: readonly string[]): readonly string[] {
  return steps.filter((step) => !asks(step));
}

/** How to write the login of a Secret anew. The type of a Secret cannot be changed, so each form keeps its own. */
export const WRITE_STEPS: Readonly<Record<SecretForm, readonly string[]>> = {
  docker: [
    HAVE_LOGIN,
    `Write the login into the Secret, which replaces all logins in it (${KEPT}): ${createSecret('{secret}')}`,
  ],
  password: [
    HAVE_LOGIN,
    `Write the login into the Secret (${KEPT}): ${patchSecret('--from-literal=username="$REGISTRY_USER" --from-literal=password="$REGISTRY_PASSWORD"')}`,
  ],
  token: [
    HAVE_TOKEN,
    `Write the token into the Secret (${KEPT}): ${patchSecret('--from-literal=token="$REGISTRY_PASSWORD"')}`,
  ],
  other: OTHER_SECRET_STEPS,
};

/** In a list of steps: what else in the Secret has to be renewed with its login. */
export const RENEW_EXPIRY = '{renewexpiry}';

/** The end that a Secret states stays when its login is written anew: the new one would be called expired. */
export const RENEW_STEPS: Readonly<Record<ExpirySource, readonly string[]>> = {
  // The new login has its own end in itself.
  JWT: [],
  ECRPassword: [],
  SecretKey: [
    `The key expiresAt still states the old end: write the new one into it, or remove it: kubectl patch secret {secret} -n {namespace} --type=merge -p '{"data":{"expiresAt":null,"expires_at":null}}'`,
  ],
  Annotation: [
    `The annotation still states the old end: write the new one into it, or remove it: kubectl annotate secret {secret} -n {namespace} ${SECRET_ANNOTATION.expiresAt}-`,
  ],
};
