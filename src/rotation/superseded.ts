import type { IngestionApiKey } from '../api/model.ts';
import { formatDate } from '../dates.ts';
import { UsageError } from '../errors.ts';
import { newestFirst } from './find.ts';
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
