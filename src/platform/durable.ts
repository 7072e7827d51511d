import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../system.ts';
import type { Disk, OpenFile } from './disk.ts';

export interface DurableOptions {
  /** Permission bits of the file. */
  readonly mode: number;
  /** A part of the temporary file's name that says what it is for. `sweepSiblings` finds the file by this label. */
  readonly label: string;
  /** Called with the temporary file while it is still empty, for example to set its owner. An error stops the write. */
  readonly prepare?: (file: OpenFile) => Promise<void>;
  /** Called when the text is on the disk, right before the temporary file replaces the file. An error stops the write. */
  readonly beforeRename?: () => Promise<void>;
}

/** A durable write that failed partly. `systemCode` gives the code of its cause. */
export class DurableWriteError extends Error {
  /** True: the file holds the new text, but a power cut may bring the old text back. False: the file is unchanged. */
  readonly replaced: boolean;
  /** Path of a temporary file with the new text that could not be removed. */
  readonly leftover: string | undefined;
  readonly code: string | undefined;

  constructor(cause: unknown, { replaced, leftover }: { readonly replaced: boolean; readonly leftover?: string }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'DurableWriteError';
    this.replaced = replaced;
    this.leftover = leftover;
    this.code = systemCode(cause);
  }
}

/**
 * Writes a whole file. A reader sees the old text or the new one, never a part, even after a kill or a power cut. The text is written to a
 * temporary file in the same folder, which then replaces the file. `sweepSiblings` removes temporary files that a kill left behind.
 * @param path absolute path; not a symbolic link, because that would be replaced.
 * @throws the system's error, or the error of an option. The file is then unchanged, and no temporary file is left.
 * @throws DurableWriteError when the file was changed, or a temporary file is left.
 */
export async function writeDurably(disk: Disk, path: string, text: string, options: DurableOptions): Promise<void> {
  const temporary = temporarySibling(path, options.label);
  try {
    const file = await disk.create(temporary, options.mode);
    try {
      await options.prepare?.(file);
      await file.overwrite(Buffer.from(text));
      await file.sync();
    } finally {
      await file.close();
    }
    await options.beforeRename?.();
    await disk.rename(temporary, path);
  } catch (error) {
    if (await isRemoved(disk, temporary)) throw error;
    throw new DurableWriteError(error, { replaced: false, leftover: temporary });
  }
  try {
    await disk.syncFolder(dirname(path));
  } catch (error) {
    throw new DurableWriteError(error, { replaced: true });
  }
}

/**
 * Removes the temporary files that killed writes have left. The caller must hold the lock of the file.
 * @returns paths of the files that could not be removed. They may hold a secret.
 */
export async function sweepSiblings(disk: Disk, path: string, label: string): Promise<string[]> {
  const folder = dirname(path);
  const prefix = siblingPrefix(path, label);
  // It may be possible to write to a folder that cannot be listed.
  const names = await disk.list(folder).catch((): string[] => []);
  const left: string[] = [];
  for (const name of names.filter((candidate) => candidate.startsWith(prefix) && candidate.endsWith('.tmp'))) {
    const sibling = join(folder, name);
    if (!(await isRemoved(disk, sibling))) left.push(sibling);
  }
  return left;
}

/** The path for a temporary file in the same folder, named so that `sweepSiblings` finds it. */
export function temporarySibling(path: string, label: string): string {
  return join(dirname(path), `${siblingPrefix(path, label)}${randomBytes(9).toString('hex')}.tmp`);
}

/** The name of a temporary file says that it is ours and which file it belongs to. The rest of the name is random. */
function siblingPrefix(path: string, label: string): string {
  return `.${basename(path)}.sts-${label}-`;
}

async function isRemoved(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.unlink(path);
    return true;
  } catch {
    return false;
  }
}
