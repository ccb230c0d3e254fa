import { check, login, pullSecret, type Manifest } from '../../test/support/manifests.ts';
import type { Users } from '../../test/support/token-server.ts';

/** The users of the demo's token server: one for each right. */
export const USERS = {
  admin: {
    password: 'admin-password',
    grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] }],
  },
  ci: { password: 'ci-password', grants: [{ repository: 'team/*', actions: ['pull', 'push'] }] },
  puller: { password: 'puller-password', grants: [{ repository: 'team/*', actions: ['pull'] }] },
  'push-only': { password: 'push-only-password', grants: [{ repository: 'team/*', actions: ['push'] }] },
} as const satisfies Users;

/** Name of a user of the demo. */
export type UserName = keyof typeof USERS;

/** Where the servers of the demo listen: `host:port`. */
export interface Hosts {
  readonly registry: string;
  /** Nothing listens here. */
  readonly closed: string;
  /** A TLS server whose authority the operator does not know. */
  readonly foreign: string;
}

/** The content of a check's Secret: a login for a host, or text as it is. */
export type SecretSpec =
  | { readonly host: string; readonly username: string; readonly password: string }
  | { readonly text: string };

/** One check of the demo, and the verdict that follows from how the servers are set up. */
export interface DemoCheck {
  readonly name: string;
  readonly registry: string;
  /** Absent: the check names no Secret. `missing`: it names one that does not exist. */
  readonly secret?: SecretSpec | 'missing';
  readonly expected: { readonly ready: 'True' | 'False'; readonly reason: string; readonly says?: RegExp };
}

/** The checks. What is expected is written from the rights above, not read from what the operator says. */
export function demoChecks({ registry, closed, foreign }: Hosts): readonly DemoCheck[] {
  const as = (user: UserName, password: string = USERS[user].password): SecretSpec => ({
    host: registry,
    username: user,
    password,
  });
  return [
    { name: 'admin', registry, secret: as('admin'), expected: { ready: 'True', reason: 'PushAuthorized' } },
    { name: 'ci', registry, secret: as('ci'), expected: { ready: 'True', reason: 'PushAuthorized' } },
    {
      name: 'puller',
      registry,
      secret: as('puller'),
      expected: { ready: 'False', reason: 'PushDenied', says: /missing: push/ },
    },
    {
      name: 'push-only',
      registry,
      secret: as('push-only'),
      expected: { ready: 'False', reason: 'PushDenied', says: /missing: pull/ },
    },
    {
      name: 'wrong-password',
      registry,
      secret: as('ci', 'last-years-password'),
      expected: { ready: 'False', reason: 'CredentialsRejected' },
    },
    { name: 'no-login', registry, expected: { ready: 'False', reason: 'CredentialsRequired' } },
    {
      name: 'no-secret',
      registry,
      secret: 'missing',
      expected: { ready: 'False', reason: 'SecretNotFound' },
    },
    {
      name: 'broken-secret',
      registry,
      secret: { text: '{"credsStore": "desktop"}' },
      expected: { ready: 'False', reason: 'SecretInvalid' },
    },
    {
      name: 'other-host',
      registry,
      secret: { host: 'registry.example.com', username: 'ci', password: 'ci-password' },
      expected: { ready: 'False', reason: 'CredentialsNotMatched' },
    },
    { name: 'closed-port', registry: closed, expected: { ready: 'False', reason: 'ConnectionRefused' } },
    {
      name: 'unknown-host',
      registry: 'registry.invalid',
      expected: { ready: 'False', reason: 'DNSLookupFailed' },
    },
    {
      name: 'unknown-authority',
      registry: foreign,
      expected: { ready: 'False', reason: 'TLSVerificationFailed' },
    },
  ];
}

/** The users with the rights of two of them swapped: the demo must then fail. */
export function swapRights(one: UserName, other: UserName): Users {
  return {
    ...USERS,
    [one]: { ...USERS[one], grants: USERS[other].grants },
    [other]: { ...USERS[other], grants: USERS[one].grants },
  };
}

/** The check and its Secret as Kubernetes objects. */
export function manifestsOf({ name, registry, secret }: DemoCheck, namespace: string): readonly Manifest[] {
  const spec = {
    registryUrl: `https://${registry}`,
    pushTestRepository: 'team/app',
    failureThreshold: 1,
    timeout: '10s',
    ...(secret === undefined ? {} : { existingSecret: `${name}-login` }),
  };
  const object = check(namespace, name, spec);
  if (secret === undefined || secret === 'missing') return [object];
  const secretName = `${name}-login`;
  return 'text' in secret
    ? [pullSecret(namespace, secretName, secret.text), object]
    : [login(namespace, secretName, secret.host, secret.username, secret.password), object];
}
