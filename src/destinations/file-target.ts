import { basename } from 'node:path';
import { DeliveryError } from '../errors.ts';
import type { Disk, FileFacts } from '../platform/disk.ts';

/**
 * Checks the path to which a key file is to be written.
 * @returns facts of the existing file, which may be replaced; undefined if nothing exists there.
 * @throws DeliveryError (exit 6)
 */
export async function checkTarget({
  disk,
  path,
  mayReplace,
}: {
  readonly disk: Disk;
  readonly path: string;
  readonly mayReplace: boolean;
}): Promise<FileFacts | undefined> {
  const facts = await disk.facts(path);
  if (facts === undefined) return undefined;
  if (facts.kind !== 'file') {
    const kind = facts.kind === 'link' ? 'a symbolic link' : facts.kind === 'folder' ? 'a folder' : 'not a regular file';
    throw new DeliveryError(`The key file ${path} is ${kind}; only a regular file can be written.`, {
      hints: ['Name a regular file, or a path where nothing exists: --key-file PATH'],
    });
  }
  if (!mayReplace) throw appeared(path);
  if (await disk.isMountPoint(path)) {
    throw new DeliveryError(`The key file ${path} is mounted as a single file, so it cannot be replaced by another file.`, {
      hints: [`Mount its folder instead, and name a file in it: --key-file FOLDER/${basename(path)}`],
    });
  }
  return facts;
}

/** The error for an existing file that must not be replaced. */
export function appeared(path: string): DeliveryError {
  return new DeliveryError(`The key file ${path} exists already and was left as it is.`, {
    hints: ['Replace it with --force, or name another file: --key-file PATH'],
  });
}

/** Whether two paths lead to the same file. */
export async function isSameFile(disk: Disk, a: string, b: string): Promise<boolean> {
  const [one, other] = [await disk.facts(a), await disk.facts(b)];
  return one !== undefined && one.device === other?.device && one.inode === other.inode;
}

/** Whether a file is still the same one, with the same owner and mode. */
export function hasSameAccess(before: FileFacts, now: FileFacts): boolean {
  const isSame = before.inode === now.inode && before.device === now.device;
  return isSame && before.mode === now.mode && before.uid === now.uid && before.gid === now.gid;
}
