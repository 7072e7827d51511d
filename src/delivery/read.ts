import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FileReadError, UsageError } from '../errors.ts';
import { systemCode } from '../system.ts';
import { parseKeyDocument } from './parse.ts';

/** Most bytes of a key document: many times what the longest Secret of ours takes. */
export const LARGEST_KEY_DOCUMENT = 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead nowhere',
  ENXIO: 'it is no regular file',
};

/**
 * The key in a file that holds a key document of any format, see `parseKeyDocument`. A symbolic link is followed, as Kubernetes
 * mounts a Secret's fields by one.
 * @param path absolute path.
 * @throws FileReadError (exit 5) when it is no regular file, cannot be read, or holds no key.
 */
export async function readKeyFile(path: string): Promise<string> {
  const text = await readRegularFile(path);
  try {
    return await parseKeyDocument(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new FileReadError(`The key file ${path} cannot be used. ${error.message}`, { hints: error.hints, cause: error });
  }
}

/**
 * All of a regular file, as text.
 * @throws FileReadError (exit 5) when it is none, cannot be read, or is larger than any key document; the system's error is its cause.
 */
export async function readRegularFile(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // Not to wait for whoever may write to a FIFO.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable(path, stats.isDirectory() ? 'it is a folder' : 'it is no regular file');
    const bytes = Buffer.alloc(LARGEST_KEY_DOCUMENT + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      length += bytesRead;
      if (length > LARGEST_KEY_DOCUMENT) throw unreadable(path, 'it is larger than any key document');
      if (bytesRead === 0) break;
    }
    return bytes.toString('utf8', 0, length);
  } catch (error) {
    if (error instanceof FileReadError) throw error;
    const code = systemCode(error);
    throw unreadable(path, (code === undefined ? undefined : REASONS[code]) ?? `${code ?? 'unknown trouble'}`, error);
  } finally {
    await file?.close();
  }
}

function unreadable(path: string, reason: string, cause?: unknown): FileReadError {
  return new FileReadError(`The key file ${path} cannot be read: ${reason}.`, {
    hints: ['Name a file that holds a key: --key-file PATH, or pipe the key in: --key-file -'],
    cause,
  });
}
