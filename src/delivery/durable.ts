import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../system.ts';
import { effect, type StepHook } from './effects.ts';

/** Which sibling a temporary file belongs to is told by its name; the rest cannot be guessed. */
export function temporarySibling(path: string, label: string): string {
  return join(dirname(path), `${siblingPrefix(path, label)}${randomBytes(9).toString('hex')}.tmp`);
}

function siblingPrefix(path: string, label: string): string {
  return `.${basename(path)}.sts-${label}-`;
}

/** Removes the temporary siblings that earlier, killed runs left. Only for who holds the lock of `path`. */
export async function sweepSiblings(path: string, label: string, step?: StepHook): Promise<void> {
  const prefix = siblingPrefix(path, label);
  const names = await readdir(dirname(path)).catch((): string[] => []);
  for (const name of names) {
    if (name.startsWith(prefix) && name.endsWith('.tmp')) {
      await effect(step, 'sweep temporary file', () => removeIfThere(join(dirname(path), name)));
    }
  }
}

/** Unlinks a file; its absence is fine. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Makes the folder's entries survive a power cut. What the system does not offer (Windows, some network file systems) is no
 * failure: the file itself is in place by then.
 */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(dirname(path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // Nothing to do better.
  }
}

/**
 * Writes over the beginning of a file. A write that takes only a part is no error to the system: the next one says why.
 * @throws the system error.
 */
export async function overwrite(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
}

/**
 * Writes a whole file, 0600, so that a reader sees the old text or the new one and never a part.
 * @param name what the file is called in the steps told to `step`.
 * @throws the system error; the old file is then as it was.
 */
export async function writeDurably(path: string, text: string, name: string, step?: StepHook): Promise<void> {
  const temporary = temporarySibling(path, 'write');
  try {
    const file = await effect(step, `create temporary ${name}`, () => open(temporary, 'wx', 0o600));
    try {
      await effect(step, `write ${name}`, () => file.writeFile(text, 'utf8'));
      await effect(step, `sync ${name}`, () => file.sync());
    } finally {
      await file.close();
    }
    await effect(step, `rename ${name}`, () => rename(temporary, path));
  } catch (error) {
    await effect(step, `remove temporary ${name}`, () => removeIfThere(temporary)).catch(() => undefined);
    throw error;
  }
  await effect(step, `sync folder of ${name}`, () => syncFolder(path));
}
