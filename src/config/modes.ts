import type { Disk, FileFacts } from '../platform/disk.ts';
import { reasonOf } from '../reason.ts';
import { systemCode } from '../system.ts';

/** Permission bits for the folder and the file that hold tokens. */
export const modes = { folder: 0o700, file: 0o600 } as const;

/** A file or folder that is open to others, with the mode that it should have. */
export interface Loose {
  /** Its name at the beginning of a sentence. */
  readonly subject: string;
  readonly found: number;
  readonly mode: number;
}

/** The mode of a file or folder that others may read or write; undefined if they may not. */
export function looseMode(facts: FileFacts | undefined): number | undefined {
  const mode = (facts?.mode ?? 0) & 0o777;
  return (mode & 0o077) === 0 ? undefined : mode;
}

/** Closes a file or folder to others, and warns about it. If that is impossible, because somebody else owns it, the warning says so. */
export async function tighten(disk: Disk, path: string, loose: Loose, warn: (line: string) => void): Promise<void> {
  try {
    await disk.chmod(path, loose.mode);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    const state = `is open to others (mode ${octal(loose.found)}) and holds tokens`;
    warn(`${loose.subject} ${path} ${state}; its mode cannot be changed: ${reasonOf(error)}.`);
    return;
  }
  warn(tightened(path, loose));
}

/** The warning about a file or folder that was closed to others. */
export function tightened(path: string, { subject, found, mode }: Loose): string {
  return `${subject} ${path} was open to others (mode ${octal(found)}); it holds tokens, so its mode is now ${octal(mode)}.`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
