import { FileReadError } from '../errors.ts';
import { type Disk, NotRegularError } from '../platform/disk.ts';
import { systemCode } from '../system.ts';

/** Most bytes of a key document: many times what the longest Secret of ours takes. */
export const largestDocument = 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead nowhere',
  ENXIO: 'it is no regular file',
  EIO: 'the disk reports an input/output error',
  ESTALE: 'the network file system has lost it (stale file handle)',
};

/**
 * All of a key file, as text. A symbolic link is followed, as Kubernetes mounts a Secret's fields by one.
 * @param path absolute path.
 * @throws FileReadError (exit 5) when it is no regular file, cannot be read, or is larger than any key document.
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
  if (error instanceof NotRegularError) return error.kind === 'folder' ? 'it is a folder' : 'it is no regular file';
  if (error instanceof RangeError) return 'it is larger than any key document';
  const code = systemCode(error);
  return (code === undefined ? undefined : reasons[code]) ?? code ?? 'unknown trouble';
}
