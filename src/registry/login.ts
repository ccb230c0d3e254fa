import { Secret } from './secret.ts';

/** A user name with its password or access token. The name is not shown either: some registries put tokens there. */
export interface Login {
  readonly username: string;
  readonly password: Secret;
}

/** The Authorization header value of a login (RFC 7617: UTF-8, base64). */
export function basic(login: Login): Secret {
  return new Secret(
    `Basic ${Buffer.from(`${login.username}:${login.password.reveal()}`, 'utf8').toString('base64')}`,
  );
}

/** The Authorization header value of a token (RFC 6750, section 2.1). */
export function bearer(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`);
}
