// The folder for Node's compile cache. Node executes the code in it, so nobody but the user may be able to write to it.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

const writableByOthers = 0o022;
const openToOthers = 0o077;
const sticky = 0o1000;

/**
 * A folder that only the effective user can change: `stackstate-cli/compile-cache` in `$XDG_CACHE_HOME`, else in `~/.cache`. It is created
 * if it is missing, but a missing home folder is not.
 * @returns its path without symbolic links. Undefined if there is no safe folder, or if the system has no user ids.
 */
export function compileCacheFolder(): string | undefined {
  const user = process.geteuid?.();
  const caches = userCaches();
  if (user === undefined || caches === undefined) return undefined;
  const ours = join(caches, 'stackstate-cli');
  try {
    let folder = '';
    // Each folder is checked before anything is created in it, so that root creates nothing in somebody else's home.
    for (const level of [caches, ours, join(ours, 'compile-cache')]) {
      if (!isSafe(realpathSync(dirname(level)), user)) return undefined;
      makeFolder(level);
      folder = realpathSync(level);
      const { uid, mode } = lstatSync(folder);
      if (uid !== user || (mode & writableByOthers) !== 0) return undefined;
    }
    // The umask decides the mode of the folders that Node creates inside, so the last folder must be closed to others altogether.
    return (lstatSync(folder).mode & openToOthers) === 0 && isSafe(folder, user) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** The user's cache folder. A relative path is ignored, because it would depend on the working folder. */
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

/** Whether only the user and root can change this folder and those above it. @param path without symbolic links. */
function isSafe(path: string, user: number): boolean {
  for (let level = path; ; level = dirname(level)) {
    const { uid, mode } = lstatSync(level);
    if (uid !== user && uid !== 0) return false;
    // Others may write to a sticky folder such as /tmp, but cannot touch the user's files in it.
    if ((mode & writableByOthers) !== 0 && (mode & sticky) === 0) return false;
    if (level === dirname(level)) return true;
  }
}

/** Creates one folder. Node's recursive mkdir is not used, because it never returns for a path in /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
