import type { SecureContext } from 'node:tls';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import type { NetworkFailure } from '../../src/registry/failure.ts';
import { createSend, type Response } from '../../src/registry/http.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';
import { pingUrl } from '../../src/registry/upload.ts';

/** What a guard must allow so that tests reach their own servers. */
export const LOOPBACK_RANGES = ['127.0.0.0/8', '::1'];

/** A signal that does not abort. */
export const never = new AbortController().signal;

/** Pings `url` as a probe would, over sockets of its own. */
export async function ask(
  url: string,
  trust: SecureContext,
  allow: readonly string[] = LOOPBACK_RANGES,
): Promise<Response | NetworkFailure> {
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  const connection = openConnection({ guard: createGuard(allow), secureContext: trust });
  try {
    return await createSend(connection)({ method: 'GET', url: pingUrl(registry) }, never);
  } finally {
    connection.close();
  }
}

/** The status of an answer, or the cause of a failure. */
export function causeOf(answered: Response | NetworkFailure): string {
  return answered.kind === 'failed' ? answered.cause : String(answered.status);
}
