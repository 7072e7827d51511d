import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../system.ts';
import type { Disk, OpenFile } from './disk.ts';

export interface DurableOptions {
  /** Permission bits of the file. */
  readonly mode: number;
  /** What the file is written for, as a part of the temporary file's name; `sweepSiblings` finds it by that. */
  readonly label: string;
  /** Called with the temporary file while it is still empty: to give it an owner, say. What it throws ends the write. */
  readonly prepare?: (file: OpenFile) => Promise<void>;
  /** Called once the text is on the disk, right before it takes the file's place. What it throws ends the write. */
  readonly beforeRename?: () => Promise<void>;
}

/** A durable write that did not end as it should. `systemCode` gives that of its cause. */
export class DurableWriteError extends Error {
  /** The file holds the new text, but a power cut may bring the old one back; else it is as it was. */
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
 * Writes a whole file, so that a reader sees the old text or the new one and never a part, also after a kill or a power cut: into a
 * temporary sibling, which then takes the file's place. What a kill leaves is removed by `sweepSiblings`.
 * @param path absolute path; no symbolic link, which would be replaced.
 * @throws the system's error, or what an option threw: the file is then as it was, and no temporary file is left.
 * @throws DurableWriteError where either is not so.
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
 * Removes the temporary siblings that killed writes have left. Only for who has the lock of the file.
 * @returns paths of those that could not be removed: they may hold a secret.
 */
export async function sweepSiblings(disk: Disk, path: string, label: string): Promise<string[]> {
  const folder = dirname(path);
  const prefix = siblingPrefix(path, label);
  // A folder that cannot be listed can still be written.
  const names = await disk.list(folder).catch((): string[] => []);
  const left: string[] = [];
  for (const name of names.filter((candidate) => candidate.startsWith(prefix) && candidate.endsWith('.tmp'))) {
    const sibling = join(folder, name);
    if (!(await isRemoved(disk, sibling))) left.push(sibling);
  }
  return left;
}

/** The path of a temporary file beside the file that it becomes, see `sweepSiblings`. */
export function temporarySibling(path: string, label: string): string {
  return join(dirname(path), `${siblingPrefix(path, label)}${randomBytes(9).toString('hex')}.tmp`);
}

/** Which file a temporary one belongs to, and that it is ours, is told by its name; the rest of it cannot be guessed. */
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
