import { endpoint, type Registry } from './origin.ts';

/** A manifest of a registry. */
export interface ManifestName {
  /** Without host, tag or digest. */
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
}

/**
 * The media types of manifests and of lists of them (image-spec v1.1, "Media Types"; Docker image manifest version 2,
 * schema 2). A registry that has a manifest under a type that is not accepted answers as if it had none.
 */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/**
 * `HEAD` here answers whether there is such a manifest and it may be pulled (distribution-spec, end-3). The parts are encoded,
 * whatever they hold; only the colon of a digest is not, as some registries do not decode it.
 */
export function manifestUrl(registry: Registry, { repository, reference }: ManifestName): URL {
  const name = repository.split('/').map(encodeURIComponent).join('/');
  const last = encodeURIComponent(reference).replaceAll('%3A', ':');
  return endpoint(registry, `/v2/${name}/manifests/${last}`);
}

/** A manifest as people write it: `team/base:v1`, `team/base@sha256:…`. */
export function shownManifest({ repository, reference }: ManifestName): string {
  return `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
}
