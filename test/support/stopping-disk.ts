import type { Disk, Lock, OpenFile } from '../../src/platform/disk.ts';

/** What a program that is killed sees: nothing any more. */
export class Killed extends Error {}

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
  const calls: string[] = [];
  const files: OpenFile[] = [];
  const locks: Lock[] = [];
  let killed = false;
  const around = async (name: string, call: () => Promise<unknown>): Promise<unknown> => {
    const number = calls.length;
    if (!killed) calls.push(name);
    killed ||= point === 2 * number;
    if (killed) throw new Killed(`before ${name}`);
    // What a call throws is as much an end of it as what it gives.
    const outcome = call();
    const result = await outcome.catch(() => undefined);
    if (name === 'create' && result !== undefined) files.push(result as OpenFile);
    if (name === 'lock' && result !== undefined) locks.push(result as Lock);
    killed ||= point === 2 * number + 1;
    if (killed) throw new Killed(`after ${name}`);
    await outcome;
    if (name === 'create') return watched(result as OpenFile, 'file.');
    return name === 'lock' && result !== undefined ? watched(result as Lock, 'lock.') : result;
  };
  function watched<T extends object>(target: T, prefix: string): T {
    return new Proxy(target, {
      get(object, key) {
        const member: unknown = Reflect.get(object, key);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => around(`${prefix}${String(key)}`, async () => Reflect.apply(member, object, args));
      },
    });
  }
  return {
    disk: watched(disk, ''),
    calls,
    killed: () => killed,
    async cleanUp() {
      for (const file of files) await file.close();
      for (const lock of locks) await lock.release();
    },
  };
}
