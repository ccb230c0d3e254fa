import { mayGoTo } from '../registry/binding.ts';
import { shownKey } from '../registry/key.ts';
import { passwordLogin, tokenLogin, type Login } from '../registry/login.ts';
import type { SecretProblem, Wanted } from './credential.ts';
import {
  hasKey,
  keysOf,
  SECRET_ANNOTATION,
  statedRegistries,
  textOf,
  type SecretContent,
} from './secret-content.ts';

/**
 * The login of a Secret with the keys `username` and `password`, or `token` alone. Such a Secret need not say for which registry
 * it is, so it is asked first, and the installation after it, whether the login may go there; its values are looked at
 * after that.
 */
export function readPlain(secret: SecretContent, wanted: Wanted): { readonly login: Login } | SecretProblem {
  return formProblem(secret) ?? bindingProblem(secret, wanted) ?? readLogin(secret);
}

function invalid(detail: string): SecretProblem {
  return { reason: 'SecretInvalid', detail };
}

function formProblem(secret: SecretContent): SecretProblem | undefined {
  const [username, password, token] = ['username', 'password', 'token'].map((key) => hasKey(secret, key));
  if (token && (username || password))
    return invalid('it has token as well as username or password, which is ambiguous: remove one of them');
  if (token || (username && password)) return undefined;
  if (username) return invalid(`it has the key username without password; its keys: ${keysOf(secret)}`);
  if (password)
    return invalid(
      `it has the key password without username; a token without a user name belongs under the key token; its keys: ${keysOf(secret)}`,
    );
  return invalid(`it has neither username and password nor token; its keys: ${keysOf(secret)}`);
}

function bindingProblem(
  secret: SecretContent,
  { registry, repository, installed, trusted }: Wanted,
): SecretProblem | undefined {
  const stated = statedRegistries(secret);
  if ('problem' in stated) return invalid(stated.problem);
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
