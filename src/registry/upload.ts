import type { Response } from './http.ts';
import { endpoint, sameOrigin, shownOrigin, type Registry } from './origin.ts';

/** `GET` here answers whether the registry is one, and how it wants a login (distribution-spec, end-1). */
export function pingUrl(registry: Registry): URL {
  return endpoint(registry, '/v2/');
}

/** `POST` here opens an upload session (distribution-spec, end-4a). The name's parts are encoded, whatever they hold. */
export function uploadUrl(registry: Registry, repository: string): URL {
  return endpoint(registry, `/v2/${pathOf(repository)}/blobs/uploads/`);
}

/** `GET` here answers whether a repository exists (distribution-spec, end-8a). */
export function tagsUrl(registry: Registry, repository: string): URL {
  return endpoint(registry, `/v2/${pathOf(repository)}/tags/list`);
}

function pathOf(repository: string): string {
  return repository.split('/').map(encodeURIComponent).join('/');
}

/** Where an accepted upload session lives. */
export type Session =
  /** At the registry itself: it can be cancelled. The URL holds signed state: never store or log it. */
  | { readonly kind: 'here'; readonly url: URL }
  /** At another host, or another port: no request goes there. */
  | { readonly kind: 'elsewhere'; readonly host: string | undefined }
  /** Over http at an https registry: no request goes there. */
  | { readonly kind: 'insecure' }
  /** At the registry, but not below the uploads of the repository: no request goes there. */
  | { readonly kind: 'outside' }
  /** No Location, or one that cannot be read. */
  | { readonly kind: 'missing' };

/** Reads the Location of a 202, relative or absolute, against the URL that was asked. */
export function sessionOf(response: Response, registry: Registry, asked: URL): Session {
  const text = response.location;
  if (text === undefined || text === '' || !URL.canParse(text, asked)) return { kind: 'missing' };
  const url = new URL(text, asked);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { kind: 'missing' };
  if (registry.origin.protocol === 'https:' && url.protocol === 'http:') return { kind: 'insecure' };
  if (!sameOrigin(url, registry.origin))
    return { kind: 'elsewhere', host: shownOrigin(url)?.replace(/^https?:\/\//, '') };
  if (!isSession(url.pathname, asked.pathname)) return { kind: 'outside' };
  url.username = '';
  url.password = '';
  return { kind: 'here', url };
}

/**
 * A DELETE is sent to what can only be a session of the repository that was asked for: one segment below its `blobs/uploads/`
 * (GHCR leaves out the s).
 */
function isSession(path: string, asked: string): boolean {
  const base = asked.replace(/s\/$/, '');
  return path.startsWith(base) && /^s?\/[^/]+\/?$/.test(path.slice(base.length)) && !/%2f|%5c/i.test(path);
}
