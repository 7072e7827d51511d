import { FileReadError } from '../errors.ts';
import type { Disk } from '../platform/disk.ts';
import { reasonOf } from '../reason.ts';

// The largest file to read, in bytes. Tokens and certificate bundles are much smaller; the limit keeps a wrong path from filling the
// memory.
const limit = 4 * 1024 * 1024;

/**
 * Reads a file that a setting names. It may be a pipe, such as a shell's `<(...)`.
 * @param path absolute.
 * @param label the kind of file at the beginning of the message: `The token file`.
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
