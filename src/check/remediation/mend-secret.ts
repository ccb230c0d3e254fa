import { SECRET_ANNOTATION, type SecretForm, type SecretPart } from '../secret-content.ts';
import { createFrom, patchSecret, READ_TOKEN, useSecret, WRITE_LOGIN } from './write-login.ts';

/** In a list of steps: those that mend a Secret, which depend on the part of it that is wrong. */
export const MEND_SECRET = '{mendsecret}';

const remove = (...keys: readonly string[]): string =>
  `kubectl patch secret {secret} -n {namespace} --type=merge -p '${JSON.stringify({ data: Object.fromEntries(keys.map((key) => [key, null])) })}'`;
const annotate = (what: string): string => `kubectl annotate secret {secret} -n {namespace} ${what}`;

/**
 * How to mend each part, and nothing but that part. Whoever pastes all commands is served, too: where there is a choice, only one
 * of them is a command, and a key is removed before it is written.
 */
export const MEND_STEPS: Readonly<Record<SecretPart, readonly string[]>> = {
  login: [WRITE_LOGIN],
  'both-logins': [
    'Decide which login is to be kept. For the token, put {"data":{"username":null,"password":null}} into the next command instead.',
    `Keep the user name and the password, remove the token: ${remove('token')}`,
  ],
  'docker-and-plain': [
    'Decide which login is to be kept. For the other one, put {"data":{".dockerconfigjson":null}} into the next command instead.',
    `Keep the docker configuration, remove the other login: ${remove('username', 'password', 'token')}`,
  ],
  'wrong-key': [
    'The type of a Secret cannot be changed, so make another one of the same file, and add --from-file=ca.crt to the next command if this one has ca.crt.',
    `Where the file is config.json: ${createFrom('generic', '{newsecret}', '--type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=config.json')}`,
    useSecret('{newsecret}'),
  ],
  'ca.crt': [
    `Remove what is wrong; this alone will do for a registry with a public certificate: ${remove('ca.crt')}`,
    `For a private authority, write its certificate anew, as PEM, from a file ca.crt in this directory: ${patchSecret('--from-file=ca.crt')}`,
  ],
  'client-certificate': [
    `Remove what is wrong; this alone will do for a registry that wants no client certificate: ${remove('tls.crt', 'tls.key')}`,
    `Otherwise write both anew, as PEM, from files tls.crt and tls.key in this directory: ${patchSecret('--from-file=tls.crt --from-file=tls.key')}`,
  ],
  registry: [
    `Only if the login belongs to this registry: kubectl patch secret {secret} -n {namespace} --type=merge -p '{"stringData":{"registry":"'{host}'"}}'`,
  ],
  registries: [
    'The next command replaces the whole list: put other registries of this login behind the first one, with commas.',
    `Only if the login belongs to this registry: ${annotate(`--overwrite ${SECRET_ANNOTATION.registries}={host}`)}`,
  ],
  'token-hosts': [
    `Remove the list: ${annotate(`${SECRET_ANNOTATION.tokenHosts}-`)}`,
    'If the message then names a token service that is not trusted, and it is that of {host}, list it again as host or host:port.',
  ],
};

/** In a list of steps: the step that tries the login without the operator, which depends on the form of the Secret. */
export const TRY_LOGIN = '{trylogin}';

const DOCKER_LOGIN: readonly string[] = ['Try the login by hand: docker login {server}'];

/** How to try a login by hand. `docker login` knows no tokens that are sent as they are; curl reads its header from the pipe, so that no list of processes shows it. */
export const TRY_STEPS: Readonly<Record<SecretForm, readonly string[]>> = {
  docker: DOCKER_LOGIN,
  password: DOCKER_LOGIN,
  token: [
    `Try the token by hand; 401 means that the registry does not take it: ${READ_TOKEN}; printf 'Authorization: Bearer %s\\n' "$REGISTRY_PASSWORD" | curl -sSi -m 20 -H @- {url}/v2/`,
  ],
  other: DOCKER_LOGIN,
};

/** In a list of steps: where an authority or a client certificate goes, which depends on whether there is a Secret. */
export const TRUST = '{trust}';

/** With a Secret, and without one. A Secret with an authority alone is none that a check can name. */
export const TRUST_STEPS: Readonly<Record<'secret' | 'none', readonly string[]>> = {
  secret: [
    `Private authority: with its PEM in a file ca.crt, write it into the Secret of the check, for this login alone: ${patchSecret('--from-file=ca.crt')}`,
    'Or, for all checks, let whoever runs the operator put it into the file that caBundle in its configuration names, and restart it.',
  ],
  none: [
    'Private authority: let whoever runs the operator put its PEM into the file that caBundle in its configuration names, and restart it.',
    'A Secret with a login can hold it, too, under the key ca.crt; this check names no Secret (spec.existingSecret).',
  ],
};
