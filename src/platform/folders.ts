import { dirname } from 'node:path';
import { systemCode } from '../system.ts';
import type { Disk } from './disk.ts';

/**
 * Creates a folder and its missing parents, one at a time. Node's recursive mkdir never returns for a path in /proc.
 * @param mode permission bits of the new folders.
 * @throws the system's error.
 */
export async function makeFolders(disk: Disk, path: string, mode: number): Promise<void> {
  if ((await disk.facts(path)) !== undefined) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolders(disk, parent, mode);
  try {
    await disk.makeFolder(path, mode);
  } catch (error) {
    // Another process may have created it in the meantime.
    if (systemCode(error) !== 'EEXIST') throw error;
    return;
  }
  await disk.syncFolder(parent);
}
