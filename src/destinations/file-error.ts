import { dirname } from 'node:path';
import { DeliveryError } from '../errors.ts';
import type { FileFacts } from '../platform/disk.ts';
import { shellWord } from '../shell-word.ts';
import { systemCode } from '../system.ts';

const elsewhere = 'name a file elsewhere: --key-file PATH';

const reasons: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  ENOSPC: { reason: 'the disk is full', hint: `Free some space there, or ${elsewhere}` },
  EDQUOT: { reason: 'the disk quota is used up', hint: `Free some space there, or ${elsewhere}` },
  EACCES: { reason: 'permission denied', hint: `Allow writing to the folder, or ${elsewhere}` },
  EPERM: { reason: 'operation not permitted', hint: `Allow writing to the folder, or ${elsewhere}` },
  EFBIG: { reason: 'it would exceed the limit for the size of files', hint: `Raise the limit (ulimit -f), or ${elsewhere}` },
  EROFS: { reason: 'the file system is read-only', hint: 'Name a file elsewhere: --key-file PATH' },
  EIO: { reason: 'the disk reports an input/output error', hint: `Check the disk, or ${elsewhere}` },
  ESTALE: { reason: 'the network file system has lost it (stale file handle)', hint: `Mount it again, or ${elsewhere}` },
  EMFILE: { reason: 'too many files are open', hint: 'Raise the limit: ulimit -n' },
  ENFILE: { reason: 'too many files are open on this machine', hint: 'Close other programs, then try again' },
  ETXTBSY: { reason: 'a program runs from it', hint: 'Name another file: --key-file PATH' },
  ENOTDIR: { reason: 'a part of its path is not a folder', hint: 'Name another file: --key-file PATH' },
  ELOOP: { reason: 'its path has too many symbolic links', hint: 'Name another file: --key-file PATH' },
  ENAMETOOLONG: { reason: 'its name is too long', hint: 'Name another file: --key-file PATH' },
};

/** Why the system refused something, as the end of a sentence: `the disk is full`. */
export function systemReason(cause: unknown): string {
  const code = systemCode(cause);
  return (code === undefined ? undefined : reasons[code]?.reason) ?? code ?? 'unknown trouble';
}

/**
 * The error for a key file that the system refuses to write.
 * @param what follows the file's name: `cannot be written`.
 */
export function fileError(path: string, what: string, cause: unknown): DeliveryError {
  const code = systemCode(cause);
  if (code === 'ENOENT') {
    return new DeliveryError(`The key file ${path} ${what}: its folder does not exist.`, {
      hints: [`Create the folder first: mkdir -p ${shellWord(dirname(path))}`],
      cause,
    });
  }
  const known = code === undefined ? undefined : reasons[code];
  return new DeliveryError(`The key file ${path} ${what}: ${systemReason(cause)}.`, {
    hints: [known?.hint ?? 'Name another file: --key-file PATH'],
    cause,
  });
}

/** The error for a key file whose owner, mode or access control list cannot be given to the file that replaces it. */
export function notKept(path: string, former: FileFacts, cause: unknown): DeliveryError {
  return new DeliveryError(
    `The key file ${path} belongs to the user ${former.uid} and the group ${former.gid}, and this user cannot create another file like it (${systemReason(cause)}). The programs that read the key file could no longer read it.`,
    { hints: ['Run this as that user or as root, or name another file: --key-file PATH'], cause },
  );
}

/** The warning about a folder in which a journal is not safe. */
export function openFolder(folder: string): string {
  return `Other users may write the folder ${folder}. If this run is killed, the next run will not trust the journal that this run leaves there. Remove their write permission: chmod go-w ${shellWord(folder)}`;
}

/** The warning about a temporary file that could not be removed. */
export function leftBehind(path: string, cause: unknown): string {
  return `The temporary file ${path} may hold a key and could not be removed (${systemReason(cause)}). Remove it: rm ${shellWord(path)}`;
}
