import type { SecretContent } from '../../src/check/secret-content.ts';
import { canaryOf, createCanary, passwordCanary, type Canary } from '../support/canaries.ts';
import type { KeyPair } from '../support/certificates.ts';
import { aDockerSecret, aSecret } from '../support/secrets.ts';

/** A Secret with a login that exists once in the world. */
export interface CanaryLogin {
  readonly name: string;
  readonly secret: SecretContent;
  /** What of it must not show up; the user name is one of them. */
  readonly canaries: readonly Canary[];
}

/** A login of each kind for a registry, `host:port`, each with canaries of its own. */
export function canaryLogins(host: string, client: KeyPair): readonly CanaryLogin[] {
  const user = (): Canary => createCanary('user name', (core) => `u${core}`);
  const token = (name: string): Canary => createCanary(name, (core) => `t${core}`);
  const row = (
    name: string,
    canaries: readonly Canary[],
    make: (...values: readonly string[]) => SecretContent,
  ): CanaryLogin => ({ name, canaries, secret: make(...canaries.map(({ value }) => value)) });
  const auth = (name = '', password = ''): string => Buffer.from(`${name}:${password}`).toString('base64');
  const plain = { registry: host };
  return [
    // Nothing in it would change on the way into a host name.
    row('a plain password', [user(), createCanary('password')], (name, password) =>
      aDockerSecret({ [host]: { auth: auth(name, password) } }),
    ),
    row('a difficult password', [user(), passwordCanary()], (name, password) =>
      aDockerSecret({ [host]: { auth: auth(name, password) } }),
    ),
    row(
      'an identity token',
      [user(), passwordCanary(), token('identity token')],
      (name, password, identitytoken) =>
        aDockerSecret({ [host]: { auth: auth(name, password), identitytoken } }),
    ),
    row('a registry token', [token('registry token')], (registrytoken) =>
      aDockerSecret({ [host]: { registrytoken } }),
    ),
    row('basic-auth', [user(), passwordCanary()], (username = '', password = '') =>
      aSecret('kubernetes.io/basic-auth', { ...plain, username, password }),
    ),
    row('a token of its own', [token('token')], (value = '') =>
      aSecret('Opaque', { ...plain, token: value }),
    ),
    row(
      'a client certificate',
      [user(), passwordCanary(), canaryOf('client key', client.keyPem)],
      (username = '', password = '', key = '') =>
        aSecret('Opaque', { ...plain, username, password, 'tls.crt': client.certPem, 'tls.key': key }),
    ),
  ];
}
