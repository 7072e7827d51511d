import { UsageError } from '../errors.ts';
import type { Destination, Words } from './ports.ts';
import { finishCommand } from './words.ts';

/**
 * Does something that must not happen in the middle of a rotation: no other run may work on the destination, and no run may be unfinished.
 * Otherwise the newest credential may be one that nobody received.
 * @throws UsageError (exit 3) while a run is unfinished; what `Destination.open` and `Journal.read` throw.
 */
export async function whileSettled<T>(destination: Destination, words: Words, work: () => Promise<T>): Promise<T> {
  await destination.open();
  try {
    const record = await destination.journal?.read();
    if (record === undefined) return await work();
    const name = record.old?.name ?? record.wanted.name;
    throw new UsageError(
      `A rotation of ${destination.description} is unfinished, so it is not settled which ${words.short} is in use. Nothing was deleted.`,
      { hints: [`Finish it first: ${finishCommand(record, name, destination, words)}`] },
    );
  } finally {
    await destination.close();
  }
}
