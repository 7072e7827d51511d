import { FileReadError, UsageError } from '../../errors.ts';
import { NotRegularError } from '../../platform/disk.ts';
import type { World } from '../../platform/world.ts';
import { reasonOf } from '../../reason.ts';

/**
 * A text that a flag names: a file, or stdin for `-`.
 * @param what it is, for messages: `plan`.
 * @param limit most bytes to take.
 * @throws FileReadError (exit 5), UsageError (exit 3)
 */
export async function readInput(path: string, what: string, limit: number, world: World): Promise<string> {
  try {
    if (path === '-') return await world.stdin.readAll(limit);
    return (await (await world.disk()).read(world.resolvePath(path), limit)).text;
  } catch (cause) {
    if (cause instanceof RangeError) throw new UsageError(`The ${what} is larger than ${limit / 1024 / 1024} MiB.`);
    const reason = cause instanceof NotRegularError ? 'it is not a regular file' : reasonOf(cause);
    throw new FileReadError(`The ${what} ${path} cannot be read: ${reason}.`, { hints: [`Name a file: --${what} FILE`], cause });
  }
}
