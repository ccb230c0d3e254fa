import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

// Loaded into a program before its own code (`node --import`), for a pod whose files lie in a folder of this machine: what is
// read below a mount path is read there. The program itself, its arguments and its environment stay those of the container.
const mounts = JSON.parse(new URL(import.meta.url).searchParams.get('mounts') ?? '{}') as Readonly<
  Record<string, string>
>;

function placeOf(path: unknown): unknown {
  if (typeof path !== 'string') return path;
  for (const [mountPath, folder] of Object.entries(mounts)) {
    if (path === mountPath || path.startsWith(`${mountPath}/`)) return folder + path.slice(mountPath.length);
  }
  return path;
}

for (const name of ['accessSync', 'existsSync', 'readFileSync', 'statSync'] as const) {
  const original = fs[name] as (...args: readonly unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (path: unknown, ...rest: readonly unknown[]) => original(placeOf(path), ...rest),
  });
}
syncBuiltinESMExports();
