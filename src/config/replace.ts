import { basename, dirname, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Disk, FileFacts, Lock, OpenFile } from '../platform/disk.ts';
import { sweepSiblings, writeDurably } from '../platform/durable.ts';
import { makeFolders } from '../platform/folders.ts';
import { reasonOf } from '../reason.ts';
import { systemCode } from '../system.ts';
import { readConfig } from './file.ts';
import { looseMode, modes, tighten, tightened } from './modes.ts';
import { explained, leftover, lockLost, mounted } from './replace-errors.ts';

/** Everything that a change of the config file needs from the outside. */
export interface ConfigAccess {
  readonly disk: Disk;
  /** As in `World`. Called while another process holds the lock. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Stops the wait for the lock. */
  readonly interrupt?: AbortSignal;
  /** Shows the user a sentence. */
  warn(line: string): void;
}

/** The text of the file before and after a change. */
export interface Changed {
  /** Undefined if the change created the file. */
  readonly before: string | undefined;
  readonly after: string;
}

const label = 'config';
// How often to try to take the lock, with pauses of 10 to 90 ms. That is half a minute, far more than twenty processes need that save at
// the same time.
const lockTries = 600;
const attempts = 20;

/**
 * Changes the config file under a lock, whole or not at all. The Go CLI does not use the lock, so the file is read again right before it is
 * replaced. If it has changed in the meantime, the change is repeated on the new text.
 * @param path absolute path; the file need not exist.
 * @param change makes the new text from the old one ('' if there is no file). If it throws, the file stays unchanged.
 * @throws ConfigError when the file cannot be read or written, ConfigUnsyncedError when it was written but a power cut may undo that.
 */
export async function changeConfigFile(access: ConfigAccess, path: string, change: (text: string) => string): Promise<Changed> {
  const { disk } = access;
  // Tried without the lock first, so that a refused change leaves no folder and no lock behind.
  change((await readConfig(path, disk))?.text ?? '');
  try {
    const target = await writableTarget(disk, path);
    await prepareFolder(access, path, dirname(target));
    const lock = await acquire(access, target);
    try {
      for (const left of await sweepSiblings(disk, target, label)) access.warn(leftover(left));
      return await replaceFile(access, { path, target, lock, change });
    } finally {
      // A lock that cannot be released can be taken over by another process.
      await lock.release().catch(() => undefined);
    }
  } catch (error) {
    throw explained(path, error);
  }
}

/**
 * Follows all symbolic links of a path. The file at the end need not exist.
 * @throws ConfigError when that fails, and when the file is a mount point: it cannot be replaced, and overwriting it could leave half a file.
 */
export async function writableTarget(disk: Disk, path: string): Promise<string> {
  try {
    const target = await targetOf(disk, path);
    if ((await disk.facts(target)) !== undefined && (await disk.isMountPoint(target))) throw mounted(path);
    return target;
  } catch (error) {
    throw explained(path, error);
  }
}

async function targetOf(disk: Disk, path: string, depth = 0): Promise<string> {
  try {
    return await disk.realpath(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || depth > 40) throw error;
  }
  const facts = await disk.facts(path);
  return facts?.kind === 'link' ? targetOf(disk, resolve(dirname(path), await disk.readLink(path)), depth + 1) : path;
}

/** Creates the folder of the config file. Only the default folder is closed to others: another folder may hold other files as well. */
async function prepareFolder({ disk, warn }: ConfigAccess, path: string, folder: string): Promise<void> {
  try {
    await makeFolders(disk, folder, modes.folder);
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause;
    const reason = systemCode(cause) === 'ENOENT' ? 'the system does not allow it' : reasonOf(cause);
    throw new ConfigError(`The config file ${path} cannot be written, because its folder cannot be created: ${reason}.`, {
      hints: ['Name a file in another folder with --config PATH.'],
      cause,
    });
  }
  if (basename(folder) !== 'stackstate-cli') return;
  const real = await disk.realpath(folder);
  const loose = looseMode(await disk.facts(real));
  if (loose !== undefined) await tighten(disk, real, { found: loose, mode: modes.folder, subject: 'The folder' }, warn);
}

async function acquire({ disk, sleep, interrupt }: ConfigAccess, target: string): Promise<Lock> {
  for (let left = lockTries; left > 0; left--) {
    const lock = await disk.lock(target);
    if (lock !== undefined) return lock;
    await sleep(10 + Math.random() * 80, interrupt);
  }
  throw new ConfigError(`The config file ${target} is being changed by another sts, which does not finish.`, {
    hints: ['Run the command again when the other sts has ended.'],
  });
}

interface Replacement {
  /** The path that the user named. */
  readonly path: string;
  /** The path without symbolic links. */
  readonly target: string;
  readonly lock: Lock;
  readonly change: (text: string) => string;
}

/** The file was changed by a program that does not use the lock. */
class ChangedMeanwhileError extends Error {}

async function replaceFile({ disk, warn }: ConfigAccess, { path, target, lock, change }: Replacement): Promise<Changed> {
  const subject = 'The config file';
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = await readConfig(target, disk);
    const after = change(before?.text ?? '');
    const found = looseMode(before?.facts);
    if (after === before?.text) {
      if (found !== undefined) await tighten(disk, target, { found, mode: modes.file, subject }, warn);
      return { before: before.text, after };
    }
    const beforeRename = async () => {
      if (!(await lock.isHeld())) throw lockLost(path);
      if ((await readConfig(target, disk))?.text !== before?.text) throw new ChangedMeanwhileError();
    };
    try {
      await writeDurably(disk, target, after, { mode: modes.file, label, prepare: ownerOf(before?.facts), beforeRename });
    } catch (error) {
      if (error instanceof ChangedMeanwhileError) continue;
      throw error;
    }
    if (found !== undefined) warn(tightened(target, { found, mode: modes.file, subject }));
    return { before: before?.text, after };
  }
  throw new ConfigError(`The config file ${path} keeps being changed by another program; nothing was written.`, {
    hints: ['Try again when that program is done.'],
  });
}

/** If root runs the program, the user must still own the file afterwards. */
function ownerOf(facts: FileFacts | undefined): (file: OpenFile) => Promise<void> {
  return async (file) => {
    if (facts === undefined) return;
    const own = await file.facts();
    if (own.uid === facts.uid && own.gid === facts.gid) return;
    await file.chown(facts.uid, facts.gid).catch((error: unknown) => {
      if (systemCode(error) === undefined) throw error;
    });
  };
}
