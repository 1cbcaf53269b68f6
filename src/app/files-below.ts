/**
 * The files of a folder as its author sees them, symbolic links followed where they lead to something inside
 * the folder: Kubernetes mounts a ConfigMap as links into a hidden folder. Invariant: nothing outside the
 * folder is ever read, and no link is passed over in silence.
 */
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { UsageError } from '../core/errors.js';

/** Files and folders that are looked at; links to links to folders could make millions of a few. */
const MAX_ENTRIES = 20_000;

export interface FoundFile {
  /** Inside the folder, joined by `/`. */
  path: string;
  /** Where the file is, links resolved; null when a link cannot be followed. */
  real: string | null;
  /** Why it cannot. */
  problem?: string;
}

/** Files in stable order, hidden ones excepted; of the folders directly inside, `except` is left out. */
export async function filesBelow(folder: string, except?: string): Promise<FoundFile[]> {
  const root = await realpath(folder);
  const found: FoundFile[] = [];
  let entriesSeen = 0;
  const walk = async (real: string, prefix: string, above: readonly string[]): Promise<void> => {
    const entries = await readdir(real, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || prefix + entry.name === except) continue;
      if (++entriesSeen > MAX_ENTRIES)
        throw new UsageError(`${folder} holds more than ${MAX_ENTRIES} files`);
      const path = prefix + entry.name;
      const target = entry.isSymbolicLink()
        ? await follow(join(real, entry.name), root, above)
        : { real: join(real, entry.name) };
      if ('problem' in target) found.push({ path, real: null, problem: target.problem });
      else {
        const kind = await stat(target.real);
        if (kind.isFile()) found.push({ path, real: target.real });
        if (kind.isDirectory()) await walk(target.real, `${path}/`, [...above, target.real]);
      }
    }
  };
  await walk(root, '', [root]);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Where a link leads; `above` are the folders that it is in, which it must not lead back to. */
async function follow(
  link: string,
  root: string,
  above: readonly string[],
): Promise<{ real: string } | { problem: string }> {
  const target = await readlink(link);
  let real: string;
  try {
    real = await realpath(link);
  } catch (error) {
    const loops = (error as NodeJS.ErrnoException).code === 'ELOOP';
    return { problem: `to ${target} ${loops ? 'leads round in a circle' : 'leads nowhere'}` };
  }
  const inside = relative(root, real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    return { problem: `to ${target} leads out of the folder` };
  return above.includes(real) ? { problem: `to ${target} leads round in a circle` } : { real };
}

/** Whether there is anything of that name, a link that leads nowhere too. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
