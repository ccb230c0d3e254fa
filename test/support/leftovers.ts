import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What the storage of a distribution registry holds: what a probe may and may not leave behind. */
export interface Leftovers {
  /** Repositories that the catalogue lists, of the whole registry. */
  readonly catalog: readonly string[];
  /** Upload sessions that are open: their folder holds more than `hashstates` (`data`, `startedat`). */
  readonly uploads: readonly string[];
  /** Ids of which only `hashstates` is left: distribution forgets it after a successful cancel. */
  readonly orphans: readonly string[];
  /** Digests in the blob store of the whole registry, and those that the repository links to. */
  readonly blobs: readonly string[];
  /** Digests of manifest revisions of the repository, and its tags as `tag:NAME`. */
  readonly manifests: readonly string[];
}

/**
 * Reads a storage folder of the filesystem driver. The layout is distribution's registry/storage/paths.go; a
 * repository is listed by the catalogue once it has `_manifests` (registry/storage/catalog.go).
 */
export async function leftoversOf(storage: string, repository: string): Promise<Leftovers> {
  const root = join(storage, 'docker', 'registry', 'v2');
  const repositories = join(root, 'repositories');
  const own = join(repositories, repository);
  const sessions = await uploadSessions(join(own, '_uploads'));
  const stored = (await filesBelow(join(root, 'blobs', 'sha256'))).flatMap((file) => file[1] ?? []);
  const linked = await names(join(own, '_layers', 'sha256'));
  const tags = await names(join(own, '_manifests', 'tags'));
  return {
    catalog: [...new Set((await filesBelow(repositories)).flatMap((file) => catalogued(file)))].toSorted(),
    uploads: sessions.filter(({ open }) => open).map(({ id }) => id),
    orphans: sessions.filter(({ open }) => !open).map(({ id }) => id),
    blobs: [...new Set([...stored, ...linked])].toSorted(),
    manifests: [
      ...(await names(join(own, '_manifests', 'revisions', 'sha256'))),
      ...tags.map((tag) => `tag:${tag}`),
    ],
  };
}

async function uploadSessions(folder: string): Promise<{ id: string; open: boolean }[]> {
  const ids = await names(folder);
  return Promise.all(
    ids.map(async (id) => {
      const files = await names(join(folder, id));
      return { id, open: files.some((file) => file !== 'hashstates') };
    }),
  );
}

function catalogued(file: readonly string[]): string[] {
  const end = file.indexOf('_manifests');
  return end === -1 ? [] : [file.slice(0, end).join('/')];
}

/** Paths of all files below a folder, each as its parts; none if the folder is missing. */
async function filesBelow(folder: string): Promise<string[][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(noneIfMissing);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => [...entry.parentPath.slice(folder.length + 1).split('/'), entry.name]);
}

async function names(folder: string): Promise<string[]> {
  const found: string[] = await readdir(folder).catch(noneIfMissing);
  return found.toSorted();
}

function noneIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
