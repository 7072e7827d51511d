import type { Disk } from '../../src/platform/disk.ts';
import { intercept, killer } from './interception.ts';

export { Killed } from './interception.ts';

/** A disk, and what was asked of it. */
export interface WatchedDisk {
  readonly disk: Disk;
  /** Names of the calls so far: `create`, `file.sync`, `lock.release` ... */
  readonly calls: readonly string[];
  /** Whether the program was killed. */
  killed(): boolean;
  /** What the system does after a kill: it closes the files and takes back the locks. */
  cleanUp(): Promise<void>;
}

/**
 * A disk that kills the program before or after one of its calls: from there on every call fails.
 * @param point 2n is before the nth call, 2n + 1 after it, from 0; none: all calls are only written down.
 */
export function stoppingDisk(disk: Disk, point = Number.POSITIVE_INFINITY): WatchedDisk {
  const { hook, killed } = killer(point);
  const watched = intercept(hook);
  return { disk: watched.disk(disk), calls: watched.calls, killed, cleanUp: () => watched.cleanUp() };
}
