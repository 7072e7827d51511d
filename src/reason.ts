import { systemCode } from './system.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk reports an error',
  ESTALE: 'the network file system has lost it',
  EBUSY: 'it is in use, or it is a mount point',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOENT: 'there is no such file',
  EEXIST: 'a part of the path is not a folder',
  ELOOP: 'its symbolic links run in a circle',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ETXTBSY: 'it is a running program',
};

/** Says why the system refused an operation on a file. An error without words here is shown by its code, so that nothing is hidden. */
export function reasonOf(error: unknown): string {
  const code = systemCode(error);
  return (code === undefined ? undefined : REASONS[code]) ?? code ?? 'unexpected failure';
}
