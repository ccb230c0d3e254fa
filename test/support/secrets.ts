import type { Wanted } from '../../src/check/credential.ts';
import type { SecretContent } from '../../src/check/secret-content.ts';
import { aRegistry, NOW_MS } from './builders.ts';

/** Base64 of a text, as the API gives the values of a Secret. */
export function base64(text: string | Buffer): string {
  return Buffer.from(text as string).toString('base64');
}

/** A Secret with these values, given as they are before base64. */
export function aSecret(
  type: string,
  values: Readonly<Record<string, string | Buffer>>,
  annotations: Readonly<Record<string, string>> = {},
): SecretContent {
  const data = Object.entries(values).map(([key, value]): [string, string] => [key, base64(value)]);
  return { type, data: Object.fromEntries(data), annotations };
}

/** A Secret of type kubernetes.io/dockerconfigjson with these entries, and what it has besides. */
export function aDockerSecret(
  auths: unknown,
  more: Readonly<Record<string, string | Buffer>> = {},
  annotations: Readonly<Record<string, string>> = {},
): SecretContent {
  const values = { '.dockerconfigjson': JSON.stringify({ auths }), ...more };
  return aSecret('kubernetes.io/dockerconfigjson', values, annotations);
}

/** A login for `team/app` at reg.example, of a Secret that the installation says nothing of. */
export function aWanted(over: Partial<Wanted> = {}): Wanted {
  return {
    registry: aRegistry('https://reg.example'),
    repository: 'team/app',
    installed: [],
    trusted: [],
    nowMs: NOW_MS,
    ...over,
  };
}
