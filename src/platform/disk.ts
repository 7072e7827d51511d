/** What is known of a file without reading it. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits alone, such as 0o600. Windows has those of the owner only. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Device and inode together name the file, whatever path leads to it. */
  readonly device: bigint;
  readonly inode: bigint;
}

/** What a file holds. */
export interface FileContent {
  /** As UTF-8; what is none is replaced, so that only `bytes` can tell. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Of the file that was read, where a symbolic link leads to it. */
  readonly facts: FileFacts;
}

/** A file that is open for writing, at its beginning. */
export interface OpenFile {
  readonly path: string;
  facts(): Promise<FileFacts>;
  /** Writes over the beginning of the file; all of the bytes, or the system's error is thrown. */
  overwrite(bytes: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Gives the file the owner, the mode and, where the system has them, the access control list of another one. */
  copyAccess(from: { readonly path: string; readonly facts: FileFacts }): Promise<void>;
  chmod(mode: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  /** Returns once the content is on the disk. */
  sync(): Promise<void>;
  /** Harmless when called twice. */
  close(): Promise<void>;
}

/** Makes this process the only one that works on a file, until it releases the lock or ends, however it ends. */
export interface Lock {
  /** Whether the lock is still this process's: one that was frozen for long may have lost it. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * All that the program does with files. Every durable write, rename, unlink and lock is one call, so that a test can stop the program
 * before and after each. The system's errors pass unchanged: `systemCode` tells them.
 */
export interface Disk {
  /** Facts of the path itself, a symbolic link is not followed; undefined where nothing is. */
  facts(path: string): Promise<FileFacts | undefined>;
  /**
   * Reads a regular file whole; symbolic links are followed.
   * @param limit most bytes to take.
   * @throws RangeError when it is larger, NotRegularError when it is no regular file.
   */
  read(path: string, limit: number): Promise<FileContent>;
  /**
   * Reads whatever can be read to its end, as UTF-8: also a pipe, such as that of a shell's `<(...)`. Waits for whoever writes it.
   * @param limit most bytes to take.
   * @throws RangeError when there are more.
   */
  readInput(path: string, limit: number): Promise<string>;
  /** Names in a folder. */
  list(folder: string): Promise<string[]>;
  /** What a symbolic link says; fails with EINVAL where the path is none. */
  readLink(path: string): Promise<string>;
  realpath(path: string): Promise<string>;
  /** Creates a file that must not exist yet, whatever the umask, with exactly this mode. */
  create(path: string, mode: number): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; fails with EEXIST where there is one of that name. */
  link(existing: string, path: string): Promise<void>;
  /** @returns whether there was one. */
  unlink(path: string): Promise<boolean>;
  /** Makes the entries of a folder survive a power cut. Where the system does not offer that, it does nothing. */
  syncFolder(folder: string): Promise<void>;
  /** Makes one folder; the one above it must be there. Fails with EEXIST where something is. */
  makeFolder(path: string, mode: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Whether a file is mounted by itself, as containers do with single files: it cannot be replaced then. */
  isMountPoint(path: string): Promise<boolean>;
  /** Whether another user than this process's own may change what is at this path, or replace it through one of its folders. */
  isTrusted(path: string): Promise<boolean>;
  /**
   * Takes the lock of a file; it lives in the file's folder, and who may not write there cannot take it.
   * @param path absolute path of the file; it need not exist.
   * @returns undefined when another process has it.
   */
  lock(path: string): Promise<Lock | undefined>;
}

/** A path names a folder, a FIFO or a device where a regular file is needed. */
export class NotRegularError extends Error {
  constructor(readonly kind: 'folder' | 'other') {
    super('not a regular file');
    this.name = 'NotRegularError';
  }
}
