import { lock } from 'proper-lockfile';
import { systemCode } from '../system.ts';
import type { Lock } from './disk.ts';

/** A lock that was not renewed for this long, in milliseconds, belongs to a process that has ended. */
const staleMs = 10_000;

/**
 * A lock for file systems without sockets. The lock is a folder whose time is renewed while the lock is held. After a kill it blocks others
 * for ten seconds.
 * @param place path of the lock itself.
 * @returns undefined when another process holds it.
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
