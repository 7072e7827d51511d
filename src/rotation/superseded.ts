import { lstat } from 'node:fs/promises';
import type { IngestionApiKey } from '../api/model.ts';
import { formatDate } from '../dates.ts';
import { FileReadError, UsageError } from '../errors.ts';
import { systemCode } from '../system.ts';
import { newestFirst } from './find.ts';
import { isAbsent, pendingPath } from './journal.ts';
import { deleteCommand } from './words.ts';

/**
 * All keys of a name but the newest, newest first.
 * @param now milliseconds since the epoch.
 * @throws UsageError (exit 3) when two share the place of the newest, or the newest has expired: deleting the others might take the one in use.
 */
export function supersededKeys(keys: readonly IngestionApiKey[], name: string, now: number): readonly IngestionApiKey[] {
  const [newest, second, ...others] = newestFirst(keys.filter((key) => key.name === name));
  if (newest === undefined || second === undefined) return [];
  if (newest.lastUpdateTimestamp === second.lastUpdateTimestamp) {
    throw new UsageError(
      `The keys ${newest.id} and ${second.id} were made in the same millisecond (${formatDate(newest.lastUpdateTimestamp)}); it is not clear which is the newest.`,
      { hints: ['Delete the one you do not use by its id: sts ingestion-api-key delete --id ID'] },
    );
  }
  if (newest.expiration !== undefined && newest.expiration <= BigInt(now)) {
    throw new UsageError(
      `The newest key of that name, ${newest.id}, has expired (${formatDate(newest.expiration)}), so an older one may be in use. Nothing was deleted.`,
      { hints: [`Delete the expired one first: ${deleteCommand(newest.id)}`] },
    );
  }
  return [second, ...others];
}

/**
 * Guards what must not come between: while a rotation of a key file is broken off, the newest key may be one that nobody received, and
 * the next rotation tells by the file what is to be undone.
 * @param path absolute path of the key file.
 * @throws UsageError (exit 3) while `PATH.sts-pending` exists; FileReadError (exit 5) when that cannot be told.
 */
export async function refuseWhilePending(path: string): Promise<void> {
  const pending = pendingPath(path);
  const absent = await lstat(pending).then(
    () => false,
    (error: unknown) => {
      if (isAbsent(error)) return true;
      throw new FileReadError(`Whether ${pending} exists cannot be told (${systemCode(error) ?? 'unknown trouble'}).`, {
        hints: ['Check the permissions of its folder.'],
        cause: error,
      });
    },
  );
  if (absent) return;
  throw new UsageError(
    `A rotation of ${path} was broken off, so it is not settled which key is the one in use. Nothing was done.`,
    {
      hints: [
        'Run the rotation again, it finishes or undoes what was begun: sts ingestion-api-key rotate --name NAME --key-file PATH',
      ],
    },
  );
}
