import { createHash } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { createTrust } from './connection.ts';
import type { TlsExtras } from './pem.ts';

/** TLS contexts of one probe. */
export interface Contexts {
  /** For every host: the authorities. */
  readonly secureContext: SecureContext;
  /** For the registry alone: the same authorities, and the client certificate where there is one. */
  readonly ownContext: SecureContext;
}

/** Sets of authorities whose context is kept. One takes about 10 ms to make and more than a megabyte to keep. */
const MOST_KEPT = 8;

/**
 * The contexts of probes: the installation's one is shared by all Secrets that add nothing; one for each set of added authorities
 * is kept for a while. With a client certificate it is made anew each time: its key is not kept.
 * @param bundle the installation's own authorities, as PEM; undefined: none
 * @throws Error where the bundle holds no certificate, or one that cannot be read
 */
export function createContexts(bundle: string | undefined): (extras: TlsExtras | undefined) => Contexts {
  const shared = createTrust(bundle);
  const kept = new Map<string, SecureContext>();
  const withAuthorities = (pem: string): SecureContext => {
    const digest = createHash('sha256').update(pem).digest('base64');
    const context = kept.get(digest) ?? createTrust(join(bundle, pem));
    // The one that was used last comes last.
    kept.delete(digest);
    kept.set(digest, context);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return context;
  };
  return (extras) => {
    const authorities = extras?.authorities;
    const secureContext = authorities === undefined ? shared : withAuthorities(authorities);
    const ownContext =
      extras?.client === undefined ? secureContext : createTrust(join(bundle, authorities), extras.client);
    return { secureContext, ownContext };
  };
}

function join(...pems: readonly (string | undefined)[]): string | undefined {
  const given = pems.filter((pem) => pem !== undefined);
  return given.length === 0 ? undefined : given.join('\n');
}
