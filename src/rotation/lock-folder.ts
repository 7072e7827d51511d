import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { systemCode } from '../system.ts';
import type { Lock } from './lock.ts';

/** A folder that nobody renewed for this long belongs to a process that is gone. */
const staleMs = 10_000;

/**
 * A lock for systems whose sockets outlive their process: a folder beside the key file.
 * @returns undefined when another process has it.
 * @throws the system error when it can neither be had nor seen.
 */
export async function byFolder(folder: string, name: string): Promise<Lock | undefined> {
  const lockfilePath = join(folder, `.${name}.sts-lock`);
  try {
    const release = await lock(join(folder, name), {
      realpath: false,
      lockfilePath,
      stale: staleMs,
      onCompromised: () => undefined,
    });
    return { release };
  } catch (error) {
    if (systemCode(error) === 'ELOCKED') return undefined;
    // Where there is no folder nothing can be written either, which the destination says better.
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return { release: async () => {} };
    throw error;
  }
}
