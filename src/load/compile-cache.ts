// Where Node may keep its compile cache. Node runs what it finds there, so nobody but the user may be able to write it.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

const writableByOthers = 0o022;
const openToOthers = 0o077;
const sticky = 0o1000;

/**
 * A folder that only the effective user can change: `stackstate-cli/compile-cache` in `$XDG_CACHE_HOME`, else in `~/.cache`. Made
 * where it is missing, but no home is made.
 * @returns its path without symbolic links. Undefined where there is no such place, and where there are no user ids to judge by.
 */
export function compileCacheFolder(): string | undefined {
  const user = process.geteuid?.();
  const caches = userCaches();
  if (user === undefined || caches === undefined) return undefined;
  const ours = join(caches, 'stackstate-cli');
  try {
    let folder = '';
    // Level by level, and each is judged before anything is made in it: root makes nothing in somebody else's home.
    for (const level of [caches, ours, join(ours, 'compile-cache')]) {
      if (!isSafe(realpathSync(dirname(level)), user)) return undefined;
      makeFolder(level);
      folder = realpathSync(level);
      const { uid, mode } = lstatSync(folder);
      if (uid !== user || (mode & writableByOthers) !== 0) return undefined;
    }
    // Node makes folders inside with the mode that the umask leaves, so the last level keeps others out altogether.
    return (lstatSync(folder).mode & openToOthers) === 0 && isSafe(folder, user) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** A relative path leads into whatever folder one works in, so it counts as none. */
function userCaches(): string | undefined {
  const caches = process.env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(caches)) return caches;
  try {
    const home = (require('node:os') as typeof import('node:os')).homedir();
    return isAbsolute(home) ? join(home, '.cache') : undefined;
  } catch {
    // A user without an entry in the system's list has no home.
    return undefined;
  }
}

/** Whether nobody but the user and root can change where this path leads. @param path without symbolic links. */
function isSafe(path: string, user: number): boolean {
  for (let level = path; ; level = dirname(level)) {
    const { uid, mode } = lstatSync(level);
    if (uid !== user && uid !== 0) return false;
    // Others may write a sticky folder such as /tmp, but not touch what the user has in it.
    if ((mode & writableByOthers) !== 0 && (mode & sticky) === 0) return false;
    if (level === dirname(level)) return true;
  }
}

/** Only the last level: Node, asked to make a whole path, never comes back from /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
