import { lock } from 'proper-lockfile';
import { systemCode } from '../system.ts';
import type { Lock } from './disk.ts';

/** A lock that nobody renewed for this long belongs to a process that has ended. */
const staleMs = 10_000;

/**
 * A lock for file systems that have no sockets: a folder, renewed while it is held. After a kill it stays in the way for ten seconds.
 * @param place path of the lock itself.
 * @returns undefined when another process has it.
 */
export async function lockByFolder(place: string): Promise<Lock | undefined> {
  let lost = false;
  try {
    const release = await lock(place, {
      realpath: false,
      lockfilePath: place,
      stale: staleMs,
      onCompromised: () => {
        lost = true;
      },
    });
    return {
      isHeld: async () => !lost,
      async release() {
        if (!lost) await release();
      },
    };
  } catch (error) {
    if (systemCode(error) === 'ELOCKED') return undefined;
    throw error;
  }
}
