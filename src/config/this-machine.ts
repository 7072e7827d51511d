import type { Disk } from '../platform/disk.ts';

/** Loads the disk of this machine, for callers that do not hand over theirs. */
export async function diskOfThisMachine(): Promise<Disk> {
  return (await import('../platform/node-disk.ts')).nodeDisk;
}
