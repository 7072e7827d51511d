import type { Disk } from '../../src/platform/disk.ts';
import { intercept, killer } from './interception.ts';

export { Killed } from './interception.ts';

/** A disk that records its calls. */
export interface WatchedDisk {
  readonly disk: Disk;
  /** The names of the calls so far: `create`, `file.sync`, `lock.release` ... */
  readonly calls: readonly string[];
  /** Whether the program was killed. */
  killed(): boolean;
  /** Does what the system does after a kill: closes the files and releases the locks. */
  cleanUp(): Promise<void>;
}

/**
 * A disk that kills the program before or after one of its calls: from that point on every call fails.
 * @param point 2n is the moment before the nth call and 2n + 1 the moment after it, counted from 0. By default the calls are only recorded.
 */
export function stoppingDisk(disk: Disk, point = Number.POSITIVE_INFINITY): WatchedDisk {
  const { hook, killed } = killer(point);
  const watched = intercept(hook);
  return { disk: watched.disk(disk), calls: watched.calls, killed, cleanUp: () => watched.cleanUp() };
}
