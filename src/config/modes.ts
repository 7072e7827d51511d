import type { Disk, FileFacts } from '../platform/disk.ts';
import { reasonOf } from '../reason.ts';
import { systemCode } from '../system.ts';

/** Permission bits of what holds tokens. */
export const modes = { folder: 0o700, file: 0o600 } as const;

/** What was found open to others, and the mode it is to have. */
export interface Loose {
  /** What it is, at the beginning of a sentence. */
  readonly subject: string;
  readonly found: number;
  readonly mode: number;
}

/** The mode of what others may read or write; undefined where they may not. */
export function looseMode(facts: FileFacts | undefined): number | undefined {
  const mode = (facts?.mode ?? 0) & 0o777;
  return (mode & 0o077) === 0 ? undefined : mode;
}

/** Closes what is open to others, and says whether that was possible: it is not where somebody else owns it. */
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

/** The warning about what is closed by now. */
export function tightened(path: string, { subject, found, mode }: Loose): string {
  return `${subject} ${path} was open to others (mode ${octal(found)}); it holds tokens, so its mode is now ${octal(mode)}.`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
