import type { IngestionApiKey, NewIngestionApiKey } from '../api/model.ts';
import { formatDate } from '../dates.ts';
import { NotFoundError, UsageError } from '../errors.ts';
import type { RotationPlan, RotationTarget } from './context.ts';
import { shellWord } from './words.ts';

/**
 * The one key that is meant.
 * @throws NotFoundError (exit 8) when there is none, UsageError (exit 3) with a list of them when there are several.
 */
export function findKey(keys: readonly IngestionApiKey[], target: RotationTarget): IngestionApiKey {
  if ('id' in target) {
    const key = keys.find(({ id }) => id === target.id);
    if (key !== undefined) return key;
    throw new NotFoundError(`There is no ingestion API key with the id ${target.id}.`, {
      hints: ['See the ids with: sts ingestion-api-key list'],
    });
  }
  const named = keys.filter(({ name }) => name === target.name);
  const [key] = named;
  if (key === undefined) {
    throw new NotFoundError(`There is no ingestion API key named ${shown(target.name)}.`, {
      hints: [
        'See the names with: sts ingestion-api-key list',
        `Create the first one with: sts ingestion-api-key create --name ${shellWord(target.name)}`,
      ],
    });
  }
  if (named.length > 1) throw severalKeys(named, target.name);
  return key;
}

/** From the newest to the oldest; of two made in the same millisecond the one with the larger id comes first. */
export function newestFirst(keys: readonly IngestionApiKey[]): IngestionApiKey[] {
  return keys.toSorted((a, b) => compare(b.lastUpdateTimestamp, a.lastUpdateTimestamp) || compare(b.id, a.id));
}

/** The new key that a plan asks for: what it does not say is as it was with the old one. */
export function successorOf(old: IngestionApiKey, plan: RotationPlan, now: number): NewIngestionApiKey {
  const expiration = plan.expiration ?? sameLifetime(old, now);
  return {
    name: plan.newName ?? old.name,
    ...(old.description === undefined ? {} : { description: old.description }),
    ...(expiration === undefined ? {} : { expiration }),
  };
}

function sameLifetime({ id, expiration, lastUpdateTimestamp }: IngestionApiKey, now: number): bigint | undefined {
  if (expiration === undefined) return undefined;
  const lifetime = expiration - lastUpdateTimestamp;
  if (lifetime > 0n) return BigInt(now) + lifetime;
  throw new UsageError(`The key ${id} was never valid by its own dates, so there is no lifetime to take over.`, {
    hints: ['Say how long the new key is to live: --expires-in 90d'],
  });
}

function severalKeys(keys: readonly IngestionApiKey[], name: string): UsageError {
  const rows = newestFirst(keys).map((key, index) => {
    const age = index === 0 ? 'newest' : index === keys.length - 1 ? 'oldest' : '';
    const end = key.expiration === undefined ? 'never expires' : `expires ${formatDate(key.expiration)}`;
    return [String(key.id), `made ${formatDate(key.lastUpdateTimestamp)}`, end, age] as const;
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return (row[3] === '' ? cells.slice(0, 3) : cells).join(' | ').trimEnd();
  });
  const [newest] = newestFirst(keys);
  return new UsageError(`${keys.length} ingestion API keys are named ${shown(name)}; it is not clear which one to replace.`, {
    hints: [
      ...table,
      `Replace the newest: sts ingestion-api-key rotate --id ${newest?.id}`,
      'Or first delete the ones that nobody uses: sts ingestion-api-key delete --id ID',
    ],
  });
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
