import { FileReadError } from '../errors.ts';
import type { Disk } from '../platform/disk.ts';
import { reasonOf } from '../reason.ts';

// No token and no bundle of certificates comes near this; a mistaken path must not fill the memory.
const limit = 4 * 1024 * 1024;

/**
 * The text of a file that a setting names; it may be a pipe, such as that of a shell's `<(...)`.
 * @param path absolute.
 * @param label what the file is, for the message: `The token file`.
 * @throws FileReadError when it cannot be read or is larger than 4 MiB.
 */
export async function readNamedFile(disk: Disk, path: string, label: string): Promise<string> {
  try {
    return await disk.readInput(path, limit);
  } catch (cause) {
    const reason = cause instanceof RangeError ? 'it is larger than 4 MiB' : reasonOf(cause);
    throw new FileReadError(`${label} ${path} cannot be read: ${reason}.`, {
      hints: ['Check the path and its permissions.'],
      cause,
    });
  }
}
