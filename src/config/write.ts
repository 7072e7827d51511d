import { randomBytes } from 'node:crypto';
import { chmod, type FileHandle, mkdir, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { ConfigError, StsError } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import { systemCode } from '../system.ts';
import { withContext, withCurrent, withoutContext } from './change.ts';
import { readConfigText } from './file.ts';
import type { Context } from './model.ts';

/** Takes one sentence for the user. */
type Warn = (line: string) => void;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
// A lock nobody renewed for this long belongs to a process that is gone.
const STALE_MS = 5_000;
// Tries for the lock, 10 to 90 ms apart: half a minute, which twenty processes that save at once do not need by far.
const LOCK_TRIES = 600;
const ATTEMPTS = 20;

/**
 * Saves a context and makes it current; everything else in the file stays as it is, byte for byte.
 * @param path absolute path of the config file, which need not exist.
 * @throws ConfigError when the file cannot be parsed, changed or written; it is untouched then.
 */
export function saveContext(path: string, name: string, context: Context, warn: Warn): Promise<void> {
  return changeConfigFile(path, (text) => withContext(path, text, name, context), warn);
}

/** Makes another context current. @throws NotFoundError when there is no such context; ConfigError as `saveContext`. */
export function setCurrentContext(path: string, name: string, warn: Warn): Promise<void> {
  return changeConfigFile(path, (text) => withCurrent(path, text, name), warn);
}

/** Deletes a context. @throws NotFoundError when there is no such context, UsageError for the current one; ConfigError as `saveContext`. */
export function deleteContext(path: string, name: string, warn: Warn): Promise<void> {
  return changeConfigFile(path, (text) => withoutContext(path, text, name), warn);
}

/**
 * Changes the file under a lock, whole or not at all. The Go CLI does not know the lock, so the file is read again right
 * before it is replaced; if it changed meanwhile, the change is made once more on the new text.
 */
export async function changeConfigFile(path: string, change: (text: string) => string, warn: Warn): Promise<void> {
  try {
    // What is refused anyway leaves no folder and no lock behind.
    change((await readConfigText(path)) ?? '');
    const target = await realTarget(path);
    await prepareFolder(dirname(target), warn);
    const release = await acquire(target);
    try {
      await replaceFile(path, target, change, warn);
    } finally {
      await release().catch(() => undefined);
    }
  } catch (error) {
    if (error instanceof StsError) throw error;
    throw new ConfigError(`The config file ${path} cannot be written: ${reasonOf(error)}.`, {
      hints: ['Nothing was changed. Make its folder writable, or use another file with --config PATH.'],
      cause: error,
    });
  }
}

async function replaceFile(path: string, target: string, change: (text: string) => string, warn: Warn): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await readConfigText(target);
    const after = change(before ?? '');
    const loose = before === undefined ? undefined : await looseMode(target);
    if (after === before) {
      if (loose !== undefined) await tighten(target, loose, FILE_MODE, 'The config file', warn);
      return;
    }
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(8).toString('hex')}.tmp`);
    try {
      await writeDurably(temporary, after, target);
      if ((await readConfigText(target)) === before) {
        await rename(temporary, target);
        await syncFolder(dirname(target));
        if (loose !== undefined) warn(tightened(target, loose, FILE_MODE, 'The config file'));
        return;
      }
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await unlink(temporary).catch(() => undefined);
  }
  throw new ConfigError(`The config file ${path} keeps being changed by another program; nothing was written.`, {
    hints: ['Try again when that program is done.'],
  });
}

async function writeDurably(path: string, text: string, replaced: string): Promise<void> {
  const handle = await open(path, 'wx', FILE_MODE);
  try {
    // Run by root, it must not take the user's file away.
    const owner = await stat(replaced).catch(() => undefined);
    const own = await handle.stat();
    if (owner !== undefined && (owner.uid !== own.uid || owner.gid !== own.gid)) {
      await handle.chown(owner.uid, owner.gid).catch(() => undefined);
    }
    await handle.writeFile(text, 'utf8');
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** After a rename the folder must reach the disk too, or a power cut brings the old file back. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    // Some file systems cannot sync a folder; the file is in place all the same.
  } finally {
    await handle?.close();
  }
}

/** What the path leads to through all symlinks, also where that does not exist yet. */
async function realTarget(path: string, depth = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || depth > 40) throw error;
  }
  try {
    return await realTarget(resolve(dirname(path), await readlink(path)), depth + 1);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'EINVAL') throw error;
    return path;
  }
}

/** Only our own folder is made private; one that holds other things as well is not ours to close. */
async function prepareFolder(folder: string, warn: Warn): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (basename(folder) !== 'stackstate-cli') return;
  const loose = await looseMode(folder);
  if (loose !== undefined) await tighten(folder, loose, FOLDER_MODE, 'The folder', warn);
}

/** The mode of what others may read or write; undefined where they may not. */
async function looseMode(path: string): Promise<number | undefined> {
  if (platform() === 'win32') return undefined;
  const mode = (await stat(path)).mode & 0o777;
  return (mode & 0o077) === 0 ? undefined : mode;
}

/** Closes what is open to others, and says whether that was possible: it is not where somebody else owns it. */
async function tighten(path: string, found: number, mode: number, subject: string, warn: Warn): Promise<void> {
  try {
    await chmod(path, mode);
  } catch (error) {
    warn(
      `${subject} ${path} is open to others (mode ${octal(found)}) and holds tokens; its mode cannot be changed: ${reasonOf(error)}.`,
    );
    return;
  }
  warn(tightened(path, found, mode, subject));
}

function tightened(path: string, found: number, mode: number, subject: string): string {
  return `${subject} ${path} was open to others (mode ${octal(found)}); it holds tokens, so its mode is now ${octal(mode)}.`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

async function acquire(target: string): Promise<() => Promise<void>> {
  const lockfilePath = `${target}.lock`;
  for (let left = LOCK_TRIES; ; left--) {
    try {
      // A lock lost to a sleeping machine does no harm: the file is compared right before it is replaced.
      return await lock(target, { realpath: false, lockfilePath, stale: STALE_MS, onCompromised: () => undefined });
    } catch (cause) {
      // The library's own retries would also repeat what cannot succeed, such as a lock in a read-only folder.
      if (systemCode(cause) !== 'ELOCKED') throw cause;
      if (left <= 1) {
        throw new ConfigError(`The config file ${target} is locked by another sts.`, {
          hints: [`Try again; if no other sts is running, remove the folder ${lockfilePath}.`],
          cause,
        });
      }
    }
    await delay(10 + Math.random() * 80);
  }
}
