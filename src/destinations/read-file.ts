import { FileReadError } from '../errors.ts';
import { type Disk, NotRegularError } from '../platform/disk.ts';
import { systemCode } from '../system.ts';

/** The largest key document, in bytes. A Secret made by this program is much smaller. */
export const largestDocument = 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead nowhere',
  ENXIO: 'it is not a regular file',
  EIO: 'the disk reports an input/output error',
  ESTALE: 'the network file system has lost it (stale file handle)',
};

/**
 * Reads a whole key file as text. A symbolic link is followed, because Kubernetes mounts the fields of a Secret as symbolic links.
 * @param path absolute path.
 * @throws FileReadError (exit 5) when the file is not a regular file, cannot be read, or is larger than 1 MiB.
 */
export async function readKeyText(disk: Disk, path: string): Promise<string> {
  try {
    return (await disk.read(path, largestDocument)).text;
  } catch (cause) {
    throw new FileReadError(`The key file ${path} cannot be read: ${reasonOf(cause)}.`, {
      hints: ['Name a file that holds a key: --key-file PATH, or pipe the key in: --key-file -'],
      cause,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotRegularError) return error.kind === 'folder' ? 'it is a folder' : 'it is not a regular file';
  if (error instanceof RangeError) return 'it is larger than any key document';
  const code = systemCode(error);
  return (code === undefined ? undefined : reasons[code]) ?? code ?? 'unknown trouble';
}
