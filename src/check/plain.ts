import { isObject, parseJson } from '../json.ts';
import { mayGoTo } from '../registry/binding.ts';
import { shownKey } from '../registry/key.ts';
import { passwordLogin, tokenLogin, type Login } from '../registry/login.ts';
import { sanitise } from '../text.ts';
import type { Credential, SecretProblem, Wanted } from './credential.ts';
import {
  hasKey,
  keysOf,
  SECRET_ANNOTATION,
  statedRegistries,
  textOf,
  type SecretContent,
  type SecretPart,
} from './secret-content.ts';

/**
 * The login of a Secret with the keys `username` and `password`, or `token` alone. Such a Secret need not say for which registry
 * it is, so it is asked first, and the installation after it, whether the login may go there; its values are looked at
 * after that.
 */
export function readPlain(
  secret: SecretContent,
  wanted: Wanted,
): Pick<Credential, 'login' | 'isFor'> | SecretProblem {
  const problem = formProblem(secret) ?? bindingProblem(secret, wanted);
  if (problem !== undefined) return problem;
  const found = readLogin(secret);
  const isFor = (repository: string): boolean =>
    bindingProblem(secret, { ...wanted, repository }) === undefined;
  return 'reason' in found ? found : { ...found, isFor };
}

function invalid(detail: string, part: SecretPart = 'login'): SecretProblem {
  return { reason: 'SecretInvalid', detail, part };
}

function formProblem(secret: SecretContent): SecretProblem | undefined {
  const [username, password, token] = ['username', 'password', 'token'].map((key) => hasKey(secret, key));
  if (token && (username || password))
    return invalid(
      'it has token as well as username or password, which is ambiguous: remove one of them',
      'both-logins',
    );
  if (token || (username && password)) return undefined;
  if (username) return invalid(`it has the key username without password; its keys: ${keysOf(secret)}`);
  if (password)
    return invalid(
      `it has the key password without username; a token without a user name belongs under the key token; its keys: ${keysOf(secret)}`,
    );
  const misplaced = Object.keys(secret.data).find((key) => isDockerConfig(secret, key));
  return misplaced === undefined
    ? invalid(`it has neither username and password nor token; its keys: ${keysOf(secret)}`)
    : invalid(
        `its key ${sanitise(misplaced, 64)} has a docker configuration in it, which belongs under the key .dockerconfigjson`,
        'wrong-key',
      );
}

/** `kubectl create secret generic --from-file=config.json` names the key after the file. */
function isDockerConfig(secret: SecretContent, key: string): boolean {
  const read = textOf(secret, key);
  const parsed = 'problem' in read || read.text === undefined ? undefined : parseJson(read.text);
  return parsed !== undefined && isObject(parsed['auths']);
}

function bindingProblem(
  secret: SecretContent,
  { registry, repository, installed, trusted }: Wanted,
): SecretProblem | undefined {
  const stated = statedRegistries(secret);
  if ('problem' in stated) return invalid(stated.problem, stated.part);
  const { list } = stated;
  if (mayGoTo(registry, repository, { stated: list, installed, trusted })) return undefined;
  if (list.length === 0) {
    return {
      reason: 'CredentialsNotBound',
      detail: `it does not say for which registry its login is: it has neither the key registry nor the annotation ${SECRET_ANNOTATION.registries}`,
    };
  }
  const more = list.length > 5 ? ` and ${list.length - 5} more` : '';
  return {
    reason: 'CredentialsNotMatched',
    detail: `by its key registry or its annotation ${SECRET_ANNOTATION.registries}, its login is for ${list.slice(0, 5).map(shownKey).join(', ')}${more}, not for ${registry.host}${registry.prefix}/${repository}`,
  };
}

function readLogin(secret: SecretContent): { readonly login: Login } | SecretProblem {
  const [username, password, token] = ['username', 'password', 'token'].map((key) => textOf(secret, key));
  for (const read of [username, password, token]) {
    if (read !== undefined && 'problem' in read) return invalid(read.problem);
  }
  const text = (read: typeof token): string =>
    read !== undefined && 'text' in read ? (read.text ?? '') : '';
  if (text(username) === '' && !hasKey(secret, 'token'))
    return invalid('its key username is empty; a token without a user name belongs under the key token');
  const login = hasKey(secret, 'token')
    ? tokenLogin(text(token), '')
    : passwordLogin(text(username), text(password), '');
  return typeof login === 'string' ? invalid(`it ${login}`) : { login };
}
