/** The properties of a file that are known without reading it. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits, such as 0o600. On Windows only those of the owner are set. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Device and inode together identify the file, whatever path leads to it. */
  readonly device: bigint;
  readonly inode: bigint;
}

/** The content of a file. */
export interface FileContent {
  /** The content decoded as UTF-8. Invalid bytes are replaced; only `bytes` has them. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The facts of the file that was read, not of a symbolic link to it. */
  readonly facts: FileFacts;
}

/** A file that is open for writing. */
export interface OpenFile {
  readonly path: string;
  facts(): Promise<FileFacts>;
  /** Overwrites the beginning of the file with all of the bytes, or throws the system's error. */
  overwrite(bytes: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Copies the owner, the mode and, where the system has one, the access control list of another file. */
  copyAccess(from: { readonly path: string; readonly facts: FileFacts }): Promise<void>;
  chmod(mode: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  /** Returns once the content is on the disk. */
  sync(): Promise<void>;
  /** May be called twice. */
  close(): Promise<void>;
}

/** A held lock. This process is the only one that works on the file until it releases the lock or ends, however it ends. */
export interface Lock {
  /** Whether this process still holds the lock. A process that was frozen for a long time may have lost it. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Everything that the program does with files. Every durable write, rename, unlink and lock is one call, so that a test can stop the
 * program before and after each. The system's errors are thrown unchanged; `systemCode` gives their code.
 */
export interface Disk {
  /** The facts of the path itself; a symbolic link is not followed. Undefined if nothing exists there. */
  facts(path: string): Promise<FileFacts | undefined>;
  /**
   * Reads a regular file whole; symbolic links are followed.
   * @param limit the largest size to read, in bytes.
   * @throws RangeError when the file is larger; NotRegularError when it is not a regular file.
   */
  read(path: string, limit: number): Promise<FileContent>;
  /**
   * Reads whatever can be read to its end, as UTF-8: also a pipe, such as that of a shell's `<(...)`. Waits for whoever writes it.
   * @param limit the largest size to read, in bytes.
   * @throws RangeError when there are more.
   */
  readInput(path: string, limit: number): Promise<string>;
  /** The names in a folder. */
  list(folder: string): Promise<string[]>;
  /** The target of a symbolic link. Fails with EINVAL if the path is not one. */
  readLink(path: string): Promise<string>;
  realpath(path: string): Promise<string>;
  /** Creates a file that must not exist yet, with exactly this mode, whatever the umask is. */
  create(path: string, mode: number): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** Creates a hard link to a file. Fails with EEXIST if the path exists. */
  link(existing: string, path: string): Promise<void>;
  /** @returns whether the file existed. */
  unlink(path: string): Promise<boolean>;
  /** Makes the entries of a folder survive a power cut. Does nothing if the system does not offer that. */
  syncFolder(folder: string): Promise<void>;
  /** Creates one folder; its parent must exist. Fails with EEXIST if the path exists. */
  makeFolder(path: string, mode: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Whether the file itself is a mount point, as containers can mount single files. Such a file cannot be replaced. */
  isMountPoint(path: string): Promise<boolean>;
  /** Whether no other user than that of this process may change the file at this path, or replace it through its folder. */
  isTrusted(path: string): Promise<boolean>;
  /**
   * Takes the lock of a file. The lock is in the file's folder, so only a user who may write there can take it.
   * @param path absolute path of the file; it need not exist.
   * @returns undefined when another process holds it.
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
