import type { IncomingMessage } from 'node:http';

/** Response headers by which products of registries give themselves away; nothing else is read of them. */
export const MARKS = [
  'docker-distribution-api-version',
  'gitlab-container-registry-version',
  'server',
  'x-artifactory-id',
  'x-github-request-id',
  'x-jfrog-version',
  'x-ms-correlation-request-id',
  'x-registry-supports-signatures',
  'x-sparse-manifest-support',
] as const;

/** The headers of {@link MARKS} that an answer has, each at most 256 characters. Text from outside. */
export type Marks = Readonly<Partial<Record<(typeof MARKS)[number], string>>>;

/** Picks the marks out of an answer's headers (`IncomingMessage.headersDistinct`); of a repeated one the first. */
export function marksOf(headers: IncomingMessage['headersDistinct']): Marks {
  const found = MARKS.map((name) => [name, headers[name]?.[0]?.slice(0, 256)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
