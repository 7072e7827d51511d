import { dirname } from 'node:path';
import { systemCode } from '../system.ts';
import type { Disk } from './disk.ts';

/**
 * Makes a folder and those above it, level by level: asked to make a whole path, Node never comes back from /proc.
 * @param mode permission bits of the folders that are made.
 * @throws the system's error.
 */
export async function makeFolders(disk: Disk, path: string, mode: number): Promise<void> {
  if ((await disk.facts(path)) !== undefined) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolders(disk, parent, mode);
  try {
    await disk.makeFolder(path, mode);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (systemCode(error) !== 'EEXIST') throw error;
    return;
  }
  await disk.syncFolder(parent);
}
